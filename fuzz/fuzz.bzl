"""How a fuzz target is built.

From one source with LLVMFuzzerTestOneInput, chainkeep_fuzz_target makes

  NAME               a program. In --config=fuzz libFuzzer drives it; in every
                     other configuration replay_main.cc does: it runs each file
                     it is given, and each file of each folder, once.
  NAME_replay_test   runs corpus/NAME and regressions/NAME in any configuration,
                     and fails if the corpus is empty.

A source given as `mutators` holds LLVMFuzzerCustomMutator, which only libFuzzer
calls, and which is linked only where libFuzzer is.
"""

def chainkeep_fuzz_target(name, srcs, deps, mutators = []):
    """Declares a fuzz target and the test that replays its corpus.

    Args:
      name: ends in "_fuzz"; also the name of its folders.
      srcs: the sources of the target.
      deps: what they need.
      mutators: sources with a custom mutator.
    """
    native.cc_library(
        name = name + "_target",
        testonly = True,
        srcs = srcs,
        # Nothing calls it by name but a driver in another archive.
        alwayslink = True,
        linkstatic = True,
        deps = deps,
    )
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = select({
            "//fuzz:libfuzzer": mutators,
            "//conditions:default": [],
        }),
        linkopts = select({
            "//fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        tags = ["fuzz_target"],
        deps = [":" + name + "_target"] + select({
            "//fuzz:libfuzzer": deps,
            "//conditions:default": ["//fuzz:replay_main"],
        }),
    )
    corpus = native.glob(["corpus/%s/**" % name], allow_empty = True)
    regressions = native.glob(["regressions/%s/**" % name], allow_empty = True)
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        # Named even if it holds nothing: then the test fails.
        args = ["fuzz/corpus/" + name] +
               (["fuzz/regressions/" + name] if regressions else []),
        data = corpus + regressions,
        deps = [
            ":" + name + "_target",
            "//fuzz:replay_main",
        ],
    )
