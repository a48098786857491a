# SPDX-License-Identifier: GPL-2.0
"""Rows of a Debian guest's workloads: sleeps, a busy CPU, bursts that stop the tick."""

import os

import lab
import linux_guest

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST_FILES = os.path.join(lab.TOP, "tools", "bench", "guest")
GUEST = "debian-6.1"
CPUS = 3
STATS = ("agent_wakeups", "agent_ipis", "agent_looks")


def measure(folder):
    """The document; folder is where a program may be built."""
    options = ["--cpus", str(CPUS), "--guest", GUEST,
               "--timeout", "300", "--guest-file", lab.build_program(folder, "selftests/vm/timers.c"),
               "--guest-file", os.path.join(HERE, "workloads"),
               "--file", os.path.join(GUEST_FILES, "guest.sh"),
               "--file", os.path.join(GUEST_FILES, "measure.sh")]
    lines = lab.run("bench-timer-guest", options, os.path.join(HERE, "guest_host.sh"),
                    step=linux_guest.step)
    host = {"kernel": lab.release(), "cpus": CPUS, "nodes": 1, "emulator": "qemu-tcg",
            "icount": None, "guest": GUEST, "command": "tools/bench/timer/bench guest"}
    return {"bench": "timer-guest", "host": host, "rows": linux_guest.rows(lines, STATS)}
