# SPDX-License-Identifier: GPL-2.0
"""sync keeps what is equal, and takes back what it no longer brings."""

import os
import unittest

from bench import Bench


class Sync(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.__exit__)
        self.bench.write("src/a", "one")
        self.bench.write("src/deep/b", "two")
        self.sync("src", "dst")

    def sync(self, *args):
        status, said = self.bench.run("tools/dev/sync", *args)
        self.assertEqual((status, said), (0, ""))

    def mtime(self, name):
        return os.stat(self.bench.path(name)).st_mtime_ns

    def test_equal_files_are_not_touched(self):
        os.utime(self.bench.path("dst/a"), ns=(1, 1))
        self.bench.write("src/deep/b", "three")
        self.sync("src", "dst")
        self.assertEqual(self.mtime("dst/a"), 1)
        self.assertEqual(self.bench.read("dst/deep/b"), "three")

    def test_gone_files_go_and_objects_stay(self):
        self.bench.write("dst/a.o", "object")
        os.unlink(self.bench.path("src/a"))
        self.sync("src", "dst")
        self.assertFalse(os.path.exists(self.bench.path("dst/a")))
        self.assertEqual(self.bench.read("dst/a.o"), "object")

    def test_gone_files_come_back_from_the_pristine_tree_as_new(self):
        self.bench.write("pristine/a", "zero")
        os.utime(self.bench.path("pristine/a"), ns=(1, 1))
        os.unlink(self.bench.path("src/a"))
        self.sync("--restore", "pristine", "src", "dst")
        self.assertEqual(self.bench.read("dst/a"), "zero")
        self.assertGreater(self.mtime("dst/a"), 1)

    def test_a_linked_file_is_replaced_not_written_into(self):
        self.bench.write("pristine/a", "zero")
        os.unlink(self.bench.path("dst/a"))
        os.link(self.bench.path("pristine/a"), self.bench.path("dst/a"))
        self.sync("src", "dst")
        self.assertEqual(self.bench.read("pristine/a"), "zero")
        self.assertEqual(self.bench.read("dst/a"), "one")
