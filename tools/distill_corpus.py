#!/usr/bin/python3
"""Picks few inputs of a fuzz target that reach nearly all that many reach.

    distill_corpus.py FUZZER TO FILES BYTES FOLDER...

Puts at most FILES inputs, of at most BYTES together, from the folders into the
folder TO, in place of what it holds. They are picked one by one: whichever
reaches most that is new, edges before features, the smaller one where two reach
as much. TO may be among the folders.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

# Unlike the features, edges are worth being reached for their own sake.
_EDGE = 20


def main():
    fuzzer, to, files, total = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as scratch:
        inputs = measure(fuzzer, scratch, sys.argv[5:])
        picked = pick(inputs, int(files), int(total))
        fresh = os.path.join(scratch, "fresh")
        os.mkdir(fresh)
        for path in picked:
            with open(path, "rb") as content:
                name = hashlib.sha1(content.read()).hexdigest()
            shutil.copyfile(path, os.path.join(fresh, name))
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(fresh, to)
    reached = set().union(*(inputs[path] for path in picked))
    print("%d of %d inputs kept, which reach %d of %d" % (
        len(picked), len(inputs), len(reached),
        len(set().union(*inputs.values()))))


def measure(fuzzer, scratch, folders):
    """Returns what each input reaches, as libFuzzer's merge records it."""
    control = os.path.join(scratch, "control")
    empty = os.path.join(scratch, "empty")
    os.mkdir(empty)
    subprocess.run(
        # This kind of merge records all that an input reaches, not only what
        # none before it did.
        [fuzzer, "-set_cover_merge=1", "-merge_control_file=" + control, empty,
         *folders],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    with open(control) as lines:
        lines = [line.rstrip("\n") for line in lines]
    count = int(lines[0])
    paths = lines[2:2 + count]
    inputs = {path: set() for path in paths}
    for line in lines[2 + count:]:
        kind, number, *features = line.split(" ")
        if kind != "FT":
            continue
        for feature in map(int, filter(None, features)):
            # libFuzzer has eight features for an edge: how often it was taken.
            inputs[paths[int(number)]].update(
                (("edge", feature // 8), ("count", feature)))
    return inputs


def pick(inputs, files, total):
    picked, reached = [], set()
    sizes = {path: os.path.getsize(path) for path in inputs}
    left = {path: items for path, items in inputs.items()}
    while left and len(picked) < files:
        def worth(path):
            new = left[path] - reached
            value = sum(_EDGE if kind == "edge" else 1 for kind, _ in new)
            return value, -sizes[path], path
        best = max((path for path in left if sizes[path] <= total),
                   key=worth, default=None)
        if best is None or not left[best] - reached:
            break
        reached |= left.pop(best)
        total -= sizes[best]
        picked.append(best)
    return picked


if __name__ == "__main__":
    main()
