# SPDX-License-Identifier: GPL-2.0
"""The small C programs that run inside, compiled when their source is newer."""

import os
import subprocess

from .paths import BUILD, VM, LabError, shown


def program(name):
    source = VM / f"{name}.c"
    binary = BUILD / "lab" / "bin" / name
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    fresh = binary.with_suffix(f".{os.getpid()}")  # labs may run side by side
    said = subprocess.run(["cc", "-static", "-O2", "-Wall", "-Werror", "-o", str(fresh),
                           str(source)], capture_output=True, text=True)
    if said.returncode:
        raise LabError(f"{shown(source)} doesn't compile:\n{said.stderr}")
    fresh.rename(binary)
    return binary
