# SPDX-License-Identifier: GPL-2.0
"""What the figures of the timer bench say, and when they say nothing."""

from exits import results

# Exits per timer of a bare guest on stock KVM, measured by hand with nothing of
# Tandem present: on AMD without AVIC arming, the host's interrupt and the EOI, with
# APIC virtualisation arming and the preemption timer. The one of the expiry is
# spared where the time of a short timer has come before its guest runs on.
STOCK = {"qemu-tcg": 3.0, "bochs": 2.0}
SHORT = {"qemu-tcg": ("20us", "50us", "100us"), "bochs": ("20us", "50us")}
TOLERANCE = 0.1

# A row of Tandem may take what stock does, and 2 % of it. Beside them the host has
# interrupts of its own on the vCPU's CPU, in any configuration, that come by time:
# each second the scheduler's remote tick for a nohz_full CPU makes two exits, an IPI
# and one tick, and a row takes up to some seconds.
MORE = 1.02
OWN = 10

TANDEM = ("tandem", "tandem-poll")


def stock(doc, workload):
    return results.find(doc, workload, results.STOCK)


def expected(doc, workload):
    """From, to."""
    emulator = doc["host"]["emulator"]
    known = STOCK[emulator]
    least = known - 1 if workload in SHORT[emulator] else known
    return least * (1 - TOLERANCE), known * (1 + TOLERANCE)


def crippled(doc):
    """Sentences about stock figures that are not what stock costs."""
    for workload in results.workloads(doc):
        total = stock(doc, workload)["exits_total"]
        least, most = expected(doc, workload)
        if not least <= total <= most:
            yield "%s on stock: %.2f exits per timer, expected %.2f to %.2f" % (
                workload, total, least, most)


def costly(doc):
    """Sentences about rows where Tandem took more than stock."""
    for row in doc["rows"]:
        base = stock(doc, row["workload"])["exits_total"]
        allowed = MORE * base + OWN / row["timers"]
        if row["config"] in TANDEM and row["exits_total"] > allowed:
            yield "%s, %s: %.2f exits per timer, %.2f on stock" % (
                row["workload"], row["config"], row["exits_total"], base)


def lost(doc):
    for row in doc["rows"]:
        for name in ("lost", "early"):
            if row.get(name):
                yield "%s, %s: %d %s" % (row["workload"], row["config"], row[name], name)


def complaints(doc):
    """All that makes the bench fail."""
    bare = "guest" not in doc["host"]
    return [*(crippled(doc) if bare else ()), *costly(doc), *lost(doc)]


def findings(doc):
    """A sentence for each workload."""
    for workload in results.workloads(doc):
        rows = [results.find(doc, workload, config) for config in results.configs(doc)]
        yield "%-9s exits per timer: %s" % (workload + ":", ", ".join(
            "%.2f %s" % (row["exits_total"], row["config"]) for row in rows if row))
