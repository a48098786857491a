# SPDX-License-Identifier: GPL-2.0
"""What the figures of the idle bench say, and when they say nothing."""

from exits import results

TANDEM = ("tandem", "tandem-idle", "tandem-timer", "tandem-off")

# A row of Tandem may take what stock does, and 2 % of it. The host's ticks come by
# time, beside that: four in a hundred events of 100 us.
MORE = 1.02
OWN = 0.1


def stock(doc, row):
    return results.find(doc, row["workload"], results.STOCK)


def costly(doc):
    """Sentences about rows where Tandem took more than stock; idle ones are few exits."""
    for row in doc["rows"]:
        base = stock(doc, row)["exits_total"]
        if row["config"] in TANDEM and row["workload"] != "idle" and \
                row["exits_total"] > MORE * base + OWN:
            yield "%s, %s: %.2f exits per event, %.2f on stock" % (
                row["workload"], row["config"], row["exits_total"], base)


def lost(doc):
    for row in doc["rows"]:
        if row.get("lost"):
            yield "%s, %s: %d lost" % (row["workload"], row["config"], row["lost"])


def complaints(doc):
    """All that makes the bench fail."""
    return [*costly(doc), *lost(doc)]


def ratios(doc, workload, metric):
    """The metric in each configuration, as a multiple of stock's."""
    for config in results.configs(doc):
        row = results.find(doc, workload, config)
        if config != results.STOCK and row and metric in row:
            yield "%.3f %s" % (results.ratio(doc, row, metric, results.STOCK), config)


def findings(doc):
    """A sentence for each workload."""
    for workload in results.workloads(doc):
        rows = [results.find(doc, workload, config) for config in results.configs(doc)]
        yield "%-13s exits: %s" % (workload + ":", ", ".join(
            "%.2f %s" % (row["exits_total"], row["config"]) for row in rows if row))
        if workload.startswith("beside"):
            yield "%-13s neighbour, of beside stock: %s" % (
                "", ", ".join(ratios(doc, workload, "neighbour_work")))
        if workload == "idle":
            yield "%-13s vCPUs ran, of stock: %s" % (
                "", ", ".join(ratios(doc, workload, "vcpu_ns")))
