# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem sim poll: (good, name, notes...) each.

traces/hand.idles, in us, where a halt costs 20 and each us polled 1:

    idles       10   100   15    300   60

    stock       5 halts
    haltpoll    window 0: halt, of 10, and it grows to 50
                50: halt, of 50, which is not more than the window
                50: polled to the end, 15
                50: halt, of 250, and 25 is less than the least, so 0
                0: halt, and it grows to 50
    kvm         window 0: halt, and it grows to 10
                10: halt, 20
                20: polled to the end, 15
                20: halt, and it shrinks to 10
                10: halt
    ski-rental  window 20: 10 and 15 polled, 20 and a halt three times
    best-fixed  window 15: 10 and 15 polled, 15 and a halt three times: 130, as stock 100
                window 0 is best
    clairvoyant 10 and 15 polled, three halts
    tandem      window 20: 10 polled; 20 and a halt; after a long one 0: halt; after a
                short one 20 and a halt; after a long one 0: halt
"""

import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools", "results"))
import results  # noqa: E402

US = 1000
# config: halts, ns polled
HAND = {
    "stock": (5, 0),
    "haltpoll": (4, (50 + 15 + 50) * US),
    "kvm": (4, (10 + 15 + 20 + 10) * US),
    "ski-rental": (3, (10 + 20 + 15 + 20 + 20) * US),
    "best-fixed": (5, 0),
    "clairvoyant": (3, (10 + 15) * US),
    "tandem": (4, (10 + 20 + 20) * US),
}
OTHERS = ("stock", "haltpoll", "kvm", "ski-rental")
SEEDS = ("1", "2", "3", "4", "5")
# On what changes the best of the others is whoever is lucky there: so much for luck.
LUCK = 1.0005

BAD = [
    ("", "nobody was idle"),
    ("cpu0 5\ncpu0\n", ":2: not WHO NS"),
    ("cpu0 5x\n", ":1: not WHO NS"),
    ("cpu0 -5\n", ":1: not WHO NS"),
    ("cpu0 5 6\n", ":1: not WHO NS"),
    ("cpu0 9223372036854775808\n", ":1: not WHO NS"),
    ("CPU0 5\n", ":1: not WHO NS"),
    (" 5\n", ":1: not WHO NS"),
    ("a-name-that-is-longer-than-31-chars 5\n", ":1: not WHO NS"),
]

CALLS = [
    (["sim", "poll", "--help"], 0, "usage: tandem .* sim poll", ""),
    (["help", "sim"], 0, "usage: tandem .* sim poll", ""),
    (["sim", "poll", "now"], 2, "", "what is now"),
    (["sim", "poll", "--dance"], 2, "", "--dance.*\nSee tandem help sim"),
    (["sim", "poll", "--price", "0"], 2, "", "--price 0: not a number from 1 to 100000"),
    (["sim", "poll", "--price", "0.1"], 2, "", "--price 0.1: not a number from 1 to"),
    (["sim", "poll", "--halt-ns", "-1"], 2, "", "--halt-ns -1: not a number from 1 to"),
    (["sim", "poll", "--max-ns", "2000001"], 2, "", "--max-ns 2000001: not a number from 0"),
    (["sim", "poll", "--seed", ""], 2, "", "--seed : not a number from 1 to 1000000"),
    (["sim", "poll", "--trace", "/nonexistent"], 1, "", "/nonexistent: No such file"),
]

TESTS = 3 + len(BAD) + 1 + 2 * 3 + 2 + 1


def rows(tool, *args):
    """By workload and config, and what results.py has against it."""
    status, out, err = tool("--json", "sim", "poll", *args)
    doc = json.loads(out) if status == 0 else {"rows": []}
    wrong = [err] if err or status else list(results.complaints(doc))
    return {(row["workload"], row["config"]): row for row in doc["rows"]}, wrong


def by_hand(tool, folder):
    path = shutil.copy(os.path.join(HERE, "traces", "hand.idles"), folder)
    found, wrong = rows(tool, "--trace", path, "--price", "1000")
    yield not wrong, "sim poll: JSON as Documentation/results.rst has it", *wrong
    got = {config: (round(row["exits_hlt"] * row["idles"]), round(row["polled_ns"] * row["idles"]))
           for (_, config), row in found.items()}
    yield got == HAND, "sim poll: halts and time polled as counted by hand", got
    wrong = [row for row in found.values() if round(row["modelled_ns"] * row["idles"]) !=
             20000 * HAND[row["config"]][0] + HAND[row["config"]][1]]
    yield found and not wrong, "sim poll: costs as counted by hand", *wrong


def bad_files(tool, folder):
    path = os.path.join(folder, "bad.idles")
    for text, sentence in BAD:
        with open(path, "w") as f:
            f.write(text)
        status, out, err = tool("sim", "poll", "--trace", path)
        yield (status == 1 and not out and sentence in err,
               "sim poll: a bad trace: %s" % sentence, status, out, err)
    path = shutil.copy(os.path.join(HERE, "traces", "hand.idles"), folder)
    status, _, err = tool("sim", "poll", "--trace", path, "--trace", path)
    yield status == 2 and "two patterns are called hand-cpu0" in err, "sim poll: one twice", err


def changing(tool):
    """The workloads that the table has under that word."""
    lines = tool("sim", "poll")[1].splitlines()
    return {line.split()[0] for line in lines[lines.index("changing:") + 1:]}


def steady_strays(found, names):
    for (workload, config), row in found.items():
        best = found[workload, "best-fixed"]["modelled_ns"]
        if config == "tandem" and workload not in names and row["modelled_ns"] > 1.03 * best:
            yield "%s: %g, %g at best" % (workload, row["modelled_ns"], best)


def changing_strays(found, names):
    for workload in names:
        best = min(found[workload, other]["modelled_ns"] for other in OTHERS)
        own = found[workload, "tandem"]["modelled_ns"]
        if own > LUCK * best:
            yield "%s: %g, %g of another" % (workload, own, best)


def ski_strays(found):
    for (workload, config), row in found.items():
        rule = found[workload, "ski-rental"]["modelled_ns"]
        if config == "tandem" and row["modelled_ns"] > 1.03 * rule:
            yield "%s: %g, %g" % (workload, row["modelled_ns"], rule)


def made(tool, price, names):
    steady, others, ski = [], [], []
    for seed in SEEDS:
        found, wrong = rows(tool, "--price", price, "--seed", seed)
        assert found and not wrong, wrong
        steady += steady_strays(found, names)
        others += changing_strays(found, names)
        ski += ski_strays(found)
    yield not steady, "sim poll, price %s: at most 1.03 of the best fixed window" % price, *steady
    yield not others, "... where it changes, as good as the best of the others", *others
    yield not ski, "... nowhere more than 1.03 of ski-rental", *ski


def bounds(tool):
    """Hindsight is as good as anyone without memory, the clairvoyant as anyone at all."""
    found, _ = rows(tool)
    wrong = [pair for pair, row in found.items()
             if row["modelled_ns"] < found[pair[0], "clairvoyant"]["modelled_ns"] - 0.001]
    yield found and not wrong, "sim poll: nobody is better than who knows", *wrong
    wrong = [pair for pair, row in found.items() if pair[1] in ("stock", "ski-rental") and
             row["modelled_ns"] < found[pair[0], "best-fixed"]["modelled_ns"] - 0.001]
    yield found and not wrong, "... no fixed window than the best one", *wrong


def document(tool):
    with open(os.path.join(ROOT, "Documentation", "tandem.rst")) as f:
        text = f.read()
    options = re.findall(r"^  (--[a-z-]+)", tool("sim", "poll", "--help")[1], re.M)
    missing = [option for option in options if "``%s" % option not in text]
    yield options and not missing, "Documentation/tandem.rst has all options of sim poll", *missing


def tests(tool, folder):
    """TESTS of them."""
    yield from by_hand(tool, folder)
    yield from bad_files(tool, folder)
    names = changing(tool)
    yield from made(tool, "1000", names)
    yield from made(tool, "100", names)
    yield from bounds(tool)
    yield from document(tool)
