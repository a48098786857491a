# SPDX-License-Identifier: GPL-2.0
"""The result channel: the script's output, then one record, written last by init.

The record stands alone on the last line and begins with a key that this run
made up, so no output of a script passes for it.
"""

import re


class Channel:
    def __init__(self, key):
        self.mark = b"\n" + key.encode() + b" "
        self.held = b"\n"  # not output: a record may be all there is
        self.first = True
        self.begun = False
        self.record_text = b""

    def feed(self, data):
        """Returns what of the data is output; keeps back what may be the record."""
        if self.begun:
            self.record_text += data
            return b""
        self.held += data
        at = self.held.find(self.mark)
        if at >= 0:
            self.begun = True
            self.record_text = self.held[at + len(self.mark):]
            return self.take(at)
        return self.take(len(self.held) - self.overlap())

    def overlap(self):
        """How many bytes at the end may be the beginning of the record."""
        for size in range(min(len(self.mark), len(self.held)), 0, -1):
            if self.held.endswith(self.mark[:size]):
                return size
        return 0

    def take(self, size):
        out, self.held = self.held[:size], self.held[size:]
        if out and self.first:
            self.first = False
            out = out[1:]
        return out

    def rest(self):
        """What was held back, when nothing more can come."""
        return b"" if self.begun else self.take(len(self.held))

    def record(self):
        """The record as a dict; None where there is none, or a part of one."""
        line = self.record_text.decode("ascii", "replace")
        if not re.fullmatch(r"(\w+=\d+ )+end\s*", line):
            return None
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
