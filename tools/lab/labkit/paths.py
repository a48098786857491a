# SPDX-License-Identifier: GPL-2.0
"""Where things are, and how the lab says that something is wrong."""

from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
ROOT = LAB.parent.parent
BUILD = ROOT / "build"
VM = LAB / "vm"


class LabError(Exception):
    """The lab can't do what was asked; the text says what to do about it."""


class Skip(Exception):
    """What the run needs isn't there; the text is the reason."""


def shown(path):
    """A path as short as it can be said."""
    path = Path(path).resolve()
    for base in (Path.cwd(), ROOT):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)


def existing(path, what):
    path = Path(path)
    if not path.exists():
        raise LabError(f"{what} {shown(path)} is missing")
    return path
