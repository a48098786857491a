# SPDX-License-Identifier: GPL-2.0
"""From exits by reason, as the lab counts them, to the metrics of a row."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "results"))
import results  # noqa: E402

PART = {"msr": "exits_msr", "interrupt": "exits_interrupt", "window": "exits_interrupt",
        "preempt_timer": "exits_interrupt", "hlt": "exits_hlt"}


def per_event(exits, events):
    """exits: name to count, as exits_read prints them."""
    parts = dict.fromkeys(results.PARTS, 0)
    for name, count in exits.items():
        if name != "total" and not name.startswith("msr_"):
            parts[PART.get(name, "exits_other")] += count
    row = {name: round(count / events, 4) for name, count in parts.items()}
    row["exits_total"] = round(sum(parts.values()) / events, 4)
    row["deadline_writes"] = round(exits.get("msr_6e0_w", 0) / events, 4)
    row["ipis"] = round(exits.get("msr_830_w", 0) / events, 4)
    return row
