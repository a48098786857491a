# SPDX-License-Identifier: GPL-2.0
"""From what a run left behind to an exit status and a sentence."""

import re

from . import faults, splats
from .paths import shown

RED = 125
EMULATOR = 124
HANG = 123


def last_line(console):
    lines = [line for line in console.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "(nothing)"


def fault(follower, folder):
    """What the emulator did that no machine does, or None. A kernel that is wrong says so
    before all three of its exceptions fail, and does it again."""
    if follower.crash:
        return f"it crashed by {follower.crash}"
    console, resets = folder.console(), folder / "resets.log"
    if "Kernel panic" not in console and resets.exists() and \
            "Triple fault" in resets.read_text(errors="replace"):
        return "a CPU met a triple fault"
    if follower.slept:
        return "a CPU that was halted, or in a guest, slept through an interrupt"
    return faults.seen(console) or faults.seen(follower.said())


def emulator_said(folder):
    text = (folder / "emulator.log").read_text(errors="replace").strip()
    return f"; the emulator said: {text.splitlines()[-1]}" if text else ""


def registers(folder):
    return " and registers.log" if (folder / "registers.log").exists() else ""


def no_record(follower, folder, console, timeout):
    """Why init didn't get to write the record."""
    panic = re.search(r"Kernel panic - not syncing.*", console)
    where = shown(folder / "console.log")
    if panic:
        return f"the kernel panicked: {splats.first(console)}; see {where}"
    if follower.hangs:
        return f"hang: killed; see {where}"
    if follower.timed_out:
        return (f"hang: no result within {timeout} s, killed; the console's last line is "
                f"\"{last_line(console)}\"; see {where}{registers(folder)}")
    if follower.channel.begun:
        return f"the result record is cut short; see {where}"
    return ("the machine ended without a result (silent exit); see "
            f"{where}{emulator_said(folder)}")


def damage(record, options, folder, console):
    """What makes a run red although the script came to its end, or None."""
    where = shown(folder / "console.log")
    splat = splats.first(console)
    if record["leaks"]:
        return f"kmemleak found {record['leaks']} unreferenced objects; see {where}"
    if splat or record["splats"]:
        return f"the kernel log has a splat: {splat or '(see dmesg)'}; see {where}"
    bad = record["taint"] & ~options.allow_taint
    if bad:
        return (f"the kernel is tainted {record['taint']}, of which {bad} is not in "
                f"--allow-taint {options.allow_taint}; see {where}")
    return None


def stuck(follower, folder):
    if follower.timed_out:
        return ("the script ended, but the machine did not power off, and was killed; see "
                f"{shown(folder / 'console.log')}")
    return None


def judge_run(follower, options, folder):
    console = folder.console()
    record = follower.channel.record()
    if record is None:
        return RED, no_record(follower, folder, console, options.timeout)
    bad = damage(record, options, folder, console) or stuck(follower, folder)
    if bad:
        return RED, bad
    if options.tap and record["status"] != 4:
        bad = follower.tap.complaint()
        if bad:
            return RED, bad
        if follower.tap.failed and not record["status"]:
            return 1, f"{follower.tap.failed} of {follower.tap.seen} tests failed"
    return record["status"], None


def only_hung(follower, folder):
    """Nothing else is known to be wrong."""
    broken = follower.tap.failed or splats.first(folder.console())
    return follower.timed_out and not broken


def judge(follower, options, folder):
    """(exit status, sentence or None)"""
    status, sentence = judge_run(follower, options, folder)
    what = fault(follower, folder) if status == RED or options.tap and status == 1 else None
    if what:
        return EMULATOR, f"the emulator: {what}; {sentence or 'tests failed'}"
    if status == RED and only_hung(follower, folder):
        return HANG, sentence
    return status, sentence
