# SPDX-License-Identifier: GPL-2.0
"""What every lab machine has: busybox, init, the library, the small programs."""

import functools
import shlex
import subprocess
from pathlib import Path

from . import splats, tools
from .paths import VM, LabError
from .tree import Tree

BUSYBOX = "/bin/busybox"
PROGRAMS = ["guest-watch", "hmp", "offnode"]


@functools.cache
def applets():
    try:
        return subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True,
                              check=True).stdout.split()
    except OSError:
        raise LabError(f"{BUSYBOX} is missing: install busybox-static") from None


def tree():
    made = Tree()
    made.file(Path(BUSYBOX), BUSYBOX)
    for name in applets():
        if name != "busybox":
            made.link(f"/bin/{name}", "busybox")
    made.data("/init", (VM / "init").read_bytes(), 0o755)
    made.file(VM / "lib.sh", "/lab/lib.sh")
    made.file(VM / "lib", "/lab/lib")
    made.file(VM / "welcome", "/lab/welcome")
    made.text("/lab/splats", "".join(f"{pattern}\n" for pattern in splats.PATTERNS))
    for name in PROGRAMS:
        made.file(tools.program(name), f"/lab/bin/{name}")
    made.directories |= {"/proc", "/sys", "/dev", "/tmp", "/run", "/lab/files", "/lab/modules"}
    return made


def script(made, path, args):
    """/lab/script is what was asked for, /lab/run calls it with its arguments."""
    made.file(path, "/lab/script")
    with open(path, "rb") as file:
        program = file.read(4) == b"\x7fELF"
    words = " ".join(map(shlex.quote, args))
    made.text("/lab/run", f"exec {'' if program else 'sh '}/lab/script {words}\n")
