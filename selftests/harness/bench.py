# SPDX-License-Identifier: GPL-2.0
"""A folder with a copy of tools/dev, which takes it for the top of the tree."""

import os
import shutil
import subprocess
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


class Bench:
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="tandem-harness-")
        shutil.copytree(os.path.join(ROOT, "tools", "dev"), self.path("tools/dev"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def run(self, *command, **env):
        """Runs a command in the folder: its exit status and all it printed."""
        done = subprocess.run(command, cwd=self.top, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "KSRC": "", **env})
        return done.returncode, done.stdout
