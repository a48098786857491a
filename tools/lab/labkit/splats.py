# SPDX-License-Identifier: GPL-2.0
"""What a kernel log says when something broke: extended regular expressions
that Python and grep -E read alike. The same list goes into each machine."""

import re

PATTERNS = [
    r"^(\[[^]]*\] *)*(BUG|WARNING|KASAN|KCSAN|UBSAN|ODEBUG): ",
    r"\[ cut here \]",
    r"Kernel panic - not syncing",
    r"Oops: ",
    r"general protection fault",
    r"kernel BUG at",
    r"possible (circular|recursive) locking",
    r"possible irq lock inversion",
    r"suspicious RCU usage",
    r"INFO: task .* blocked for more than",
    r"rcu: INFO: .* (stall|detected)",
    r"unreferenced object 0x",
    r"refcount_t: ",
    r"list_(add|del) corruption",
    r"unable to handle (page fault|kernel)",
]

SPLAT = re.compile("|".join(PATTERNS), re.M)

# Lines of a report that say who, and where; registers and code say little without the build.
PLACE = re.compile(r" Comm: | RIP: 0010:| [\w.]+\+0x[0-9a-f]+/0x")
MOST = 30


def first(log):
    """The first line of a log that says what broke, or None."""
    lines = [line.strip() for line in log.splitlines() if SPLAT.search(line)]
    telling = [line for line in lines if "[ cut here ]" not in line]
    return (telling + lines + [None])[0]


def report(log):
    """What broke, and where: the first such line, and what places are named after it."""
    what = first(log)
    lines = [line.strip() for line in log.splitlines()]
    if what is None:
        return []
    after = lines[lines.index(what) + 1:]
    return [what] + [line for line in after if PLACE.search(line) or SPLAT.search(line)][:MOST]
