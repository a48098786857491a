# SPDX-License-Identifier: GPL-2.0
"""Rows of a Linux guest's workloads: what tools/bench/guest/measure.sh prints."""

import exits
from exits import results

GUEST_COUNTS = ("stale", "announced", "arms")


class Run:
    """What one workload in one config printed."""

    def __init__(self):
        self.exits, self.guest, self.stats = {}, {}, {}

    def add(self, kind, words):
        if kind == "exits":
            self.exits[words[0]] = int(words[1])
        elif words:
            getattr(self, kind)[words[0]] = words[1:]


def parse(lines):
    runs = {}
    for line in lines:
        kind, *words = line.split() or [""]
        if kind in ("exits", "guest", "stats"):
            config, workload, *rest = words
            if kind == "guest" and rest[:1] == ["begin"]:
                runs[workload, config] = Run()
            runs[workload, config].add(kind, rest)
    return runs


def stats_change(before, after, wanted):
    """Of the words "NAME VALUE NAME VALUE...": what was added to those wanted."""
    first, last = (dict(zip(words[::2], map(int, words[1::2]))) for words in (before, after))
    return {name: last[name] - first[name] for name in wanted if name in first}


def split(words):
    """The guest's own counts, if its module is there, and what the program says."""
    at = next((i for i, word in enumerate(words) if not word.isdigit()), len(words))
    return dict(zip(GUEST_COUNTS, map(int, words[:at]))), \
        dict(zip(words[at::2], map(int, words[at + 1::2])))


def events(said):
    """What the exits of a workload are divided by."""
    if "round_trips" in said:
        return {"round_trips": said["round_trips"]}
    return {"timers": said["fired"], "armed": said["armed"],
            "lost": said["armed"] - said["fired"]}


def row(workload, config, run, wanted):
    """wanted: the host module's stats that the row has."""
    before, _ = split(run.guest["begin"])
    after, said = split(run.guest["end"])
    values = {"workload": workload, "config": config, **events(said)}
    values.update(exits.per_event(run.exits, values.get("timers") or values["round_trips"]))
    values.update((name, after[name] - before[name]) for name in before)
    values.update(stats_change(run.stats["begin"], run.stats["end"], wanted))
    return values


def rows(lines, wanted):
    """Of what came to its end: a guest may have died."""
    return [row(workload, config, run, wanted)
            for (workload, config), run in parse(lines).items() if "end" in run.guest]


def step(words):
    """A progress line for each workload, for lab.run()."""
    if words[:1] == ["guest"] and words[3:4] == ["begin"]:
        return "%s: %s" % (words[1], words[2])
    return None


def idle(doc):
    """Sentences about rows where Tandem did nothing: a table of two stocks."""
    for row in doc["rows"]:
        if row["config"] != results.STOCK and not row.get("arms"):
            yield "%s, %s: the guest's module armed no timer" % (row["workload"], row["config"])
