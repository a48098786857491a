# SPDX-License-Identifier: GPL-2.0
"""tools/dev/same-code says which functions execute more than they did."""

import os
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
TOOL = os.path.join(HERE, "../../tools/dev/same-code")

OLD = """
	test %edi, %edi
	je 1f
	mov %rdi, %rax
	call other
	ret
1:	xor %eax, %eax
	ret
"""
# other registers, a nop, the blocks the other way round, a static key's cold block
SAME = """
	test %ecx, %ecx
2:	nopl 0(%rax,%rax,1)
	jne 1f
	xor %edx, %edx
	ret
1:	mov %rcx, %rbx
	call other
	ret
3:	call cold
	jmp 1b
	.pushsection __jump_table, "aw"
	.long 2b - ., 3b - .
	.quad key - .
	.popsection
"""
# "if (static_branch_likely(key)) return --x; return ++x;", the key off: a jump
LIKELY = """
2:	jmp 3f
	dec %eax
	ret
3:	inc %eax
	ret
	.pushsection __jump_table, "aw"
	.long 2b - ., 3b - .
	.quad key - .
	.popsection
"""


class SameCode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def assemble(self, name, code):
        path = os.path.join(self.folder, name)
        text = ".globl f\n.type f, @function\nf:%s.size f, . - f\n" % code
        subprocess.run(["gcc", "-c", "-x", "assembler", "-", "-o", path], input=text, text=True,
                       check=True)
        return path

    def compare(self, old, new, *keys):
        objects = self.assemble("old.o", old), self.assemble("new.o", new)
        done = subprocess.run([TOOL, *objects, *keys], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done

    def test_what_makes_no_difference(self):
        done = self.compare(OLD, SAME, "key")
        self.assertEqual((done.stdout, done.returncode),
                         ("1 functions, 7 of 7 instructions compared: 0 differ\n", 0))

    def test_a_key_that_may_not_be_there(self):
        done = self.compare(OLD, SAME, "another")
        self.assertIn("1 differ", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_what_no_way_leads_to(self):
        done = self.compare(OLD + "\tnot %eax\n", OLD)
        self.assertIn("7 of 8 instructions", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_behind_keys_of_both(self):
        """Of a key that is off by default, one way is that of its jump."""
        more = LIKELY.replace("dec", "dec %eax\n\tdec")
        self.assertEqual(self.compare(LIKELY, LIKELY).returncode, 0)
        self.assertIn("f: not as many", self.compare(LIKELY, more).stdout)

    def test_an_instruction_more(self):
        for at in ("\ttest", "\tcall", "\txor"):
            done = self.compare(OLD, OLD.replace(at, "\tmov %rax, %rbx\n" + at))
            self.assertEqual(done.returncode, 1, at)
            self.assertTrue(done.stdout.startswith("f: "), done.stdout)

    def test_a_jump_more(self):
        self.assertEqual(self.compare(OLD, OLD.replace("1:\t", "1:\tjmp 4f\n\tud2\n4:\t")).returncode, 1)

    def test_another_call_or_condition(self):
        self.assertEqual(self.compare(OLD, OLD.replace("other", "else")).returncode, 1)
        self.assertEqual(self.compare(OLD, OLD.replace("je", "js")).returncode, 1)
        self.assertEqual(self.compare(OLD, OLD.replace("je", "jne")).returncode, 1)

    def test_a_function_that_is_gone(self):
        old, new = self.assemble("old.o", OLD), self.assemble("new.o", OLD)
        subprocess.run(["objcopy", "--redefine-sym", "f=g", new], check=True)
        done = subprocess.run([TOOL, old, new], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("f: is not there", done.stdout)


if __name__ == "__main__":
    unittest.main()
