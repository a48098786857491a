# SPDX-License-Identifier: GPL-2.0
"""`make check` as a user sees it: last line, exit status, reasons."""

import os
import subprocess
import unittest

from bench import Bench


def check(*rows, args=(), env=None):
    with Bench() as bench:
        bench.write("tools/dev/stages", "".join(row + "\n" for row in rows))
        done = subprocess.run([bench.path("tools/dev/check"), *args], capture_output=True,
                              text=True, timeout=60, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


class Check(unittest.TestCase):
    def expect(self, row, status, last, text="", **more):
        code, out, err = check(row, **more)
        self.assertEqual(code, status, out + err)
        self.assertEqual(out.splitlines()[-1], last, out)
        self.assertIn(text, out)

    def test_pass(self):
        self.expect("t-a | quick | plain | all | 1 | 0 | true | x", 0, "1 passed, 0 failed, 0 skipped")

    def test_fail_shows_the_log(self):
        self.expect("t-a | quick | plain | all | 1 | 0 | echo why; false | x", 1,
                    "0 passed, 1 failed, 0 skipped", "| why")

    def test_fail_shows_what_was_noted_before(self):
        row = ("t-a | quick | tap | all | 1 | 0 | echo 1..2; seq 20; echo '# figure'; "
               "echo not ok 1 - a; seq 100; echo ok 2 - b; exit 1 | x")
        self.expect(row, 1, "1 passed, 1 failed, 0 skipped", "| # figure\n    | not ok 1 - a\n")

    def test_fail_is_named_at_the_end(self):
        _, out, _ = check("t-a | quick | plain | all | 1 | 0 | false | x")
        self.assertRegex(out.splitlines()[-2], "^FAILED t-a: ")

    def test_silent_tap(self):
        self.expect("t-a | quick | tap | all | 1 | 0 | true | x", 1,
                    "0 passed, 1 failed, 0 skipped", "no plan")

    def test_skip_over_the_ceiling(self):
        self.expect("t-a | quick | plain | all | 1 | 0 | echo SKIP no x; exit 4 | x", 1,
                    "0 passed, 1 failed, 1 skipped", "1 skipped, at most 0 may be")

    def test_skip_within_the_ceiling(self):
        self.expect("t-a | quick | plain | all | 1 | 1 | echo SKIP no x; exit 4 | x", 0,
                    "0 passed, 0 failed, 1 skipped", "no x")

    def test_skip_though_the_variable_is_set(self):
        row = "t-a | quick | plain | all | 1 | 1 unless THING | echo SKIP no x; exit 4 | x"
        self.expect(row, 0, "0 passed, 0 failed, 1 skipped", env={"THING": ""})
        self.expect(row, 1, "0 passed, 1 failed, 1 skipped", env={"THING": "1"})

    def test_hang(self):
        self.expect("t-a | quick | plain | all | 0.01 | 0 | sleep 50 | x", 1,
                    "0 passed, 1 failed, 0 skipped", "stopped after 0.01 minutes")

    def test_emulator(self):
        self.expect("t-a | quick | plain | all | 1 | 0 | [ -e x ] && exit; >x; exit 124 | x", 0,
                    "1 passed, 0 failed, 0 skipped", "the emulator broke, once more")
        self.expect("t-a | quick | plain | all | 1 | 0 | echo 'lab: red: it is gone' >&2; exit 124 | x",
                    1, "0 passed, 1 failed, 0 skipped", "the emulator broke, once more: it is gone")

    def test_emulator_twice_at_most(self):
        row = "t-a | quick | plain | all | 1 | 0 | echo x >>x; [ $(wc -l <x) -eq %d ] && exit; exit 124 | x"
        self.expect(row % 3, 0, "1 passed, 0 failed, 0 skipped")
        self.expect(row % 4, 1, "0 passed, 1 failed, 0 skipped")

    def test_hang_of_the_lab_once_at_most(self):
        row = "t-a | quick | plain | all | 1 | 0 | echo x >>x; [ $(wc -l <x) -eq %d ] && exit; exit 123 | x"
        self.expect(row % 2, 0, "1 passed, 0 failed, 0 skipped", "AGAIN t-a: it hung")
        self.expect(row % 3, 1, "0 passed, 1 failed, 0 skipped")

    @unittest.skipIf(os.cpu_count() < 2, "this machine has one CPU")
    def test_side_by_side(self):
        """Two that need one CPU each see each other; two that need all do not."""
        waits = ("t-%s | quick | plain | %s | 1 | 0 | touch on-%s; for i in $(seq 20); do "
                 "[ -e on-%s ] && exit; sleep 0.1; done; false | x")
        for cpus, passed in (("1", 2), ("all", 0)):
            rows = [waits % ("a", cpus, "a", "b"), waits % ("b", cpus, "b", "c" if not passed else "a")]
            code, out, err = check(*rows)
            self.assertEqual(out.splitlines()[-1],
                             "%d passed, %d failed, 0 skipped" % (passed, 2 - passed), out + err)
            ends = [line.split()[0] for line in out.splitlines() if line.endswith(")")]
            self.assertEqual(ends, ["t-a", "t-b"])

    def test_the_first_that_ends_is_told_in_its_turn(self):
        code, out, err = check("t-a | quick | plain | 1 | 1 | 0 | sleep 1 | x",
                               "t-b | quick | plain | 1 | 1 | 0 | true | x")
        self.assertEqual([line.split()[0] for line in out.splitlines() if line.endswith(")")],
                         ["t-a", "t-b"], out + err)
        self.assertIn("(0:00)", out.splitlines()[-2])

    def test_unknown_cpus(self):
        code, out, err = check("t-a | quick | plain | 3 | 1 | 0 | true | x")
        self.assertNotEqual(code, 0)
        self.assertIn("unknown cpus", err)

    def test_error_output_is_no_tap(self):
        self.expect("t-a | quick | tap | all | 1 | 0 | echo 1..1 >&2; echo ok 1 >&2 | x", 1,
                    "0 passed, 1 failed, 0 skipped")


class Timers(unittest.TestCase):
    """The sum of what was counted, and that it can be red."""

    GUEST = "# x: early 0 twice 0 late_us 9 armed 40 fired 40 missed 2"
    BARE = "# timers: armed %d fired %d lost %d twice %d early %d"

    def expect(self, lines, status, total, args=()):
        rows = ["t-%d | quick | plain | all | 1 | 0 | echo '%s' | x" % row for row in enumerate(lines)]
        code, out, err = check(*rows, args=args)
        self.assertEqual(code, status, out + err)
        self.assertEqual(out.splitlines()[-2 - bool(args and status)], "timers: " + total, out)

    def test_sum(self):
        self.expect([self.GUEST, self.BARE % (2, 2, 0, 0, 0)], 0,
                    "armed 42 fired 42 lost 0 twice 0 early 0")

    def test_each_makes_it_red(self):
        self.expect([self.BARE % (5, 4, 1, 0, 0)], 1, "armed 5 fired 4 lost 1 twice 0 early 0")
        self.expect([self.BARE % (5, 6, 0, 1, 0)], 1, "armed 5 fired 6 lost 0 twice 1 early 0")
        self.expect([self.BARE % (5, 5, 0, 0, 1)], 1, "armed 5 fired 5 lost 0 twice 0 early 1")

    def test_a_lost_one_of_a_linux_guest(self):
        self.expect([self.GUEST, "# x: armed 7 fired 6 LOST"], 1,
                    "armed 47 fired 46 lost 1 twice 0 early 0")
        self.expect([self.GUEST.replace("fired 40", "fired 39")], 1,
                    "armed 40 fired 39 lost 1 twice 0 early 0")

    def test_other_lines_are_none(self):
        out = check("t-a | quick | plain | all | 1 | 0 | echo '# vCPU 0: armed 5, fired 4' | x")[1]
        self.assertNotIn("timers:", out)

    def test_too_few(self):
        total = "armed 40 fired 40 lost 0 twice 0 early 0"
        self.expect([self.GUEST], 0, total, args=["--timers", "40"])
        self.expect([self.GUEST], 1, total, args=["--timers", "41"])


class Choice(unittest.TestCase):
    ROWS = ["t-q | quick | plain | all | 1 | 0 | true | x", "t-f | full | plain | all | 1 | 0 | true | x",
            "t-d | debug | plain | all | 1 | 0 | true | x"]

    def expect(self, args, names):
        out = check(*self.ROWS, args=args)[1]
        ran = [row[:3] for row in self.ROWS if row[:3] + " " in out]
        self.assertEqual(ran, names, out)

    def test_levels(self):
        self.expect([], ["t-q", "t-f"])
        self.expect(["--level", "quick"], ["t-q"])
        self.expect(["--level", "debug"], ["t-d"])

    def test_one_stage(self):
        self.expect(["--stage", "t-d"], ["t-d"])

    def test_two_stages(self):
        self.expect(["--stage", "t-d", "--stage", "t-q"], ["t-q", "t-d"])

    def test_unknown_stage(self):
        code, _, err = check(*self.ROWS, args=["--stage", "t-x"])
        self.assertEqual(code, 1)
        self.assertIn("t-q t-f t-d", err)

    def test_a_failed_build_ends_the_run(self):
        _, out, _ = check("build-t | quick | plain | all | 1 | 0 | false | x", self.ROWS[0])
        self.assertTrue(out.endswith("0 passed, 1 failed, 0 skipped\n"), out)

    def test_bad_table(self):
        for row in ("a | quick | tap", "a | never | tap | all | 1 | 0 | true | x",
                    "a | quick | tap | all | 1 | some | true | x", "a | quick | tap | all | x | 0 | true | x"):
            code, _, err = check(row)
            self.assertEqual(code, 1)
            self.assertIn(":1: ", err)
