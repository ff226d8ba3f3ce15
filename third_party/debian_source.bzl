"""A repository built from the pristine source tarball of a Debian package.

The tarball comes from the mirror that this machine's own apt is configured
for, so no host is written down here, and is checked against a pinned SHA-256
by apt itself. Where there is no mirror, put the tarballs into a folder and
name it in the environment variable CHAINKEEP_SOURCES; they are checked alike.
"""

_MIRROR = [
    "apt-get",
    "indextargets",
    "--format",
    "$(REPO_URI)",
    "Created-By: Packages",
    "Origin: Debian",
    "Label: Debian",
]

def _mirror(ctx):
    result = ctx.execute(_MIRROR)
    lines = result.stdout.strip().split("\n")
    if result.return_code != 0 or not lines[0]:
        fail("no Debian mirror is configured: run 'apt-get update', or set " +
             "CHAINKEEP_SOURCES to a folder that holds " + ctx.attr.tarball)
    return lines[0]

def _fetch(ctx):
    folder = ctx.os.environ.get("CHAINKEEP_SOURCES", "")
    if folder:
        uri = "file:" + folder + "/" + ctx.attr.tarball
    else:
        uri = _mirror(ctx) + ctx.attr.pool + "/" + ctx.attr.tarball
    ctx.report_progress("downloading " + ctx.attr.tarball)
    result = ctx.execute([
        "/usr/lib/apt/apt-helper",
        "download-file",
        uri,
        ctx.path(ctx.attr.tarball),
        "SHA256:" + ctx.attr.sha256,
    ], timeout = 900)
    if result.return_code != 0:
        fail("cannot fetch " + ctx.attr.tarball + ":\n" + result.stdout +
             result.stderr)

    # A `file:` source is checked in place; apt then links to it, or does not.
    if folder and not ctx.path(ctx.attr.tarball).exists:
        ctx.symlink(folder + "/" + ctx.attr.tarball, ctx.attr.tarball)

def _generate(ctx):
    if not ctx.attr.generate:
        return
    ctx.report_progress("generating")
    result = ctx.execute(ctx.attr.generate, timeout = 900)
    if result.return_code != 0:
        fail("cannot run %s:\n" % " ".join(ctx.attr.generate) +
             result.stdout + result.stderr)

def _debian_source_impl(ctx):
    _fetch(ctx)
    ctx.report_progress("unpacking " + ctx.attr.tarball)
    command = [
        "tar",
        "--extract",
        "--file=" + ctx.attr.tarball,
        "--strip-components=1",
        "--no-same-owner",
    ] + ["--exclude=" + pattern for pattern in ctx.attr.exclude]
    result = ctx.execute(command, timeout = 900)
    if result.return_code != 0:
        fail("cannot unpack " + ctx.attr.tarball + ":\n" + result.stderr)
    ctx.delete(ctx.attr.tarball)
    _generate(ctx)
    if ctx.attr.build_file:
        ctx.delete("BUILD.bazel")
        ctx.symlink(ctx.attr.build_file, "BUILD.bazel")
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)

debian_source = repository_rule(
    implementation = _debian_source_impl,
    doc = "Unpacks a pinned Debian source tarball into a repository.",
    environ = ["CHAINKEEP_SOURCES"],
    attrs = {
        "pool": attr.string(
            mandatory = True,
            doc = "Folder of the package below the mirror's root.",
        ),
        "tarball": attr.string(
            mandatory = True,
            doc = "File name of the .orig tarball.",
        ),
        "sha256": attr.string(mandatory = True),
        "exclude": attr.string_list(
            doc = "Patterns, as tar's --exclude, that are not unpacked.",
        ),
        "generate": attr.string_list(
            doc = "A command, run in the unpacked tree, that writes sources.",
        ),
        "build_file": attr.label(
            doc = "BUILD file for a package that ships none.",
        ),
    },
)
