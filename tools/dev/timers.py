# SPDX-License-Identifier: GPL-2.0
"""Adds up the timers that the lab's tests count, from what they print.

Guests that are nothing but a test say it once for all of them, the program
selftests/vm/timers.c once for each run, in a form of its own where one is lost.
"""

import collections
import re

FORMS = [re.compile(form) for form in (
    r"\btimers: armed (?P<armed>\d+) fired (?P<fired>\d+) lost (?P<lost>\d+)"
    r" twice (?P<twice>\d+) early (?P<early>\d+)$",
    r"\bearly (?P<early>\d+) twice (?P<twice>\d+) late_us -?\d+"
    r" armed (?P<armed>\d+) fired (?P<fired>\d+) missed \d+$",
    r"\barmed (?P<armed>\d+) fired (?P<fired>\d+) LOST$",
)]


class Timers(collections.Counter):
    def feed(self, line):
        for form in FORMS:
            match = form.search(line.rstrip())
            if match:
                self.add({name: int(n) for name, n in match.groupdict().items()})

    def add(self, said):
        """One that was armed and neither fired nor is said to be lost is lost too."""
        said.setdefault("lost", max(0, said["armed"] - said["fired"]))
        self.update(said)

    def bad(self):
        return self["lost"] or self["twice"] or self["early"]

    def __str__(self):
        return "timers: " + " ".join("%s %d" % (name, self[name]) for name in
                                     ("armed", "fired", "lost", "twice", "early"))
