# SPDX-License-Identifier: GPL-2.0
"""A cpio archive (newc) for the kernel, the same bytes for the same content."""

import stat


class Archive:
    def __init__(self, out):
        self.out = out
        self.inode = 0

    def entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields)
        self.padded(head + name)
        self.padded(data)

    def padded(self, data):
        self.out.write(data)
        self.out.write(b"\0" * (-len(data) % 4))

    def directory(self, name):
        self.entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode):
        self.entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self.entry(name, stat.S_IFLNK | 0o777, target.encode())

    def console(self, name):
        self.entry(name, stat.S_IFCHR | 0o600, rdev=(5, 1))

    def close(self):
        self.inode = -1
        self.entry("TRAILER!!!", 0)
