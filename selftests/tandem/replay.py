# SPDX-License-Identifier: GPL-2.0
"""Tests of tandem replay: (good, name, notes...) each.

The files are made here, by what module/policy/placement_record.h says of their layout:
what a kernel writes is replayed in selftests/vm/numa_record.sh.
"""

import json
import os
import struct

CALLS = [
    (["help", "replay"], 0, "usage: tandem .* replay", ""),
    (["replay", "--help"], 0, "usage: tandem .* replay", ""),
    (["replay"], 2, "", "tandem replay: which file"),
    (["replay", "a", "b"], 2, "", "tandem replay: which file"),
    (["replay", "--dance", "a"], 2, "", "--dance.*\nSee tandem help replay"),
    (["replay", "/nonexistent"], 1, "", "/nonexistent: No such file"),
    (["replay", "/etc/passwd"], 1, "", "/etc/passwd: not a file of decisions"),
]

TESTS = 11

MAGIC, VERSION = 0x444e4154, 1
PLAN, TRIAL, RULE = 1, 2, 3
TRIALS, HOMES, MOVES, BIRTH = range(4)
ALONE = [25, 256, 5, 1, 1, 4, 4, 0, 0, 1024, 1000, 10]  # knobs, one node, one group
VM = [77, 256, 8, 1, 0, 0, 0, 0, 100, 0] + 8 * [0]
DONE = 14 * [0]


def fnv(words):
    total = 2166136261
    for word in words:
        total = (total ^ word) * 16777619 & 0xffffffff
    return total


def record(number, kind, why, body, calls=0, steps=0):
    words = [7 + len(body), number, kind, why, calls, steps, *body]
    return [fnv(words), *words]


def packed(*records, version=VERSION):
    words = [word for one in records for word in one]
    return struct.pack("=%dI" % (6 + len(words)), MAGIC, version, len(words), len(records),
                       len(records) + 3, 1, *words)


def rule(move):
    """Eight tasks on node 0, two on node 1, four CPUs each: what it says is known."""
    return [2, 8, 4, 2, 4, 1, 0, 1, 3999200, 0, move]


def trial(needed):
    """On probation for a second, and still needed, or not."""
    act = [0, 1000, 0, 1024, 3, 1, 0] if needed else [2, 2000, 0, 1024, 3, 4, 1]
    return [77, 0, 5000, 10000, 60000, 1000, 0, 1024, 3, 1, 0, 2000, 0, 500, needed, 0, *act]


def tests(tool, folder):
    def replay(data, *options):
        path = os.path.join(folder, "decisions")
        with open(path, "wb") as f:
            f.write(data)
        return tool(*options, "replay", path)

    plan = record(1, PLAN, HOMES, ALONE + VM)
    good = packed(plan, record(2, RULE, MOVES, rule(1)), record(3, TRIAL, TRIALS, trial(1)),
                  record(4, TRIAL, TRIALS, trial(0)))
    said = replay(good)
    yield said[0] == 0 and "4 of 7 made; 1 had no room" in said[1], "a good file", *said
    yield "1 plans with 0 steps, 2 about moves, 1 by the rule" in said[1], "... is counted", *said
    status, out, err = replay(good, "--json")
    yield (not status and json.loads(out) == {
        "decisions": 4, "plans": 1, "trials": 2, "rule_2011": 1, "steps": 0, "differ": 0,
        "made": 7, "lost": 1}), "... as JSON", out, err
    said = replay(packed())
    yield said[0] == 0 and "0 of 3 made" in said[1], "a file in which nothing is kept", *said
    said = replay(packed(record(9, RULE, MOVES, rule(0))))
    yield (said[0] == 1 and "decision 9: by the rule of 2011\n  recorded: not from node 0" in said[1]
           and "here:     from node 0 to 1" in said[1]), "one figure differs: both are told", *said
    said = replay(packed(record(1, PLAN, HOMES, ALONE + VM + DONE, 1, 1)))
    yield (said[0] == 1 and "recorded: done" in said[1] and "here:     nothing" in said[1]), \
        "a plan that would go on", *said
    said = replay(good[:-4])
    yield said[0] == 1 and "cut, or two in one" in said[2] and not said[1], "cut by a word", *said
    said = replay(good + good)
    yield said[0] == 1 and "cut, or two in one" in said[2], "two in one", *said
    said = replay(packed(plan, version=2))
    yield said[0] == 1 and "version 2; this command reads version 1" in said[2], "another version", *said
    said = replay(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    yield said[0] == 1 and "damaged after decision 0" in said[2], "one bit altered", *said
    said = replay(packed(plan, record(2, 4, 0, [])))
    yield said[0] == 1 and "damaged after decision 2" in said[2], "a kind that there is not", *said
