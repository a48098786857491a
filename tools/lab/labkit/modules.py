# SPDX-License-Identifier: GPL-2.0
"""Kernel modules: which file is which, and what each depends on."""

import lzma
import subprocess
from pathlib import Path

from .paths import LabError, existing, shown


def name_of(path):
    return Path(path).name.split(".ko")[0].replace("-", "_")


def depends(path):
    said = subprocess.run(["modinfo", "-F", "depends", str(path)],
                          capture_output=True, text=True)
    if said.returncode:
        raise LabError(f"{shown(path)} is no kernel module: {said.stderr.strip()}")
    return [name.replace("-", "_") for name in said.stdout.strip().split(",") if name]


def index(folder):
    """Every module below a folder, by name."""
    files = [*Path(folder).rglob("*.ko"), *Path(folder).rglob("*.ko.xz")]
    return {name_of(path): path for path in sorted(files)}


def closure(known, names):
    """The modules of these names and all they depend on, dependencies first.

    A name that isn't known is built in, or not there at all: insmod will tell.
    """
    order = {}

    def visit(name):
        if name in order or name not in known:
            return
        for other in depends(known[name]):
            visit(other)
        order[name] = known[name]

    for name in names:
        visit(name)
    return order


def content(path):
    data = Path(path).read_bytes()
    return lzma.decompress(data) if str(path).endswith(".xz") else data


def place(tree, files, boot=()):
    """Put module files into /lab/modules, with the lists that lib.sh reads."""
    lines = []
    for name, path in files.items():
        path = existing(path, "module")
        tree.data(f"/lab/modules/{name}.ko", content(path))
        lines.append(" ".join([name, f"{name}.ko", *depends(path)]))
    tree.text("/lab/modules.dep", "".join(line + "\n" for line in lines))
    tree.text("/lab/modules.boot", "".join(name + "\n" for name in boot))
