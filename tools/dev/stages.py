# SPDX-License-Identifier: GPL-2.0
"""Reads the table of stages, tools/dev/stages, where its columns are explained."""

import collections
import os
import re
import sys

TABLE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "stages")

# which stages each level of `check` runs
LEVELS = {"quick": ("quick",), "full": ("quick", "full"), "debug": ("debug",),
          "long": ("long",)}
COLUMNS = "name level kind cpus minutes skips command what"


class Stage(collections.namedtuple("Stage", COLUMNS)):
    def most_skips(self):
        """A number, or "N unless VARIABLE": none once the variable is set."""
        number, _, variable = self.skips.partition(" unless ")
        return 0 if variable and os.environ.get(variable) else int(number)


def parse(line):
    cells = [cell.strip() for cell in line.split("|", len(COLUMNS.split()) - 1)]
    if len(cells) != len(COLUMNS.split()):
        raise ValueError("%d columns" % len(cells))
    stage = Stage(*cells)
    if stage.level not in LEVELS or stage.kind not in ("plain", "tap"):
        raise ValueError("unknown level or kind")
    if stage.cpus not in ("1", "all"):
        raise ValueError("unknown cpus")
    if not re.fullmatch(r"\d+( unless \w+)?", stage.skips):
        raise ValueError("unknown skips")
    return stage._replace(minutes=float(stage.minutes))


def read_stages():
    stages = []
    with open(TABLE) as f:
        for number, line in enumerate(f, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                stages.append(parse(line))
            except ValueError as e:
                sys.exit("tools/dev/stages:%d: %s" % (number, e))
    return stages
