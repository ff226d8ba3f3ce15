"""How a fuzz target is built.

From one source with LLVMFuzzerTestOneInput, chainkeep_fuzz_target makes NAME: a
program, and a test that runs it on the files in corpus/NAME and
regressions/NAME, and fails if the corpus is empty.

In --config=asan and --config=fuzz libFuzzer drives it; in every other
configuration replay_main.cc does: it runs each file it is given, and each file
of each folder, once.

A source given as `mutators` holds LLVMFuzzerCustomMutator, which only libFuzzer
calls, and which is linked only where libFuzzer is.
"""

def chainkeep_fuzz_target(name, srcs, deps, mutators = []):
    """Declares a fuzz target, which is also the test of its corpus.

    Args:
      name: ends in "_fuzz"; also the name of its folders.
      srcs: the sources of the target.
      deps: what they need.
      mutators: sources with a custom mutator.
    """
    corpus = native.glob(["corpus/%s/**" % name], allow_empty = True)
    regressions = native.glob(["regressions/%s/**" % name], allow_empty = True)
    native.cc_test(
        name = name,
        size = "small",
        srcs = srcs + select({
            "//fuzz:libfuzzer": mutators,
            "//conditions:default": [],
        }),
        # The corpus is named even if it holds nothing: then the test fails.
        args = select({
                   "//fuzz:libfuzzer": ["-runs=0"],
                   "//conditions:default": [],
               }) + ["fuzz/corpus/" + name] +
               (["fuzz/regressions/" + name] if regressions else []),
        data = corpus + regressions,
        linkopts = select({
            "//fuzz:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//fuzz:libfuzzer": [],
            "//conditions:default": ["//fuzz:replay_main"],
        }),
    )
