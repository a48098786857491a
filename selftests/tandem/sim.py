# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem sim timer: (good, name, notes...) each.

With looks every 250 us, in us; there is one at 0. arms/hand.arms:

    0     for 100    before the look at 250: announced, fired by the vCPU's CPU
    150   for 1150   seen by the looks at 250, 500, 750, 1000; fired by one at 1150
    1200  for 1350   Tandem looks at 1400, as it did at 1150: announced.
                     The RFC's grid has a look at 1250: seen, fired by one at 1350
    1360  for 2000   Tandem: looks at 1400, 1650, 1900, fired by one at 2000.
                     The RFC: the grid has a look at 2000
    2100  cancelled  nothing was armed

arms/halt.arms:

    0     for 1000   seen by nobody: it halts at 100
    100   halt       the look at 250 finds it so, and the agent drops it
    1000  run        the timer woke it; its own CPU looks at 1250, if it runs then
    1010  for 1500   not before that look
    1100  halt       nobody looks at it
    1500  run        the timer woke it; its own CPU looks at 1750
    1520  for 1600   before that look: announced, fired by its own CPU
    1900  cancelled  that look at 1750 interrupted it, and woke the agent by an IPI

    The RFC's grid has looks from 0 to 1750, and one at 1600, which was announced.
    Stock: two of the timers woke it, and so were no exit.
"""

import glob
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools", "results"))
import results  # noqa: E402

FIXED = ("--min-us", "250", "--max-us", "250")
COUNTS = ("timers", "arms", "announced", "agent_looks", "agent_ipis")
HAND = {
    ("hand", "stock"): (4, 4, 4, 0, 0),
    ("hand", "rfc2017"): (4, 4, 1, 9 + 3, 1),
    ("hand", "best-fixed"): (4, 4, 2, 10, 0),
    ("hand", "tandem"): (4, 4, 2, 10, 0),
    ("hand", "poll"): (4, 4, 0, None, 0),
    ("halt", "stock"): (3, 3, 3, 0, 0),
    ("halt", "rfc2017"): (3, 3, 1, 8 + 1, 1),
    ("halt", "best-fixed"): (3, 3, 1, 2, 1),
    ("halt", "tandem"): (3, 3, 1, 2, 1),
    ("halt", "poll"): (3, 3, 0, None, 0),
}
EXITS = {
    ("hand", "stock"): 9, ("hand", "rfc2017"): 1, ("hand", "best-fixed"): 4,
    ("hand", "tandem"): 4, ("hand", "poll"): 0,
    ("halt", "stock"): 5, ("halt", "rfc2017"): 1, ("halt", "best-fixed"): 3,
    ("halt", "tandem"): 3, ("halt", "poll"): 0,
}

BAD = [
    ("", 1, "nothing was armed"),
    ("# a comment\n1 2\n0 3\n", 1, ":3: not ARM_NS"),
    ("1 2 3\n", 1, ":1: not ARM_NS"),
    ("1 x\n", 1, ":1: not ARM_NS"),
    ("1 halted\n", 1, ":1: not ARM_NS"),
    ("-1 5\n", 1, ":1: not ARM_NS"),
    ("0 99999999999999999999\n", 1, ":1: not ARM_NS"),
    ("0 5\n600000000001 0\n", 1, ":2: not ARM_NS"),
]

CALLS = [
    (["sim"], 2, "", "tandem sim: of what"),
    (["sim", "dance"], 2, "", "tandem sim: of what"),
    (["sim", "--help"], 0, "usage: tandem .* sim timer", ""),
    (["sim", "timer", "--help"], 0, "usage: tandem .* sim timer", ""),
    (["help", "sim"], 0, "usage: tandem .* sim timer", ""),
    (["sim", "timer", "now"], 2, "", "what is now"),
    (["sim", "timer", "--dance"], 2, "", "--dance.*\nSee tandem help sim"),
    (["sim", "timer", "--min-us", "19"], 2, "", "--min-us 19: not a number from 20 to 10000"),
    (["sim", "timer", "--min-us", "-5"], 2, "", "--min-us -5: not a number from 20 to 10000"),
    (["sim", "timer", "--min-us", "4x"], 2, "", "--min-us 4x: not a number"),
    (["sim", "timer", "--max-us", "100001"], 2, "", "--max-us 100001: not a number"),
    (["sim", "timer", "--exit-price", "0"], 2, "", "--exit-price 0: not a number from 1 to 1000"),
    (["sim", "timer", "--look-ns", ""], 2, "", "--look-ns : not a number"),
    (["sim", "timer", "--min-us", "5000"], 2, "", "--min-us is more than --max-us"),
    (["sim", "timer", "--pattern", "/nonexistent"], 1, "", "/nonexistent: No such file"),
]

TESTS = 3 + len(BAD) + 1 + 4 + 1


def rows(tool, *args):
    """By workload and config, and what results.py has against it."""
    status, out, err = tool("--json", "sim", "timer", *args)
    doc = json.loads(out) if status == 0 else {"rows": []}
    wrong = [err] if err or status else list(results.complaints(doc))
    return {(row["workload"], row["config"]): row for row in doc["rows"]}, wrong


def readable(folder, path):
    """The command runs as a user who need not be able to read the repository."""
    return shutil.copy(path, folder)


def by_hand(tool, folder):
    args = [*FIXED]
    for name in ("hand.arms", "halt.arms"):
        args += ["--pattern", readable(folder, os.path.join(HERE, "arms", name))]
    found, wrong = rows(tool, *args)
    yield not wrong, "sim: JSON as Documentation/results.rst has it", *wrong
    got = {pair: tuple(row.get(name) for name in COUNTS) for pair, row in found.items()}
    yield got == HAND, "sim: counts as counted by hand", got
    got = {pair: round(row["exits_total"] * row["timers"]) for pair, row in found.items()}
    yield got == EXITS, "sim: exits as counted by hand", got


def bad_files(tool, folder):
    path = os.path.join(folder, "bad.arms")
    for text, want, sentence in BAD:
        with open(path, "w") as f:
            f.write(text)
        status, out, err = tool("sim", "timer", "--pattern", path)
        yield (status == want and not out and sentence in err,
               "sim: a bad pattern: %s" % sentence, status, out, err)
    path = readable(folder, os.path.join(HERE, "arms", "hand.arms"))
    status, _, err = tool("sim", "timer", "--pattern", path, "--pattern", path)
    yield status == 2 and "two patterns are called hand" in err, "sim: one pattern twice", err


def tandems(found):
    """Workload, and its rows with Tandem, stock, the RFC and the best fixed period."""
    for (workload, config), row in found.items():
        if config == "tandem" and row["timers"]:
            yield workload, row, *(found[workload, other]
                                   for other in ("stock", "rfc2017", "best-fixed"))


def made_strays(found):
    """Patterns where Tandem takes more exits than stock, or costs more than the best."""
    for workload, row, stock, _, best in tandems(found):
        if row["exits_total"] > stock["exits_total"]:
            yield "%s: %g exits, %g stock" % (workload, row["exits_total"], stock["exits_total"])
        if row["modelled_ns"] > 1.15 * best["modelled_ns"]:
            yield "%s: %g ns, %g at best" % (workload, row["modelled_ns"], best["modelled_ns"])


def recorded_strays(found):
    """Patterns where Tandem costs more than others: they are short, so learning counts."""
    for workload, row, *others in tandems(found):
        for other in others[:2]:
            if row["modelled_ns"] >= other["modelled_ns"]:
                yield "%s: %g ns, %g with %s" % (
                    workload, row["modelled_ns"], other["modelled_ns"], other["config"])


def patterns(tool, folder):
    made, wrong = rows(tool)
    yield made and not wrong, "sim: the patterns that are made", *wrong
    wrong = list(made_strays(made))
    yield not wrong, "... no more exits than stock, at most 1.15 of the best fixed cost", *wrong
    args = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tools", "tandem", "patterns", "*.arms"))):
        args += ["--pattern", readable(folder, path)]
    recorded, wrong = rows(tool, *args)
    yield recorded and args and not wrong, "sim: the patterns that were recorded", *wrong
    wrong = list(recorded_strays(recorded))
    yield not wrong, "... cheaper than stock and than the RFC", *wrong


def document(tool):
    with open(os.path.join(ROOT, "Documentation", "tandem.rst")) as f:
        text = f.read()
    options = re.findall(r"^  (--[a-z-]+)", tool("sim", "timer", "--help")[1], re.M)
    missing = [option for option in options if "``%s" % option not in text]
    yield options and not missing, "Documentation/tandem.rst has all options of sim", *missing


def tests(tool, folder):
    """TESTS of them."""
    yield from by_hand(tool, folder)
    yield from bad_files(tool, folder)
    yield from patterns(tool, folder)
    yield from document(tool)
