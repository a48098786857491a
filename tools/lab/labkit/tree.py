# SPDX-License-Identifier: GPL-2.0
"""The files of a machine before they become its initramfs."""

import io
import os
from pathlib import Path

from . import cpio, elf
from .paths import LabError, existing


class Tree:
    def __init__(self):
        self.files = {}  # path in the machine: (data, mode), or a link's target
        self.directories = set()

    def text(self, dst, text, mode=0o644):
        self.files[dst] = (text.encode(), mode)

    def data(self, dst, data, mode=0o644):
        self.files[dst] = (data, mode)

    def link(self, dst, target):
        self.files[dst] = target

    def file(self, src, dst):
        """A file, a directory with all in it, or a program with its libraries."""
        src = existing(src, "file")
        if src.is_dir():
            self.directories.add(dst)
            for entry in sorted(src.iterdir()):
                self.file(entry, f"{dst}/{entry.name}")
            return
        mode = 0o755 if os.access(src, os.X_OK) else 0o644
        self.data(dst, src.read_bytes(), mode)
        for library in elf.libraries(src):
            self.data(library, Path(library).read_bytes(), 0o755)

    def merge(self, other):
        self.files.update(other.files)
        self.directories |= other.directories

    def parents(self):
        found = set(self.directories)
        for path in [*self.files, *self.directories]:
            found.update(str(parent) for parent in Path(path).parents)
        return sorted(found - {"/"})

    def write(self, out):
        archive = cpio.Archive(out)
        for path in self.parents():
            archive.directory(path[1:])
        archive.console("dev/console")
        for path, content in sorted(self.files.items()):
            if isinstance(content, str):
                archive.link(path[1:], content)
            else:
                archive.file(path[1:], *content)
        archive.close()

    def packed(self):
        out = io.BytesIO()
        self.write(out)
        return out.getvalue()


def split_spec(spec, default):
    """SRC[:DST] as a pair; without DST the file goes into the folder default."""
    src, _, dst = spec.partition(":")
    if dst and not dst.startswith("/"):
        raise LabError(f"{spec}: the part after the colon is a path in the machine, "
                       "and begins with /")
    return src, dst or f"{default}/{Path(src).resolve().name}"
