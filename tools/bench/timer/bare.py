# SPDX-License-Identifier: GPL-2.0
"""Rows of the bare guest: tandem_timer_bench in the lab, in all configurations."""

import os
import subprocess

import exits
import lab
from linux_guest import stats_change

HERE = os.path.dirname(os.path.abspath(__file__))
KVM = os.path.join(lab.TOP, "selftests", "kvm")
PROGRAM = os.path.join(lab.TOP, "build", "kselftest", "bin", "tandem_timer_bench")
CPUS = 3
MACHINE = {"qemu": "AMD SVM without AVIC", "bochs": "Intel VMX with posted interrupts"}
STATS = ("agent_wakeups", "agent_ipis", "agent_looks")

# Period in us, and how many timers: the fewer the longer they take, but so many
# that an exit of the host's own is a hundredth of one each at the most.
TIMERS = {20: 2000, 50: 2000, 100: 2000, 250: 1000, 500: 1000, 1000: 500, 4000: 150,
          10000: 100}


def name(us):
    return "%dms" % (us // 1000) if us >= 1000 else "%dus" % us


def options(emulator):
    chosen = ["--bochs", "--timeout", "600"] if emulator == "bochs" else ["--timeout", "300"]
    return [*chosen, "--cpus", str(CPUS), "--file", PROGRAM,
            "--append", "nohz_full=1,2 isolcpus=nohz,domain,1,2"]


class Run:
    """What one period in one config printed."""

    def __init__(self):
        self.counts, self.exits, self.stats = {}, {}, {"before": [], "after": []}

    def add(self, kind, words):
        if kind == "timers":
            self.counts = dict(zip(words[::2], map(int, words[1::2])))
        elif kind == "exits":
            self.exits[words[0]] = int(words[1])
        else:
            self.stats[words[0]] += words[1:]


def parse(lines):
    runs = {}
    for line in lines:
        kind, *words = line.split() or [""]
        if kind == "failed":
            raise lab.LabFailed("the bare guest ended early: %s" % " ".join(words))
        if kind in ("timers", "exits", "stats"):
            config, us, *rest = words
            runs.setdefault((int(us), config), Run()).add(kind, rest)
    return runs


def row(us, config, run):
    counts = run.counts
    # The guest's own mark: it does no other CPUID.
    run.exits.pop("cpuid", None)
    values = {"workload": name(us), "config": config, "timers": counts["fired"]}
    values.update(exits.per_event(run.exits, counts["fired"]))
    values.update((key, counts[key]) for key in
                  ("armed", "lost", "early", "late_mean", "late_p99"))
    before, after = run.stats["before"], run.stats["after"]
    if before:
        values.update(arms=counts["armed"], announced=counts["announced"],
                      stale=counts["stale"])
        values.update(stats_change(before, after, STATS))
    return values


def measure(emulator):
    """The document."""
    subprocess.run([os.path.join(KVM, "build")], check=True)
    periods = ["%d:%d" % pair for pair in TIMERS.items()]
    lines = lab.run("bench-timer-" + emulator, options(emulator),
                    os.path.join(HERE, "host.sh"), periods)
    host = {"kernel": lab.release(), "cpus": CPUS, "nodes": 1, "icount": None,
            "emulator": "bochs" if emulator == "bochs" else "qemu-tcg",
            "machine": MACHINE[emulator],
            "command": "tools/bench/timer/bench " + emulator}
    return {"bench": "timer", "host": host,
            "rows": [row(us, config, run) for (us, config), run in parse(lines).items()]}
