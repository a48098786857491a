# SPDX-License-Identifier: GPL-2.0
"""The cases of the placement bench: which guests, where they begin, what they do."""

from dataclasses import dataclass

CONFIGS = ("stock", "kernel", "numad", "static", "vmb2011", "tandem", "tandem-follow",
           "tandem-kernel")
NODES = 4
CPUS = 8


@dataclass
class Case:
    name: str
    what: str
    homes: list         # the node that each guest begins on
    mem: int            # MiB of each guest
    hot: int = 0        # MiB that it works over
    load: str = "walk"
    burst: int = 0      # so many of them, the last ones, work now and then alone
    interval: int = 3   # seconds
    count: int = 10     # intervals
    configs: tuple = CONFIGS
    node_mib: int = 1536
    table: bool = False  # balancers say what people read, and it is shown

    @property
    def ideal(self):
        """Where who knows everything would pin them: evenly, and as few moved as can be."""
        room = [(len(self.homes) + NODES - 1 - node) // NODES for node in range(NODES)]
        places = []
        for home in self.homes:
            stays = room[home] > 0
            places.append(home if stays else None)
            room[home] -= stays
        free = (node for node in range(NODES) for _ in range(room[node]))
        return [next(free) if place is None else place for place in places]

    def arguments(self, configs):
        """For host.sh."""
        def words(values):
            return " ".join(map(str, values))
        return ["case=" + self.name, "homes=" + words(self.homes),
                "ideal=" + words(self.ideal), "mem=%d" % self.mem, "hot=%d" % self.hot,
                "load=" + self.load, "burst=%d" % self.burst,
                "interval=%d" % self.interval, "count=%d" % self.count,
                "form=" + ("" if self.table else "--json"),
                "configs=" + words(c for c in self.configs if c in configs)]


# numad looks at no process below 300 MB: the guests of the first case are larger, the
# others smaller, so that one emulated machine carries more of them.
CASES = {case.name: case for case in (
    Case("5-to-1", "six VMs, five of them on one node", [0, 0, 0, 0, 0, 1], 304, 216,
         count=36, node_mib=2560),
    Case("2-of-4", "twelve small VMs on two of four nodes", [0, 1] * 6, 64, 16,
         count=16),
    Case("burst", "four VMs at home, four more on one node for one interval in four",
         [0, 1, 2, 3, 0, 0, 0, 0], 64, 16, burst=4),
    Case("dbench", "six VMs, five on one node, dbench on tmpfs in each",
         [0, 0, 0, 0, 0, 1], 128, load="dbench"),
    Case("quick", "four VMs, all on one node", [0, 0, 0, 0], 64, 16, count=8,
         configs=("stock", "static", "vmb2011", "tandem", "tandem-follow", "tandem-kernel")),
    Case("demo", "the same for a minute and a half, for make demo", [0, 0, 0, 0], 64, 16,
         interval=2, count=12, configs=("stock", "tandem", "tandem-follow", "tandem-kernel"),
         table=True),
)}
