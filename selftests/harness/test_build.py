# SPDX-License-Identifier: GPL-2.0
"""The build tools: progress lines, dropped options, missing packages."""

import unittest

from bench import Bench

# allnoconfig of a kernel that knows only three options
KERNEL = """allnoconfig:
\t@grep -E 'CONFIG_(A|B|NAME)=' $(KCONFIG_ALLCONFIG) >$(O)/.config || true
\t@echo CONFIG_ALWAYS=y >>$(O)/.config
"""


class Tool(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.addCleanup(self.bench.__exit__)


class Config(Tool):
    def config(self, *fragments):
        self.bench.write("src/Makefile", KERNEL)
        for number, text in enumerate(fragments):
            self.bench.write("f%d" % number, text)
        names = ["f%d" % n for n in range(len(fragments))]
        return self.bench.run("tools/dev/kconfig", self.bench.path("src"), self.bench.path("obj"), *names)

    def test_taken(self):
        self.assertEqual(self.config('CONFIG_A=y\nCONFIG_NAME="x y"\n', "CONFIG_B=m\n"), (0, ""))

    def test_the_later_fragment_wins(self):
        self.assertEqual(self.config("CONFIG_A=y\nCONFIG_C=y\n", "# CONFIG_C is not set\n")[0], 0)

    def test_dropped_fails_by_name(self):
        status, said = self.config("CONFIG_A=y\nCONFIG_TUN=y\n")
        self.assertEqual(status, 1)
        self.assertIn("did not take CONFIG_TUN=y", said)

    def test_refused_and_present_fails_by_name(self):
        self.assertIn("CONFIG_ALWAYS=n", self.config("# CONFIG_ALWAYS is not set\n")[1])


class Step(Tool):
    def step(self, script):
        return self.bench.run("tools/dev/step", "t", "a thing", "log", "--", "sh", "-c", script)

    def test_output_goes_to_the_log(self):
        status, said = self.step("echo noise")
        self.assertEqual(status, 0)
        self.assertNotIn("noise", said)
        self.assertEqual(self.bench.read("log"), "noise\n")

    def test_failure_shows_the_end_of_the_log_and_its_name(self):
        status, said = self.step("seq 100; exit 3")
        self.assertEqual(status, 3)
        self.assertIn("FAILED, exit status 3", said)
        self.assertIn("71\n", said)
        self.assertNotIn("70\n", said)
        self.assertIn("the whole log: log", said)

    def test_remembers_time_and_objects(self):
        self.step("echo '  CC      a.o'; echo '  CC [M]  b.o'; echo '  LD      c.o'")
        self.assertEqual(self.bench.read("build/.times/t"), "0 2\n")
        self.assertIn("last time 0:00", self.step("true")[1])


class Deps(Tool):
    """With a package manager of our own, which has or hasn't the source."""

    def deps(self, madison="", installed="", user=1000):
        self.bench.write("patches/6.12/BASE", "version: 6.12.7-1\n")
        self.bench.write("tools/dev/packages", "gcc\tx\nlinux-source-6.12\tx\n")
        for name, script in (("id", "echo %d" % user), ("apt-cache", "printf '%s'" % madison),
                             ("dpkg-query", "printf '%s'" % installed),
                             ("apt-get", "echo apt-get $@; echo $@ >>called")):
            self.bench.write("bin/" + name, "#!/bin/sh\n%s\n" % script)
            self.bench.run("chmod", "+x", "bin/" + name)
        return self.bench.run("sh", "-c", "PATH=$PWD/bin:$PATH tools/dev/deps")

    def source(self, version):
        return "linux-source-6.12 | %s | somewhere\\n" % version

    def test_silent_when_nothing_is_missing(self):
        both = "installed gcc\\ninstalled linux-source-6.12\\n"
        self.assertEqual(self.deps(installed=both), (0, ""))

    def test_names_the_command_to_those_who_are_not_root(self):
        status, said = self.deps(self.source("6.12.7-1"), "installed gcc\\n")
        self.assertEqual(status, 1)
        self.assertTrue(said.endswith("--no-install-recommends linux-source-6.12=6.12.7-1\n"), said)

    def test_a_removed_package_is_missing(self):
        said = self.deps(self.source("6.12.7-1"), "config-files gcc\\n")[1]
        self.assertIn("missing packages: gcc linux-source-6.12", said)

    def test_takes_the_newest_and_says_so(self):
        said = self.deps(self.source("6.12.9-1"))[1]
        self.assertIn("no longer has linux-source-6.12 6.12.7-1", said)
        self.assertTrue(said.endswith("gcc linux-source-6.12\n"), said)

    def test_names_the_source_to_add(self):
        status, said = self.deps()
        self.assertEqual(status, 1)
        self.assertTrue(said.endswith("debian-security bookworm-security main\n"), said)

    def test_root_installs(self):
        status, said = self.deps(self.source("6.12.7-1"), "installed gcc\\n", user=0)
        self.assertEqual(status, 0, said)
        self.assertIn("GB are free", said)
        self.assertIn("install --no-install-recommends linux-source-6.12=6.12.7-1",
                      self.bench.read("called"))
