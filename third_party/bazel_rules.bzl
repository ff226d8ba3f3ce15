"""The rule sets that Bazel would download, taken from Debian's packages.

Debian's Bazel 4.2.3 wants `rules_cc`, `platforms` and others as repositories.
Debian ships them below /usr/share/bazel, two of them newer or older than what
is needed here, hence the two small mends.
"""

_ROOT = "/usr/share/bazel/"

def _copy(ctx, folder):
    if not ctx.path(_ROOT + folder).exists:
        fail("%s%s is missing: run tools/test, which installs Debian's " %
             (_ROOT, folder) + "bazel-* packages")
    result = ctx.execute(["cp", "-rL", _ROOT + folder + "/.", "."])
    if result.return_code != 0:
        fail(result.stderr)

def _rules_cc_impl(ctx):
    _copy(ctx, "rules/cc")

    # rules_cc 0.0.4 calls use_cpp_toolchain(), which Bazel 4.2.3 lacks.
    result = ctx.execute([
        "sh",
        "-c",
        "grep -rl use_cpp_toolchain --include=*.bzl . | xargs sed -i " +
        "-e 's/, *\"use_cpp_toolchain\"//' " +
        "-e 's/use_cpp_toolchain()/[\"@bazel_tools\\/\\/tools\\/cpp:" +
        "toolchain_type\"]/'",
    ])
    if result.return_code != 0:
        fail(result.stderr)

rules_cc_from_debian = repository_rule(implementation = _rules_cc_impl)

def _platforms_impl(ctx):
    _copy(ctx, "platforms")

    # Abseil's BUILD files name these two processors; the packaged list is
    # older than they are.
    build = "cpu/BUILD"
    text = ctx.read(build)
    for name in ["wasm32", "wasm64"]:
        if "\"" + name + "\"" not in text:
            text += """
constraint_value(
    name = "%s",
    constraint_setting = ":cpu",
)
""" % name
    ctx.delete(build)
    ctx.file(build, text)

platforms_from_debian = repository_rule(implementation = _platforms_impl)

def _empty_coverage_tools_impl(ctx):
    ctx.file("WORKSPACE", "")
    ctx.file("BUILD.bazel", """
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
""")

empty_coverage_tools = repository_rule(
    implementation = _empty_coverage_tools_impl,
    doc = "`bazel test` resolves these labels even when no coverage is asked.",
)
