# SPDX-License-Identifier: GPL-2.0
"""The log folder of a run, build/lab/NAME/, one run at a time in each."""

import fcntl
import re
import shlex
from pathlib import Path

from .paths import BUILD


class Folder:
    def __init__(self, name):
        base = re.sub(r"[^\w.+-]", "-", name)
        for number in range(1, 100):
            self.path = BUILD / "lab" / (base if number == 1 else f"{base}.{number}")
            if self.locked():
                break
        for old in self.path.iterdir():
            if old.is_file() and old.name != "lock":
                old.unlink()
        (self.path / "result").touch()

    def locked(self):
        """A second run of the same name at the same time gets NAME.2."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.path / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __truediv__(self, name):
        return self.path / name

    def keep_command(self, command):
        (self.path / "command").write_text(shlex.join(command) + "\n")

    def drop(self, *names):
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def console(self):
        """The kernel's console, terminal control sequences taken out."""
        file = Path(self.path / "console.log")
        if not file.exists():
            return ""
        text = file.read_bytes().decode("utf-8", "replace")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)
