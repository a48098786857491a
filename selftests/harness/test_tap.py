# SPDX-License-Identifier: GPL-2.0
"""The TAP reader believes nothing that isn't planned, numbered and explained."""

import os
import sys
import unittest

DEV = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "dev")
sys.path.insert(0, DEV)
from tap import Plain, Tap


def read(text, status=0, tap=None):
    tap = tap or Tap()
    for line in text.splitlines():
        tap.feed(line)
    tap.finish(status)
    return tap


class Counts(unittest.TestCase):
    def expect(self, text, counts, status=0):
        tap = read(text, status)
        self.assertEqual((tap.passed, tap.failed, tap.skipped), counts, tap.failures)

    def test_good(self):
        self.expect("TAP version 13\n1..2\nok 1 - a\nok 2 - b\n", (2, 0, 0))

    def test_plan_at_the_end(self):
        self.expect("ok 1 a\n1..1\n", (1, 0, 0))

    def test_failure(self):
        self.expect("1..2\nok 1 a\nnot ok 2 b\n", (1, 1, 0), 1)

    def test_failure_and_exit_0(self):
        self.expect("1..1\nnot ok 1 a\n", (0, 1, 0))

    def test_skip(self):
        self.expect("1..1\nok 1 a # SKIP no Bochs\n", (0, 0, 1), 4)

    def test_all_skipped(self):
        self.expect("1..0 # SKIP no Bochs\n", (0, 0, 1), 4)

    def test_carriage_returns_of_a_console(self):
        self.expect("1..1\r\nok 1 a\r\n", (1, 0, 0))


class Red(unittest.TestCase):
    def expect(self, text, reason, status=0):
        tap = read(text, status)
        self.assertIn(reason, " / ".join(tap.failures))
        self.assertGreater(tap.failed, 0)

    def test_silent_exit(self):
        self.expect("", "no plan")

    def test_missing_plan(self):
        self.expect("ok 1 a\n", "no plan")

    def test_too_few(self):
        self.expect("1..2\nok 1 a\n", "2 planned, 1 seen")

    def test_too_many(self):
        self.expect("1..1\nok 1 a\nok 2 b\n", "1 planned, 2 seen")

    def test_two_plans(self):
        self.expect("1..1\nok 1 a\n1..1\n", "a second plan")

    def test_nothing_planned(self):
        self.expect("1..0\n", "nothing planned")

    def test_duplicate_number(self):
        self.expect("1..2\nok 1 a\nok 1 b\n", "number 1 where 2 was due")

    def test_missing_number(self):
        self.expect("1..1\nok - a\n", "number missing where 1 was due")

    def test_exit_status(self):
        self.expect("1..1\nok 1 a\n", "exit status 3", 3)

    def test_skip_status_with_a_pass(self):
        self.expect("1..1\nok 1 a\n", "exit status 4", 4)

    def test_bail_out(self):
        self.expect("1..1\nok 1 a\nBail out! no memory\n", "Bail out! no memory")

    def test_skip_without_reason(self):
        self.expect("1..1\nok 1 a # SKIP\n", "without a reason")

    def test_all_skipped_without_reason(self):
        self.expect("1..0 # SKIP\n", "without a reason")


class Nested(unittest.TestCase):
    GOOD = "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: s\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 s\n"

    def test_leaves_count(self):
        tap = read(self.GOOD)
        self.assertEqual((tap.passed, tap.failed), (2, 0))

    def test_a_leafs_failure_counts_once(self):
        tap = read(self.GOOD.replace("ok 2 b", "not ok 2 b").replace("\nok 1 s", "\nnot ok 1 s"), 1)
        self.assertEqual((tap.passed, tap.failed), (1, 1))

    def test_parent_alone_failed(self):
        tap = read(self.GOOD.replace("\nok 1 s", "\nnot ok 1 s"), 1)
        self.assertEqual((tap.passed, tap.failed), (2, 1))

    def test_plan_of_subtests(self):
        self.assertIn("3 planned, 2 seen among subtests", read(self.GOOD.replace("1..2", "1..3")).failures)

    def test_missing_plan_of_subtests(self):
        self.assertIn("no plan among subtests", read(self.GOOD.replace("    1..2\n", "")).failures)

    def test_parent_missing(self):
        self.assertIn("1 planned, 0 seen", read(self.GOOD.replace("\nok 1 s", "")).failures)


class PlainCommand(unittest.TestCase):
    def expect(self, text, status, counts):
        tap = read(text, status, Plain("x"))
        self.assertEqual((tap.passed, tap.failed, tap.skipped), counts)

    def test_statuses(self):
        self.expect("", 0, (1, 0, 0))
        self.expect("", 1, (0, 1, 0))
        self.expect("SKIP no network\n", 4, (0, 0, 1))

    def test_skip_without_reason(self):
        self.expect("SKIP\n", 4, (0, 1, 0))
        self.expect("", 4, (0, 1, 0))
