# SPDX-License-Identifier: GPL-2.0
"""TAP in a script's output: N planned must be N seen."""

import re

PLAN = re.compile(r"^1\.\.(\d+)")
RESULT = re.compile(r"^(not )?ok\b")


class Tap:
    def __init__(self):
        self.partial = ""
        self.planned = None
        self.seen = 0
        self.failed = 0
        self.bailed = False

    def feed(self, data):
        *lines, self.partial = (self.partial + data.decode("utf-8", "replace")).split("\n")
        for line in lines:
            self.line(line)

    def line(self, line):
        plan, result = PLAN.match(line), RESULT.match(line)
        if plan:
            self.planned = int(plan[1])
        elif result:
            self.seen += 1
            self.failed += bool(result[1]) and "# TODO" not in line
        elif line.startswith("Bail out!"):
            self.bailed = True

    def complaint(self):
        """Why the run as a whole can't be believed, or None."""
        if self.bailed:
            return "the script bailed out"
        if self.planned is None:
            return "there is no TAP plan (1..N) in the output"
        if self.planned != self.seen:
            return f"{self.planned} tests were planned, {self.seen} results seen"
        return None
