# SPDX-License-Identifier: GPL-2.0
"""One line that says what runs, how far it is and how long it took last time.

On a terminal the line is redrawn in place; elsewhere a plain line appears at
the start, at most each 30 s, and at the end.
"""

import os
import shutil
import sys
import time

PLAIN_INTERVAL = 30
ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TIMES = os.path.join(ROOT, "build", ".times")


def clock(seconds):
    return "%d:%02d" % divmod(int(seconds), 60)


def recall(name):
    """The numbers remembered for a step, [] for one never finished."""
    try:
        with open(os.path.join(TIMES, name)) as f:
            return [int(word) for word in f.read().split()]
    except (OSError, ValueError):
        return []


def remember(name, *numbers):
    os.makedirs(TIMES, exist_ok=True)
    with open(os.path.join(TIMES, name), "w") as f:
        f.write(" ".join(str(int(n)) for n in numbers) + "\n")


class Progress:
    def __init__(self, what, last=None, out=sys.stdout):
        self.what, self.out = what, out
        self.last = ", last time " + clock(last) if last is not None else ""
        self.tty = out.isatty()
        self.start = time.monotonic()
        self.printed = self.start
        if not self.tty:
            self.line("%s ...%s" % (what, self.last.replace(", ", " ", 1)))

    def elapsed(self):
        return time.monotonic() - self.start

    def line(self, text):
        self.out.write(text + "\n")
        self.out.flush()

    def tick(self, detail=""):
        """Call often; prints as often as is pleasant."""
        text = "%s  %s%s%s" % (self.what, clock(self.elapsed()), self.last,
                               "  " + detail if detail else "")
        if self.tty:
            width = shutil.get_terminal_size().columns - 1
            self.out.write("\r\033[K" + text[:width])
            self.out.flush()
        elif time.monotonic() - self.printed >= PLAIN_INTERVAL:
            self.printed = time.monotonic()
            self.line(text)

    def end(self, text, seconds=None):
        """seconds: how long it took, if it ended before now."""
        took = self.elapsed() if seconds is None else seconds
        self.line(("\r\033[K" if self.tty else "") +
                  "%s: %s (%s)" % (self.what, text, clock(took)))
