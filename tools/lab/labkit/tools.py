# SPDX-License-Identifier: GPL-2.0
"""The small C programs that run inside, and the plugin, compiled when their source is
newer."""

import os
import subprocess

from .paths import BUILD, VM, LabError, shown

WARNINGS = ["-O2", "-Wall", "-Werror"]


def compiled(binary, sources, flags):
    """sources: all that makes it newer; those that end with .c are compiled."""
    newest = max(source.stat().st_mtime for source in sources)
    if binary.exists() and binary.stat().st_mtime >= newest:
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    fresh = binary.with_suffix(f".{os.getpid()}")  # labs may run side by side
    files = [str(source) for source in sources if source.suffix == ".c"]
    said = subprocess.run(["cc", *WARNINGS, *flags, "-o", str(fresh), *files],
                          capture_output=True, text=True)
    if said.returncode:
        raise LabError(f"{shown(sources[0])} doesn't compile:\n{said.stderr}")
    fresh.rename(binary)
    return binary


def program(name):
    return compiled(BUILD / "lab" / "bin" / name, [VM / f"{name}.c"], ["-static"])


def plugin(folder):
    """All sources of a folder are one plugin."""
    return compiled(BUILD / "lab" / "bin" / "offnode.so", sorted(folder.glob("*.[ch]")),
                    ["-shared", "-fPIC", "-fvisibility=hidden", "-pthread"])
