# SPDX-License-Identifier: GPL-2.0
"""What was measured so far, kept on disk: a lab that fails, or is killed, takes only the
configuration along that it was at."""

import json

import rows
from judge import results

HZ = 100  # of /proc/stat


class Measured:
    """The document, the end states, and the timelines of all cases."""

    def __init__(self, host, path, nodes, cpus):
        self.doc = {"bench": "placement", "host": host, "rows": []}
        self.ends, self.timelines = {}, []
        self.path, self.nodes, self.cpus = path, nodes, cpus

    def add(self, case, config, samples):
        self.doc["rows"].append(rows.row(case, config, samples, self.nodes, self.cpus))
        self.ends[case, config] = rows.by_node(samples, self.nodes)
        self.timelines.append(rows.timeline(case, config, samples, self.nodes, self.cpus, HZ))
        results.save(self.doc, self.path + ".json")
        with open(self.path + "-timeline.json", "w") as f:
            json.dump(self.timelines, f)


class Followed:
    """One case as the lab prints it, line by line, into a log."""

    def __init__(self, name, measured, log):
        self.name, self.measured, self.log, self.lines = name, measured, log, []

    def take(self, line):
        self.lines.append(line)
        self.log.write(line)
        self.log.flush()
        kind, *words = line.split() or [""]
        if kind == "done":
            self.measured.add(self.name, words[0], rows.parse(self.lines)[words[0]])
