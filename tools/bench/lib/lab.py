# SPDX-License-Identifier: GPL-2.0
"""A bench's or the demo's run of the lab: its lines, and progress on the way."""

import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
LAB = os.path.join(TOP, "tools", "lab", "lab")


class LabFailed(Exception):
    """The lab turned red; its own words are on stderr already."""


def release(kernel="host"):
    """The release of a lab kernel."""
    with open(os.path.join(TOP, "build", kernel, "obj", "include", "config",
                           "kernel.release")) as f:
        return f.read().strip()


def build_program(folder, source):
    """A static program for the lab in a folder, from a source in this tree."""
    program = os.path.join(folder, os.path.basename(source)[:-len(".c")])
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static",
                    os.path.join(TOP, source), "-o", program], check=True)
    return program


def say(seconds, text):
    print("%4d s  %s" % (seconds, text), flush=True)


def run(name, options, script, args=(), step=None, take=None):
    """The lines that the script prints; take(line) has each as it comes. "step TEXT"
    lines are shown as progress, and so is what step(words) makes of others, if it makes
    anything of them."""
    command = [LAB, "run", "--name", name, *options, script, *args]
    lines = []
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as done:
        for line in done.stdout:
            lines.append(line)
            if take:
                take(line)
            words = line.split()
            text = " ".join(words[1:]) if words[:1] == ["step"] else step and step(words)
            if text:
                say(time.monotonic() - start, text)
    sys.stdout.flush()
    if done.returncode:
        raise LabFailed("the lab failed; its last words are above, the rest in build/lab/%s/"
                        % name)
    return lines
