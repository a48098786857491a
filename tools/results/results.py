# SPDX-License-Identifier: GPL-2.0
"""Results of the demo and the benches; Documentation/results.rst is the prose.

    doc = results.load(path)        read, check
    results.check(doc)              raise ResultsError, which says all that is wrong
    results.save(doc, path)         check, write
    results.ratio(doc, row, name)   against the stock row of the same workload
"""

import json
import math
import os
import re

STOCK = "stock"
EMULATORS = ("qemu-tcg", "bochs", "none", "model")

# What a row counts its exits by. A row with per-event metrics has exactly one.
EVENTS = {
    "timers": "timer interrupts that arrived",
    "round_trips": "messages that went there and back",
    "interrupts": "interrupts sent to the guest, other than timers",
    "idles": "times that a CPU was idle",
    "accesses": "loads and stores of guests",
}

# Per event. The parts add up to exits_total.
PARTS = {
    "exits_msr": "exits for MSR accesses per event",
    "exits_interrupt": "exits for physical interrupts and interrupt windows per event",
    "exits_hlt": "exits for HLT per event",
    "exits_other": "exits for any other reason per event",
}

METRICS = {
    **EVENTS,
    **PARTS,
    "exits_total": "exits per event",
    "deadline_writes": "writes of the TSC-deadline MSR per event",
    "ipis": "writes of the LAPIC's ICR per event",
    "vcpu_ns": "ns that the vCPUs' threads ran; only where time is counted in instructions",
    "neighbour_work": "units that a neighbour on the same CPU got done meanwhile",
    "armed": "timers that the guest armed and did not cancel",
    "lost": "timers armed that never arrived",
    "early": "timers that arrived before their time",
    "arms": "deadlines that the guest's kernel wrote, by page or MSR",
    "announced": "of the arms, those that also took a write of the MSR",
    "stale": "of those, the ones whose lease had run out: the agent was late",
    "agent_wakeups": "expiries of the agent's own timer",
    "agent_ipis": "IPIs that woke a sleeping agent",
    "agent_looks": "looks of agents at a vCPU's page",
    "polled_ns": "ns polled before the wake-up or the halt, per event, by a model",
    "modelled_ns": "ns per event by a model, with the costs that host.command names",
    "poll_from": "vCPUs from which on a polling CPU is cheaper, by the same model",
    "modelled": "throughput by a model, in hundredths of its unit",
    "published": "throughput that somebody measured and published, in hundredths of its unit",
    "modelled_gain": "throughput to that of stock by a model, in thousandths",
    "remote": "of what vCPUs run, the share whose memory is on another node, in 1/10000",
    "remote_settled": "the same, of the last half of the time",
    "moves": "VMs, or vCPUs, that were moved",
    "moves_late": "those in the last half of the time",
    "copied_mib": "memory that was copied between nodes, MiB",
    "settled_s": "simulated seconds until the last move",
    "offnode": "loads and stores that went to another node, of a thousand",
    "offnode_settled": "the same, of the last third of the time",
    "cpu_moves": "vCPUs that ran on another node than one sample before",
    "settled_after": "intervals until the last that copied over 1/100 of the VMs' memory",
    "vms_most": "VMs on the node that has most of them, at the end",
    "work": "what the guests did, in the workload's own unit",
    "late_mean": "guest cycles from a timer's time to its handler, mean; shown, never judged",
    "late_p99": "the same, of the latest but one in a hundred",
}
PER_EVENT = {*PARTS, "exits_total", "deadline_writes", "ipis", "polled_ns",
             "modelled_ns", "offnode", "offnode_settled"}

HOST = {"kernel": str, "cpus": int, "nodes": int, "emulator": str}
HOST_OPTIONAL = {"guest": str, "machine": str, "date": str, "command": str}

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
ROUNDING = 0.01  # the parts of a total may be rounded, each to two digits


class ResultsError(Exception):
    """Sentences, one a line."""


def is_count(value):
    return type(value) is int and value >= 0


def is_number(value):
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def check_host(host):
    if type(host) is not dict:
        yield "host: must be an object"
        return
    for key in sorted(host.keys() - HOST.keys() - HOST_OPTIONAL.keys() - {"icount"}):
        yield "host.%s: no such key" % key
    for key, kind in {**HOST, **HOST_OPTIONAL}.items():
        if key not in host and key in HOST:
            yield "host.%s: missing" % key
        elif key in host and type(host[key]) is not kind:
            yield "host.%s: must be %s" % (key, {str: "a string", int: "a whole number"}[kind])
    if host.get("emulator") not in EMULATORS:
        yield "host.emulator: must be one of %s" % ", ".join(EMULATORS)
    if "icount" not in host or not (host["icount"] is None or is_count(host["icount"])):
        yield "host.icount: must be null, or the shift: a whole number"


def check_value(name, value):
    if name not in METRICS:
        yield "not a metric that Documentation/results.rst has"
    elif not is_number(value):
        yield "must be a finite number, 0 or more, and is %s" % json.dumps(value)
    elif name not in PER_EVENT and not is_count(value):
        yield "must be a whole number, and is %s" % json.dumps(value)


def check_sum(row):
    """Exits that no part has would be exits that nobody sees."""
    if not {*PARTS, "exits_total"} <= row.keys():
        return
    parts = sum(row[part] for part in PARTS)
    if abs(parts - row["exits_total"]) > ROUNDING * (1 + row["exits_total"]):
        yield "exits_total is %g, its parts add up to %g" % (row["exits_total"], parts)


def check_events(row):
    found = [name for name in EVENTS if name in row]
    if PER_EVENT & row.keys() and len(found) != 1:
        yield "exits are per event: exactly one of %s must be there" % ", ".join(EVENTS)


def check_row(row):
    if type(row) is not dict:
        yield ": must be an object"
        return
    for key in ("workload", "config"):
        if type(row.get(key)) is not str or not NAME.fullmatch(row[key]):
            yield ".%s: must be a name (a-z, 0-9, _ . -)" % key
    metrics = {name: row[name] for name in row if name not in ("workload", "config")}
    bad = False
    for name, value in metrics.items():
        for error in check_value(name, value):
            bad = True
            yield ".%s: %s" % (name, error)
    if not bad:
        yield from (": " + error for error in (*check_events(metrics), *check_sum(metrics)))


def check_pairs(rows):
    """Each workload once in each config, and in stock: a ratio needs its base."""
    seen = set()
    for at, row in enumerate(rows):
        pair = row["workload"], row["config"]
        if pair in seen:
            yield "rows[%d]: a second row for %s in %s" % (at, *pair)
        seen.add(pair)
    for workload in sorted({row["workload"] for row in rows}):
        if (workload, STOCK) not in seen:
            yield "rows: %s has no row with config %s" % (workload, STOCK)


def check_rows(rows):
    if type(rows) is not list or not rows:
        yield "rows: must be a list of at least one row"
        return
    errors = ["rows[%d]%s" % (at, error) for at, row in enumerate(rows)
              for error in check_row(row)]
    yield from errors or check_pairs(rows)


def complaints(doc):
    if type(doc) is not dict:
        yield "must be a JSON object"
        return
    for key in sorted(doc.keys() - {"bench", "host", "rows"}):
        yield "%s: no such key" % key
    if type(doc.get("bench")) is not str or not NAME.fullmatch(doc["bench"]):
        yield "bench: must be a name (a-z, 0-9, _ . -)"
    yield from check_host(doc.get("host"))
    yield from check_rows(doc.get("rows"))


def check(doc):
    found = list(complaints(doc))
    if found:
        raise ResultsError("\n".join(found))


def load(path):
    """The document in a file; what is wrong with it names the file."""
    try:
        with open(path) as f:
            doc = json.load(f)
        check(doc)
    except OSError as error:
        raise ResultsError("%s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        raise ResultsError("%s: not JSON: %s" % (path, error)) from None
    except ResultsError as error:
        raise ResultsError("\n".join("%s: %s" % (path, line)
                                     for line in str(error).split("\n"))) from None
    return doc


def save(doc, path):
    """Never half a file, never one that load() would refuse."""
    check(doc)
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".new", "w") as f:
        json.dump(doc, f, indent=1)
        f.write("\n")
    os.replace(path + ".new", path)


def metrics(doc):
    """Those that occur, in the order of METRICS."""
    return [name for name in METRICS if any(name in row for row in doc["rows"])]


def workloads(doc):
    """In the order of the file."""
    return list(dict.fromkeys(row["workload"] for row in doc["rows"]))


def configs(doc):
    """Stock first, then in the order of the file."""
    found = dict.fromkeys([STOCK] + [row["config"] for row in doc["rows"]])
    return list(found)


def find(doc, workload, config):
    """The row, or None."""
    return next((row for row in doc["rows"]
                 if (row["workload"], row["config"]) == (workload, config)), None)


def lead(doc, name=None):
    """The metric to compare by: the one asked for, or the one that says most."""
    have = metrics(doc)
    if name is None:
        return next(m for m in ("exits_total", *have) if m in have)
    if name not in have:
        raise ResultsError("no metric %s; there are: %s" % (name, " ".join(have)))
    return name


def label(doc, name):
    """What the metric means here: per timer, where all events are timers."""
    kinds = [event for event in EVENTS if any(event in row for row in doc["rows"])]
    if len(kinds) != 1:
        return METRICS[name]
    return METRICS[name].replace("per event", "per " + kinds[0][:-1].replace("_", " "))


def ratio(doc, row, name, config=STOCK):
    """row's metric to that of config, or None where there is no such number."""
    base = (find(doc, row["workload"], config) or {}).get(name)
    if not base or name not in row:
        return None
    return row[name] / base
