# SPDX-License-Identifier: GPL-2.0
"""A strict reader of TAP and KTAP: what can't be believed counts as failed.

N planned is N seen, numbers run from 1 without a gap, a skip names its reason,
the exit status agrees. Only leaves are counted: a line with subtests before it
stands for them. Indentation makes a subtest, by how much doesn't matter.
"""

import re

RESULT = re.compile(r"^( *)(ok|not ok)\b *(\d*) *-? *(.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+) *(?:# *(.*))?$")
BAIL = re.compile(r"^ *Bail out!(.*)$")
SKIP = re.compile(r"# *skip\b[: ]*(.*)$", re.I)
EXIT_SKIP = 4


class Block:
    """The tests of one level of indentation."""

    def __init__(self, indent):
        self.indent, self.planned, self.seen, self.failed = indent, None, 0, False


class Tap:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.failures, self.skips = [], []
        self.stack = [Block(0)]

    def fail(self, text):
        self.failed += 1
        self.failures.append(text)
        for block in self.stack:
            block.failed = True

    def skip(self, name, reason):
        if not reason:
            return self.fail("%s: skipped without a reason" % name)
        self.skipped += 1
        self.skips.append("%s: %s" % (name, reason))

    def feed(self, line):
        line = line.rstrip()
        for pattern, take in ((PLAN, self.plan), (RESULT, self.result), (BAIL, self.bail)):
            match = pattern.match(line)
            if match:
                return take(*match.groups())

    def open(self, indent):
        if indent > self.stack[-1].indent:
            self.stack.append(Block(indent))
        return self.stack[-1]

    def close(self):
        """The innermost block is complete; its failures are its parents' too."""
        block = self.stack[-1]
        if block.planned is None:
            self.fail("no plan" + self.place())
        elif block.planned != block.seen:
            self.fail("%d planned, %d seen%s" % (block.planned, block.seen, self.place()))
        return self.stack.pop()

    def place(self):
        return " among subtests" if len(self.stack) > 1 else ""

    def plan(self, indent, number, directive):
        block = self.open(len(indent))
        if block.planned is not None:
            return self.fail("a second plan")
        block.planned = int(number)
        reason = SKIP.match("# " + (directive or ""))
        if block.planned == 0 and reason:
            self.skip("all", reason.group(1))
        elif block.planned == 0:
            self.fail("nothing planned" + self.place())

    def result(self, indent, verdict, number, name):
        inner = None
        while self.stack[-1].indent > len(indent):
            inner = self.close()
        block = self.open(len(indent))
        block.seen += 1
        if number != str(block.seen):
            self.fail("number %s where %d was due: %s" % (number or "missing", block.seen, name))
        if inner:
            if verdict != "ok" and not inner.failed:
                self.fail("%s: failed, and no subtest did" % name)
        else:
            self.leaf(verdict, name)

    def leaf(self, verdict, name):
        skipped = SKIP.search(name)
        if verdict != "ok":
            self.fail(name)
        elif skipped:
            self.skip(name[:skipped.start()].strip(), skipped.group(1))
        else:
            self.passed += 1

    def bail(self, reason):
        self.fail("Bail out!" + reason)

    def finish(self, status):
        while self.stack[1:]:
            self.close()
        self.close()
        only_skips = status == EXIT_SKIP and self.skipped and not self.passed
        if status and not self.failed and not only_skips:
            self.fail("exit status %d, and no test failed" % status)


class Plain(Tap):
    """A command whose exit status is its only result: 0 pass, 4 skip."""

    def __init__(self, name):
        super().__init__()
        self.name, self.last = name, ""

    def feed(self, line):
        self.last = line.strip() or self.last

    def finish(self, status):
        if status == 0:
            self.passed += 1
        elif status == EXIT_SKIP:
            said = re.match(r"SKIP:? *(.*)", self.last)
            self.skip(self.name, said and said.group(1))
        else:
            self.fail("%s: exit status %d" % (self.name, status))
