# SPDX-License-Identifier: GPL-2.0
"""The placement bench's own parts that need no machine: what samples become, what a row
must be, where static pins go."""

import io
import os
import sys
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/bench/placement"))

import judge  # noqa: E402
import rows  # noqa: E402
import said  # noqa: E402
from cases import CASES, NODES, Case  # noqa: E402
from judge import results  # noqa: E402
from measured import Followed, Measured  # noqa: E402

HOST = {"kernel": "6.12", "cpus": 8, "nodes": 4, "emulator": "qemu-tcg", "icount": None}


def lines(config, *samples):
    """Each sample: off, all, and of VMs a and b: CPU, node of most pages, work."""
    for n, (off, every, *vms) in enumerate(samples):
        yield "at %s %d %d.5" % (config, n, 10 + 4 * n)
        yield "off %s %d %d %d" % (config, n, off, every)
        for node in range(NODES):
            yield "busy %s %d %d %d" % (config, n, node, 100 * n * node)
        for name, (cpu, node, work) in zip("ab", vms):
            pages = [1034 if at == node else 10 for at in range(NODES)]
            yield "vm %s %d %s %d 0-7 %s" % (config, n, name, cpu, " ".join(map(str, pages)))
            yield "work %s %d %s %d" % (config, n, name, work)


SAMPLES = [
    (0, 0, (0, 0, 7), (1, 0, 7)),
    (60, 100, (0, 0, 17), (2, 0, 9)),
    (80, 200, (0, 0, 27), (2, 1, 19)),
    (81, 1080, (0, 0, 37), (3, 1, 29)),
]


def made(config="stock", samples=SAMPLES):
    return rows.row("x", config, rows.parse(lines(config, *samples))[config], 4, 8)


class RowsTest(unittest.TestCase):
    def test_a_row(self):
        self.assertEqual(made(), {
            "workload": "x", "config": "stock", "accesses": 1080, "offnode": 75.0,
            "offnode_settled": 1.14, "moves": 1, "cpu_moves": 1, "copied_mib": 4,
            "settled_after": 2, "vms_most": 1, "work": 52})

    def test_the_row_is_a_result(self):
        results.check({"bench": "placement", "host": HOST, "rows": [made()]})

    def test_configs_are_apart_and_other_lines_are_not_read(self):
        both = [*lines("stock", *SAMPLES), "said tandem at stock 0 1", "step x", "",
                *lines("tandem", *SAMPLES[:2])]
        runs = rows.parse(both)
        self.assertEqual([len(runs[name]) for name in ("stock", "tandem")], [4, 2])

    def test_nothing_happened(self):
        same = [SAMPLES[0], SAMPLES[0]]
        found = made(samples=same)
        self.assertEqual((found["offnode"], found["moves"], found["settled_after"]), (0, 0, 0))

    def test_timeline(self):
        samples = rows.parse(lines("stock", *SAMPLES))["stock"]
        run = rows.timeline("x", "stock", samples, 4, 8, 100)
        self.assertEqual(run["seconds"], [4, 8, 12])
        self.assertEqual(run["busy"][0], [0, 0.25, 0.5, 0.75])
        self.assertEqual(run["offnode"], [600, 200, 1.14])
        self.assertEqual(run["vms"], [[2, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]])


def judged(case="5-to-1", **settled):
    found = []
    for config, value in settled.items():
        found.append({**made(config), "workload": case, "offnode_settled": value})
    return list(judge.complaints({"rows": found}))


class JudgeTest(unittest.TestCase):
    def test_as_it_must_be(self):
        self.assertEqual(judged(stock=700, kernel=300, numad=200, static=0, tandem=0.9), [])

    def test_a_baseline_that_proves_nothing(self):
        self.assertEqual(len(judged(stock=100, static=0)), 1)
        self.assertEqual(len(judged(stock=700, static=11)), 1)

    def test_what_is_not_reached(self):
        for settled in ({"stock": 700, "tandem": 71}, {"stock": 700, "static": 5, "tandem": 7.1},
                        {"stock": 700, "numad": 20, "tandem": 21.1},
                        {"stock": 700, "kernel": 0, "tandem": 1.1}):
            self.assertEqual(len(judged(**settled)), 1, settled)

    def test_the_worker_is_as_good_as_user_space(self):
        follows = {"stock": 700, "tandem": 0, "tandem-follow": 15}
        self.assertEqual(len(judged("quick", **follows)), 1)
        self.assertEqual(judged("demo", **follows), [])
        self.assertEqual(len(judged("demo", **{**follows, "tandem-follow": 71})), 1)

    def test_a_burst_need_not_be_bad_at_first(self):
        self.assertEqual(judged("burst", stock=100, static=0, tandem=1), [])


class KeptTest(unittest.TestCase):
    def test_what_was_done_is_on_disk_and_what_was_not_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            path, log = os.path.join(folder, "x"), io.StringIO()
            case = Followed("x", Measured(HOST, path, NODES, 8), log)
            for line in (*lines("stock", *SAMPLES), "done stock", *lines("tandem", *SAMPLES)):
                case.take(line + "\n")
            self.assertEqual(results.load(path + ".json")["rows"], [made()])
            self.assertIn("\nwork tandem 3 b 29\n", log.getvalue())

    def test_two_cases_are_in_one_document(self):
        with tempfile.TemporaryDirectory() as folder:
            measured = Measured(HOST, os.path.join(folder, "x"), NODES, 8)
            for name in ("x", "y"):
                case = Followed(name, measured, io.StringIO())
                for line in (*lines("stock", *SAMPLES), "done stock"):
                    case.take(line + "\n")
            found = results.load(measured.path + ".json")["rows"]
            self.assertEqual([row["workload"] for row in found], ["x", "y"])
            self.assertEqual([run["case"] for run in measured.timelines], ["x", "y"])


class SaidTest(unittest.TestCase):
    LOOKS = ["[Sat Nov 21]", "node0 2 2 1.0", "moving [v1] to node [node1]: even load",
             "  undo: taskset -apc 0-7 7", "", "[Sun Nov 22]", "node0 1 2 0.5",
             "moving [v2] to node [node3]: even load", "", "[Mon Nov 23]", "node0 0 2 0.0", ""]

    def test_the_first_table_the_moves_and_the_last(self):
        lines = ["said tandem %s\n" % line for line in self.LOOKS]
        self.assertEqual(said.first_and_last(["said numad [x]\n", *lines], "tandem"),
                         "[Sat Nov 21]\nnode0 2 2 1.0\n\n"
                         "moving [v1] to node [node1]: even load\n"
                         "moving [v2] to node [node3]: even load\n\n"
                         "[Mon Nov 23]\nnode0 0 2 0.0")

    def test_nobody_said_anything(self):
        self.assertEqual(said.first_and_last([], "tandem"), "")


class CasesTest(unittest.TestCase):
    def test_pins_are_even(self):
        for case in CASES.values():
            counts = [case.ideal.count(node) for node in range(NODES)]
            self.assertLessEqual(max(counts) - min(counts), 1, case.name)

    def test_who_is_at_home_stays(self):
        self.assertEqual(Case("x", "", [1, 1, 1, 3], 64).ideal, [1, 0, 2, 3])


if __name__ == "__main__":
    unittest.main()
