# SPDX-License-Identifier: GPL-2.0
"""The patch tools, on a kernel of two files."""

import os
import shutil
import unittest

from bench import Bench

MAKEFILE = "# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = %d\n"
CODE = "".join("line %d\n" % n for n in range(20))
PATCH = """From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A Developer <dev@example.org>
Date: Thu, 1 Jan 2026 12:00:00 +0000
Subject: [PATCH] KVM: Change a line

Because.

Signed-off-by: A Developer <dev@example.org>
---
 virt/kvm/a.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/virt/kvm/a.c b/virt/kvm/a.c
index 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111 100644
--- a/virt/kvm/a.c
+++ b/virt/kvm/a.c
@@ -8,7 +8,7 @@ line 6
 line 7
 line 8
 line 9
-line 10
+line ten
 line 11
 line 12
 line 13
"""
HEADINGS = "# head\n\n# about KVM\n0001-KVM-Change-a-line.patch\n"


def git(bench, *args):
    return bench.run("git", "-c", "user.name=x", "-c", "user.email=x@y", "-C", "tree", *args)


class Series(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.__exit__)
        self.bench.write("patches/6.12/BASE", "version: 6.12.7-1\n")
        self.bench.write("patches/6.12/series", HEADINGS)
        self.bench.write("patches/6.12/0001-KVM-Change-a-line.patch", PATCH)
        self.bench.write("kernel/virt/kvm/new.c", "new\n")
        self.tree(7, CODE)

    def tree(self, sublevel, code):
        shutil.rmtree(self.bench.path("tree"), ignore_errors=True)
        self.bench.write("tree/Makefile", MAKEFILE % sublevel)
        self.bench.write("tree/virt/kvm/a.c", code)

    def good(self, *command):
        status, said = self.bench.run(*command)
        self.assertEqual(status, 0, said)
        return said

    def bad(self, *command, **env):
        status, said = self.bench.run(*command, **env)
        self.assertNotEqual(status, 0, said)
        self.assertEqual(said.count("\n"), 1, said)  # one sentence
        return said

    def export(self):
        self.good("tools/dev/series-export", "tree")

    def patches(self):
        return sorted(f for f in os.listdir(self.bench.path("patches/6.12")) if f.endswith("patch"))

    def test_applies_and_lays_new_files(self):
        self.good("tools/dev/series-apply", "tree")
        self.assertIn("line ten", self.bench.read("tree/virt/kvm/a.c"))
        self.assertEqual(self.bench.read("tree/virt/kvm/new.c"), "new\n")

    def test_a_second_export_has_the_same_bytes(self):
        self.good("tools/dev/series-apply", "tree")
        self.export()
        first = self.bench.read("patches/6.12/0001-KVM-Change-a-line.patch")
        self.tree(7, CODE)
        self.good("tools/dev/series-apply", "tree")
        self.export()
        self.assertEqual(self.bench.read("patches/6.12/0001-KVM-Change-a-line.patch"), first)
        self.assertEqual(self.bench.read("patches/6.12/series"), HEADINGS)

    def test_attributes_of_the_tree_change_no_byte(self):
        """git's own rule for C heads a hunk by the function, not by the label before it."""
        code = "int f(void)\n{\nout:\n" + CODE.replace("line", "\tline")
        patch = PATCH.replace("@@ -8,7 +8,7 @@ line 6", "@@ -11,7 +11,7 @@ out:")
        patch = patch.replace(" line", " \tline").replace("-line", "-\tline").replace("+line", "+\tline")
        self.bench.write("patches/6.12/0001-KVM-Change-a-line.patch", patch.replace("Change a \tline", "Change a line"))
        said = []
        for attributes in ("", "*.[ch] diff=cpp\n"):
            self.tree(7, code)
            self.bench.write("tree/.gitattributes", attributes)
            self.good("tools/dev/series-apply", "tree")
            self.export()
            said.append(self.bench.read("patches/6.12/0001-KVM-Change-a-line.patch"))
        self.assertIn("@@ out:", said[0])
        self.assertEqual(*said)

    def test_a_new_file_in_a_commit_becomes_code(self):
        self.good("tools/dev/series-apply", "tree")
        self.bench.write("tree/virt/kvm/more.c", "more\n")
        self.bench.write("tree/virt/kvm/a.c", CODE)
        git(self.bench, "add", "-A")
        git(self.bench, "commit", "-m", "KVM: Another")
        self.export()
        self.assertEqual(self.bench.read("kernel/virt/kvm/more.c"), "more\n")
        self.assertEqual(len(self.patches()), 2)
        self.assertNotIn("more.c", self.bench.read("patches/6.12/" + self.patches()[1]))

    def test_conflict_names_patch_and_file(self):
        self.tree(7, CODE.replace("line 10\n", "other\n"))
        said = self.bad("tools/dev/series-apply", "tree")
        self.assertIn("0001-KVM-Change-a-line.patch does not apply to virt/kvm/a.c", said)

    def test_conflict_elsewhere_names_them_too(self):
        self.good("tools/dev/series-apply", "tree")
        self.export()
        git(self.bench, "checkout", "-q", "base")
        git(self.bench, "branch", "-D", "tandem-6.12")
        self.bench.write("tree/Makefile", MAKEFILE % 8)
        self.bench.write("tree/virt/kvm/a.c", CODE.replace("line 10\n", "other\n"))
        git(self.bench, "commit", "-qam", "6.12.8")
        said = self.bad("tools/dev/series-apply", "tree")
        self.assertIn("line.patch does not apply to virt/kvm/a.c (Linux 6.12.8)", said)

    def test_missing_file_is_named(self):
        os.rename(self.bench.path("tree/virt/kvm/a.c"), self.bench.path("tree/virt/kvm/b.c"))
        self.assertIn("virt/kvm/a.c", self.bad("tools/dev/series-stage", "tree", "out"))
        self.assertIn("virt/kvm/a.c", self.bad("tools/dev/series-apply", "tree"))

    def test_not_6_12(self):
        self.bench.write("tree/Makefile", MAKEFILE.replace("12", "13") % 7)
        self.assertIn("is Linux 6.13.7", self.bad("tools/dev/series-apply", "tree"))
        self.assertIn("is Linux 6.13.7", self.bad("tools/dev/source", KSRC=self.bench.path("tree")))

    def test_not_a_kernel(self):
        self.assertIn("not a kernel source tree", self.bad("tools/dev/source", KSRC=self.bench.path("tools")))
        self.assertIn("no such folder", self.bad("tools/dev/source", KSRC="/nowhere"))

    def test_three_way_elsewhere(self):
        """Neighbouring lines differ from BASE: git has BASE's file, and merges."""
        self.good("tools/dev/series-apply", "tree")
        self.export()
        git(self.bench, "checkout", "-q", "base")
        git(self.bench, "branch", "-D", "tandem-6.12")
        self.bench.write("tree/Makefile", MAKEFILE % 8)
        self.bench.write("tree/virt/kvm/a.c", CODE.replace("line 7\n", "seven\n"))
        git(self.bench, "commit", "-qam", "6.12.8")
        self.good("tools/dev/series-apply", "tree")
        self.assertIn("line ten", self.bench.read("tree/virt/kvm/a.c"))
        self.assertIn("export from a tree of BASE", self.bad("tools/dev/series-export", "tree"))

    def test_a_tree_with_changes_is_refused(self):
        self.good("tools/dev/series-apply", "tree")
        self.assertIn("has a branch", self.bad("tools/dev/series-apply", "tree"))
        self.bench.write("tree/virt/kvm/a.c", "changed\n")
        self.assertIn("has changes", self.bad("tools/dev/series-apply", "tree"))
        self.assertIn("has changes", self.bad("tools/dev/series-export", "tree"))


class Headings(unittest.TestCase):
    OLD = "# head\n# scheduler\n0001-a.patch\n0002-b.patch\n\n# KVM\n0003-c.patch\n0004-d.patch\n"

    def expect(self, names, new):
        with Bench() as bench:
            bench.write("old", self.OLD)
            bench.write("names", "\n".join(names))
            said = bench.run("sh", "-c", "tools/dev/series-headings old < names")
        self.assertEqual(said, (0, new))

    def test_same(self):
        self.expect(["0001-a.patch", "0002-b.patch", "0003-c.patch", "0004-d.patch"], self.OLD)

    def test_inserted(self):
        self.expect(["0001-a.patch", "0002-x.patch", "0003-b.patch", "0004-c.patch", "0005-d.patch"],
                    "# head\n# scheduler\n0001-a.patch\n0002-x.patch\n0003-b.patch\n\n"
                    "# KVM\n0004-c.patch\n0005-d.patch\n")

    def test_first_of_a_group_renamed(self):
        self.expect(["0001-a.patch", "0002-b.patch", "0003-x.patch", "0004-d.patch"],
                    "# head\n# scheduler\n0001-a.patch\n0002-b.patch\n0003-x.patch\n\n"
                    "# KVM\n0004-d.patch\n")
