# SPDX-License-Identifier: GPL-2.0
"""From the samples that host.sh prints to rows, end states, and timelines."""

from dataclasses import dataclass, field

PAGE_MIB = 256


@dataclass
class Sample:
    seconds: float = 0
    off: int = 0
    all: int = 0
    busy: dict = field(default_factory=dict)   # node: jiffies
    vms: dict = field(default_factory=dict)    # name: (CPU, pages on each node)
    work: dict = field(default_factory=dict)   # name: what it did

    def add(self, kind, words):
        if kind == "at":
            self.seconds = float(words[0])
        elif kind == "off":
            self.off, self.all = map(int, words)
        elif kind == "busy":
            self.busy[int(words[0])] = int(words[1])
        elif kind == "work":
            self.work[words[0]] = int(words[1])
        else:
            self.vms[words[0]] = (int(words[1]), list(map(int, words[3:])))

    @property
    def homes(self):
        """The node that has most of a VM's memory, by name: what numa_maps shows."""
        return {name: pages.index(max(pages)) for name, (_, pages) in self.vms.items()}

    def nodes_of_cpus(self, per_node):
        return {name: cpu // per_node for name, (cpu, _) in self.vms.items()}

    @property
    def pages(self):
        return sum(sum(pages) for _, pages in self.vms.values())


KINDS = ("at", "off", "busy", "work", "vm")


def parse(lines):
    """The samples of each config, in order."""
    runs = {}
    for line in lines:
        kind, *words = line.split() or [""]
        if kind in KINDS:
            config, number, *rest = words
            samples = runs.setdefault(config, [])
            while len(samples) <= int(number):
                samples.append(Sample())
            samples[int(number)].add(kind, rest)
    return runs


def changes(states):
    """How often a VM's node is another than one sample before."""
    return sum(before[name] != after[name] for before, after in zip(states, states[1:])
               for name in after)


def per_thousand(first, last):
    return round(1000 * (last.off - first.off) / max(last.all - first.all, 1), 2)


def copied(before, after):
    """Pages that are on a node where there were fewer one sample before."""
    return sum(max(now - then, 0) for name in after.vms
               for then, now in zip(before.vms[name][1], after.vms[name][1]))


def copies(samples):
    """For each interval."""
    return [copied(before, after) for before, after in zip(samples, samples[1:])]


def settled_after(samples):
    """The last interval in which more than a hundredth of the VMs' pages was copied."""
    return max((n for n, pages in enumerate(copies(samples), 1)
                if pages * 100 > samples[n].pages), default=0)


def by_node(samples, nodes):
    """How many VMs have most of their memory on each node, at the end."""
    homes = list(samples[-1].homes.values())
    return [homes.count(node) for node in range(nodes)]


def row(case, config, samples, nodes, cpus):
    first, last = samples[0], samples[-1]
    return {
        "workload": case, "config": config, "accesses": last.all - first.all,
        "offnode": per_thousand(first, last),
        "offnode_settled": per_thousand(samples[len(samples) * 2 // 3], last),
        "moves": changes([sample.homes for sample in samples]),
        "cpu_moves": changes([sample.nodes_of_cpus(cpus // nodes) for sample in samples]),
        "copied_mib": sum(copies(samples)) // PAGE_MIB,
        "settled_after": settled_after(samples),
        "vms_most": max(by_node(samples, nodes)),
        "work": sum(last.work[name] - first.work[name] for name in last.work),
    }


def timeline(case, config, samples, nodes, cpus, hz):
    """What tools/results/timelines draws."""
    pairs = list(zip(samples, samples[1:]))
    return {
        "case": case, "policy": config, "cpus": cpus // nodes,
        "seconds": [round(after.seconds - samples[0].seconds, 1) for _, after in pairs],
        "busy": [[round((after.busy[node] - before.busy[node]) / hz /
                        (after.seconds - before.seconds), 2) for node in range(nodes)]
                 for before, after in pairs],
        "vms": [by_node([after], nodes) for _, after in pairs],
        "offnode": [per_thousand(before, after) for before, after in pairs],
    }
