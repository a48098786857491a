# SPDX-License-Identifier: GPL-2.0
"""Recorded systems: trees/NAME.tree is one file that holds many.

    == /path/of/a/file         what follows, up to the next ==, is its content
    == /path/of/a/folder/      an empty folder
    == /path/ MODE             either may have an octal mode

Lines that begin with # before the first == are comments.
"""

import os

TREES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "trees")
MARK = "== "


def names():
    return sorted(name[:-5] for name in os.listdir(TREES) if name.endswith(".tree"))


def parse(text):
    """(path, mode or None, content) of each entry."""
    entries = []
    for line in text.splitlines(keepends=True):
        if line.startswith(MARK):
            path, *mode = line[len(MARK):].split()
            entries.append((path, int(mode[0], 8) if mode else None, []))
        elif entries:
            entries[-1][2].append(line)
    return entries


def write(path, content):
    if path.endswith("/"):
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write("".join(content))


def unpack(name, root):
    """Modes last: a folder may be closed that still has to be filled."""
    os.makedirs(root)
    with open(os.path.join(TREES, name + ".tree")) as f:
        entries = parse(f.read())
    for path, _, content in entries:
        write(root + path, content)
    for path, mode, _ in entries:
        if mode is not None:
            os.chmod(root + path, mode)
