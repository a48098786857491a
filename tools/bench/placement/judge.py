# SPDX-License-Identifier: GPL-2.0
"""What the figures of the placement bench say, and when they are not as they must be."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "results"))
import results  # noqa: E402

# A case in which nothing is off node without anybody's help has nothing to show, and
# pins that don't help are no pins.
STOCK_LEAST = 200
STATIC_MOST = 10

# What Tandem must reach once it has settled, and where: off-node accesses to those of
# nobody balancing, and to those of static pins and of others who balance. These may be
# none at all, which the one per thousand is for.
PILED = ("5-to-1", "2-of-4", "quick")
TO_STOCK = 0.1
# Too short for the balancer to settle in on a machine that does something else, too, and so
# short that a vCPU that is elsewhere for a moment is seen.
SHORT = ("demo",)
TO_STATIC = 1.2
ALLOWANCE = 1

OTHERS = ("kernel", "numad")

# VMs that were placed when they were born need not go anywhere: none of their memory is
# copied, and all has settled within so many intervals.
BORN = "tandem-kernel"
SETTLED_MOST = 2

# Memory of VMs that were there before follows them: as good as what user space does.
FOLLOWS = "tandem-follow"


def settled(doc, case, config):
    found = results.find(doc, case, config)
    return None if found is None else found["offnode_settled"]


def crippled(doc):
    """Sentences about a baseline that proves nothing."""
    for case in results.workloads(doc):
        stock, static = settled(doc, case, results.STOCK), settled(doc, case, "static")
        if case in (*PILED, *SHORT) and stock < STOCK_LEAST:
            yield "%s: only %g of 1000 accesses off node with nobody balancing" % (case, stock)
        if static is not None and static > STATIC_MOST:
            yield "%s: %g of 1000 accesses off node with static pins" % (case, static)


def allowance(doc, case):
    """So many of 1000 accesses may be off node beyond what others leave."""
    return settled(doc, case, results.STOCK) * TO_STOCK if case in SHORT else ALLOWANCE


def worse(doc, who):
    """Sentences about where the worker in the module leaves more than user space does."""
    for case in results.workloads(doc):
        here, tandem = settled(doc, case, who), settled(doc, case, "tandem")
        if None not in (here, tandem) and here > tandem + allowance(doc, case):
            yield "%s: %g of 1000 off node with %s, %g with tandem" % (case, here, who, tandem)


def born(doc):
    """Sentences about what the worker in the module does not reach where VMs are born."""
    for case in results.workloads(doc):
        row = results.find(doc, case, BORN)
        if row is None:
            continue
        if row["copied_mib"] or row["settled_after"] > SETTLED_MOST:
            yield "%s: %s: %d MiB copied, settled after %d intervals" % (
                case, BORN, row["copied_mib"], row["settled_after"])


def short(doc, who):
    """Sentences about what Tandem does not reach."""
    for case in results.workloads(doc):
        tandem, stock = settled(doc, case, who), settled(doc, case, results.STOCK)
        if tandem is None:
            continue
        static = settled(doc, case, "static")
        if case in PILED and tandem > TO_STOCK * stock:
            yield "%s: %g of 1000 off node with %s, %g with nobody balancing" % (
                case, tandem, who, stock)
        if static is not None and tandem > TO_STATIC * static + ALLOWANCE:
            yield "%s: %g of 1000 off node with %s, %g with static pins" % (
                case, tandem, who, static)
        for other in OTHERS:
            there = settled(doc, case, other)
            if there is not None and tandem > there + ALLOWANCE:
                yield "%s: %g of 1000 off node with %s, %g with %s" % (
                    case, tandem, who, there, other)


def complaints(doc):
    """All that makes the bench fail."""
    sentences = [*crippled(doc), *short(doc, "tandem"), *born(doc)]
    for who in (FOLLOWS, BORN):
        sentences += [*short(doc, who), *worse(doc, who)]
    return sentences


def findings(doc, ends):
    """A line for each row: where the VMs were at the end."""
    for row in doc["rows"]:
        yield "%-8s %-8s VMs by node at the end: %s" % (
            row["workload"], row["config"],
            " ".join(map(str, ends[row["workload"], row["config"]])))
