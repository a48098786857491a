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

PLACE = re.compile(r"\b(?P<width>[RE])IP=(?P<at>\w+) [RE]FL=(?P<flags>\w+)"
                   r".*\bHLT=(?P<halted>\d)")
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


def due(lapic):
    """Is an interrupt pending that is above what the CPU has in service?"""
    pending, priority = PENDING.search(lapic), PRIORITY.search(lapic)
    if not pending or not priority:
        return False
    highest = max(int(vector) for vector in VECTOR.findall(pending[1]))
    return highest >> 4 > int(priority[1], 16) >> 4


def takes_all(place):
    """Is it where nothing keeps a CPU from an interrupt: halted with them on, or in a guest? KVM
    has them on when it enters one, and what is not in long mode is one."""
    return place["width"] == "E" or place["halted"] == "1" and int(place["flags"], 16) & IF


def deaf(text):
    """CPU and place of each that has an interrupt due and would take it."""
    registers, *lapics = text.split("dumping local APIC state")
    places = PLACE.finditer(registers)
    return {(cpu, place["at"]) for cpu, (place, lapic) in enumerate(zip(places, lapics))
            if takes_all(place) and due(lapic)}


def slept_on(looks):
    """Did a CPU sleep through an interrupt, both times at the same place?"""
    return len(looks) == 2 and bool(deaf(looks[0]) & deaf(looks[1]))
