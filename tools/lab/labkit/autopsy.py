# SPDX-License-Identifier: GPL-2.0
"""Where the CPUs of a machine are that hangs, asked of QEMU before it is killed: twice, as
one that stands still is at the same place a second later."""

import hashlib
import json
import re
import socket
import time

from .faults import IF

APART = 1.0  # seconds
PATIENCE = 5.0

PLACE = re.compile(r"\bRIP=(\w+) RFL=(\w+).*\bHLT=(\d)")
PENDING = re.compile(r"^IRR\t *(\d.*)$", re.M)
PRIORITY = re.compile(r"\bPPR 0x(\w+)")
VECTOR = re.compile(r"\d+")


def address(folder):
    """An abstract socket: paths of sockets have a short limit."""
    return "lab-monitor-" + hashlib.sha256(str(folder.path).encode()).hexdigest()[:16]


def arguments(folder):
    """For QEMU."""
    return ["-chardev", f"socket,id=monitor,path={address(folder)},abstract=on,tight=on,"
                        "server=on,wait=off",
            "-qmp", "chardev:monitor"]


class Monitor:
    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect("\0" + address(folder))
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.execute("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def execute(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        answer = {"event": None}
        while "event" in answer:
            answer = json.loads(self.file.readline())
        return answer["return"]

    def human(self, line, cpu=0):
        text = self.execute("human-monitor-command", **{"command-line": line, "cpu-index": cpu})
        return text.replace("\r", "")


def look(monitor, cpus):
    text = monitor.human("info registers -a")
    return text + "".join(monitor.human("info lapic", cpu) for cpu in range(cpus))


def take(folder, cpus):
    """What was seen, and is kept in registers.log; nothing where nobody answers."""
    looks = []
    try:
        with Monitor(folder) as monitor:
            looks.append(look(monitor, cpus))
            time.sleep(APART)
            looks.append(look(monitor, cpus))
    except (OSError, ValueError, KeyError):
        pass
    text = f"\n{'=' * 20} a second later\n".join(looks)
    if text:
        (folder / "registers.log").write_text(text)
    return looks


def sleeper(place, lapic):
    """Halted with interrupts on, though one is pending that is above what it has in service."""
    pending, priority = PENDING.search(lapic), PRIORITY.search(lapic)
    if place[2] != "1" or not int(place[1], 16) & IF or not pending or not priority:
        return False
    highest = max(int(vector) for vector in VECTOR.findall(pending[1]))
    return highest >> 4 > int(priority[1], 16) >> 4


def sleepers(text):
    """CPU and place of each."""
    registers, *lapics = text.split("dumping local APIC state")
    places = PLACE.findall(registers)
    return {(cpu, place[0]) for cpu, (place, lapic) in enumerate(zip(places, lapics))
            if sleeper(place, lapic)}


def slept_on(looks):
    """Did a CPU sleep through an interrupt, both times at the same place?"""
    return len(looks) == 2 and bool(sleepers(looks[0]) & sleepers(looks[1]))
