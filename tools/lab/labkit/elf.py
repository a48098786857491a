# SPDX-License-Identifier: GPL-2.0
"""The libraries that a dynamic program needs."""

import re
import subprocess

from .paths import LabError, shown

DYNAMIC = b"\x7fELF"


def libraries(path):
    with open(path, "rb") as file:
        if file.read(4) != DYNAMIC or path.suffix == ".ko":
            return []
    said = subprocess.run(["ldd", str(path)], capture_output=True, text=True)
    if said.returncode:  # static
        return []
    missing = re.findall(r"(\S+) => not found", said.stdout)
    if missing:
        raise LabError(f"{shown(path)} needs {missing[0]}, which isn't installed")
    return re.findall(r"(?:=> |^\t)(/\S+) \(0x", said.stdout, re.M)
