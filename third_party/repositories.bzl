"""All external repositories, in one place.

To put another tree in the place of one of them, for example a newer
BoringSSL, pass --override_repository=boringssl=/path/to/tree: it only has to
have the targets that //third_party:BUILD.bazel names.
"""

load(
    ":bazel_rules.bzl",
    "empty_coverage_tools",
    "platforms_from_debian",
    "rules_cc_from_debian",
)
load(":debian_source.bzl", "debian_source")

def _rule_sets():
    rules_cc_from_debian(name = "rules_cc")
    platforms_from_debian(name = "platforms")
    empty_coverage_tools(name = "remote_coverage_tools")
    for name, path in [
        ("rules_java", "rules/java"),
        ("rules_proto", "rules/proto"),
        ("bazel_skylib", "tools/skylib"),
    ]:
        native.local_repository(
            name = name,
            path = "/usr/share/bazel/" + path,
        )

def chainkeep_repositories():
    """Declares the rule sets and the libraries chainkeep is built on."""
    _rule_sets()

    # Upstream revision 32b51305debe of April 2023; see SECURITY.md.
    debian_source(
        name = "boringssl",
        pool = "pool/main/a/android-platform-external-boringssl",
        tarball = "android-platform-external-boringssl_14.0.0+r45.orig.tar.xz",
        sha256 = "f9223e8c15ad5d9e3f1cd50861f4c272658864661e2332bea5d60952aa0930cd",
        exclude = ["*/fuzz/*_corpus*", "*/src/third_party/wycheproof_testvectors"],
    )
    debian_source(
        name = "com_google_absl",
        pool = "pool/main/a/abseil",
        tarball = "abseil_20220623.1.orig.tar.gz",
        sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
    )
    debian_source(
        name = "com_google_googletest",
        pool = "pool/main/g/googletest",
        tarball = "googletest_1.12.1.orig.tar.gz",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
    )
    debian_source(
        name = "com_github_google_benchmark",
        pool = "pool/main/b/benchmark",
        tarball = "benchmark_1.7.1.orig.tar.gz",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
    )
    debian_source(
        name = "xxhash",
        pool = "pool/main/x/xxhash",
        tarball = "xxhash_0.8.1.orig.tar.gz",
        sha256 = "3bb6b7d6f30c591dd65aaaff1c8b7a5b94d81687998ca9400082c739a690436c",
        build_file = "//third_party:xxhash.BUILD",
    )

    # For ML-DSA, which the pinned BoringSSL has not. Of the library only that,
    # and what it stands on, is put together into one source file; the compiler
    # is named because it is asked for otherwise, and is Bazel's business.
    debian_source(
        name = "botan",
        pool = "pool/main/b/botan3",
        tarball = "botan3_3.7.1+dfsg.orig.tar.xz",
        sha256 = "b164e8debd53d22e6b6dc6729388e798c935d1e4251c5d41e07397a57bbf2413",
        exclude = ["*/doc/*"],
        generate = [
            "python3",
            "configure.py",
            "--amalgamation",
            "--minimized-build",
            "--enable-modules=ml_dsa",
            "--disable-shared-library",
            "--without-documentation",
            "--os=linux",
            "--cc=gcc",
            "--cc-min-version=11.0",
        ],
        build_file = "//third_party:botan.BUILD",
    )

    # The store's database. Its own makefile puts it together into one source
    # file, with a script in Tcl.
    debian_source(
        name = "sqlite3",
        pool = "pool/main/s/sqlite3",
        tarball = "sqlite3_3.40.1.orig.tar.xz",
        sha256 = "aaa776260ab4dc976db34aa7891819484c8676b5b2783123ebc6301e2ca5d655",
        generate = [
            "sh",
            "-c",
            "./configure --disable-tcl --disable-readline && make sqlite3.c",
        ],
        build_file = "//third_party:sqlite3.BUILD",
    )

    # The command line's, and of tests, which read conformance vectors with it.
    debian_source(
        name = "nlohmann_json",
        pool = "pool/main/n/nlohmann-json3",
        tarball = "nlohmann-json3_3.11.2.orig.tar.gz",
        sha256 = "d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273",
        exclude = ["*/docs/*", "*/tests/*"],
        build_file = "//third_party:json.BUILD",
    )
