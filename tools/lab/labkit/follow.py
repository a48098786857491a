# SPDX-License-Identifier: GPL-2.0
"""Run an emulator and pass on what comes through the result channel, live."""

import ctypes
import os
import signal
import subprocess
import sys
import time

from . import autopsy, faults

PR_SET_PDEATHSIG = 1
POLL = 0.03
GRACE = 30  # seconds between the record and the end of the emulator
LOOK = 10  # seconds between looks at the console


def die_with_parent():
    """However the runner ends, it leaves no emulator behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Follower:
    def __init__(self, folder, channel, tap, options):
        self.folder = folder
        self.cpus = options.cpus
        self.file = open(folder / "result", "rb")
        self.channel = channel
        self.tap = tap
        self.deadline = time.monotonic() + options.timeout
        self.next_look = time.monotonic() + LOOK
        self.timed_out = False
        self.hangs = False  # for good, by the emulator's fault
        self.slept = False  # a CPU did, through an interrupt
        self.output = bytearray()
        self.crash = None  # the signal that ended the emulator, if it wasn't ours

    def run(self, command, log):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=die_with_parent)
        try:
            self.until_end(process)
            if process.poll() is None:
                self.slept = autopsy.slept_on(autopsy.take(self.folder, self.cpus))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            elif process.returncode < 0:
                self.crash = signal.Signals(-process.returncode).name
        self.emit(self.channel.feed(self.file.read()))
        self.emit(self.channel.rest())

    def until_end(self, process):
        graced = False
        while process.poll() is None:
            self.emit(self.channel.feed(self.file.read()))
            if self.channel.begun and not graced:
                graced = True
                self.deadline = min(self.deadline, time.monotonic() + GRACE)
            if time.monotonic() > self.deadline:
                self.timed_out = True
                return
            if self.look():
                return
            time.sleep(POLL)

    def look(self):
        """Is it in vain to wait until the deadline?"""
        if time.monotonic() < self.next_look:
            return False
        self.next_look = time.monotonic() + LOOK
        self.hangs = faults.hangs(self.folder.console())
        return self.hangs

    def said(self):
        """What the script said, and guests' kernels through it."""
        return self.output.decode(errors="replace")

    def emit(self, data):
        if data:
            self.output += data
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            self.tap.feed(data)
