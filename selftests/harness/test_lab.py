# SPDX-License-Identifier: GPL-2.0
"""The lab's own parts that need no machine: what separates output from the record,
what holds TAP to its plan, what is read as an option."""

import os
import sys
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tools/lab"))

from labkit import autopsy, faults, offnode, options, qemu, splats  # noqa: E402
from labkit.channel import Channel  # noqa: E402
from labkit.paths import LabError  # noqa: E402
from labkit.tap import Tap  # noqa: E402

RECORD = b"\nkey status=3 taint=4096 leaks=0 splats=0 end\n"


def through(data, size):
    """What comes out when the channel gives its data in pieces of this size."""
    channel = Channel("key")
    out = b"".join(channel.feed(data[at:at + size]) for at in range(0, len(data), size))
    return out + channel.rest(), channel.record()


class ChannelTest(unittest.TestCase):
    def test_any_pieces(self):
        for size in range(1, 60):
            out, record = through(b"one\n\ntwo\n" + RECORD, size)
            self.assertEqual(out, b"one\n\ntwo\n")
            self.assertEqual(record["status"], 3)

    def test_output_without_newline(self):
        self.assertEqual(through(b"one" + RECORD, 5)[0], b"one")

    def test_no_output(self):
        self.assertEqual(through(RECORD, 7)[0], b"")

    def test_record_cut_anywhere(self):
        for size in range(1, len(RECORD) - 4):
            self.assertIsNone(through(b"one\n" + RECORD[:size], 9)[1])

    def test_record_of_another_key(self):
        other = RECORD.replace(b"key", b"yek")
        self.assertEqual(through(other, 9), (other, None))

    def test_output_after_the_record(self):
        self.assertIsNone(through(RECORD + b"more\n", 9)[1])


class FaultTest(unittest.TestCase):
    """Masked is what an interrupt came upon, not what an exception or an NMI did."""

    def masked(self, entry, flags, cs="0010"):
        return faults.masked(f"[ 1.0]  {entry}+0x16/0x20\n[ 1.0] RIP: {cs}:f+0x1/0x2\n"
                             f"[ 1.0] Code: 07 <48>\n[ 1.0] RSP: 0018:ff EFLAGS: {flags}\n")

    def stuck(self, cpu, rip="svm_vcpu_run"):
        return faults.seen("[ 89.4] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
                           f"[ 89.4] rcu: \t{cpu} idle=f0ec/1/0x4000000000000000\n"
                           f"[ 89.4] RIP: 0010:{rip}+0x271/0x7e0 [kvm_amd]\n") is not None

    def test_stuck(self):
        for cpu in ("0-...0: (537 ticks this GP)", "1-....: (0 ticks this GP)",
                    "1-...!: (17 ticks this GP)", "12-....: (2 GPs behind)"):
            self.assertTrue(self.stuck(cpu))
            self.assertFalse(self.stuck(cpu, "_raw_spin_lock"))
        self.assertFalse(self.stuck("1-....: (5241 ticks this GP)"))

    def test_masked(self):
        for entry in ("asm_sysvec_call_function_single", "asm_common_interrupt"):
            self.assertTrue(self.masked(entry, "00010002"))
            self.assertFalse(self.masked(entry, "00000246"))

    def entered(self, symbol="entry_SYSCALL_64", rsp="00007ffff3423020", flags="00010002"):
        return faults.masked("[ 1.0] traps: PANIC: double fault, error_code: 0x0\n"
                             "[ 1.0] double fault: 0000 [#1] PREEMPT SMP NOPTI\n"
                             f"[ 1.0] RIP: 0010:{symbol}+0x0/0x6e\n[ 1.0] Code: 07 <48>\n"
                             f"[ 1.0] RSP: 0018:{rsp} EFLAGS: {flags}\n")

    def test_masked_on_the_user_s_stack(self):
        for symbol in ("entry_SYSCALL_64", "syscall_return_via_sysret"):
            self.assertTrue(self.entered(symbol))
        self.assertFalse(self.entered("memcpy"))
        self.assertFalse(self.entered(rsp="ffffc90000013d60"))
        self.assertFalse(self.entered(flags="00010202"))

    def test_others(self):
        self.assertFalse(self.masked("asm_exc_nmi", "00010002"))
        self.assertFalse(self.masked("asm_exc_page_fault", "00010046"))
        self.assertFalse(self.masked("? sysvec_apic_timer_interrupt", "00010002"))

    def test_nmi(self):
        asked = "[  85.1] Sending NMI from CPU 3 to CPUs 0-1:\n"
        one, other = "[  85.2] NMI backtrace for cpu 1\n", "[ 96.0] NMI backtrace for cpu 0 skipped\n"
        self.assertTrue(faults.unanswered(asked + one + "[  95.2] more\n"))
        self.assertFalse(faults.unanswered(asked + one + "[  86.9] more\n"))
        self.assertFalse(faults.unanswered(asked + one + other))

    def test_what_is_not_its_frame(self):
        self.assertFalse(faults.masked("asm_sysvec_apic_timer_interrupt+0x1/0x2\n f+0x1/0x2\n"
                                       "RIP: 0010:f+0x1/0x2\nRSP: 0018:ff EFLAGS: 00010002\n"))


class AutopsyTest(unittest.TestCase):
    """What no halted CPU does."""

    HALTED = "RIP=ffffffff8154ab03 RFL=%s [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=%d"
    IN_GUEST = "EIP=00001000 EFL=%s [-------] CPL=0 II=0 A20=1 SMM=0 HLT=%d"

    def look(self, place, irr, ppr):
        return (f"CPU#0\n{place}\n"
                f"dumping local APIC state for CPU 0 \n\nISR\t (none)\nIRR\t {irr}\n\n"
                f"APR 0x01 TPR 0x10 DFR 0x0f LDR 0x00 PPR {ppr}\n")

    def test_a_halted_cpu_with_an_interrupt(self):
        halted = self.HALTED % ("00000246", 1)
        self.assertTrue(autopsy.deaf(self.look(halted, "49 236 (level)", "0x10")))
        for place, irr, ppr in ((self.HALTED % ("00000246", 0), "236", "0x10"),
                                (self.HALTED % ("00000046", 1), "236", "0x10"),
                                (halted, "(none)", "0x10"), (halted, "236", "0xe0")):
            self.assertFalse(autopsy.deaf(self.look(place, irr, ppr)))

    def test_a_guest_that_an_interrupt_does_not_end(self):
        guest = self.IN_GUEST % ("00000002", 0)
        kept = self.look(guest, "236 251 253", "0x10")
        self.assertTrue(autopsy.slept_on([kept, kept]))
        self.assertFalse(autopsy.slept_on([kept, self.look(guest, "(none)", "0x10")]))

    def test_it_was_so_both_times(self):
        self.assertFalse(autopsy.slept_on([]))
        self.assertFalse(autopsy.slept_on(["x"]))


class TapTest(unittest.TestCase):
    def complaint(self, text):
        tap = Tap()
        tap.feed(text)
        return tap.complaint()

    def test_as_planned(self):
        self.assertIsNone(self.complaint(b"1..2\nok 1\nnot ok 2\n"))

    def test_what_cannot_be_believed(self):
        for text in (b"", b"ok 1\n", b"1..2\nok 1\n", b"1..1\nok 1\nok 2\n",
                     b"1..1\nok 1\nBail out!\n"):
            self.assertIsNotNone(self.complaint(text), text)


class OptionsTest(unittest.TestCase):
    def test_options_end_at_the_script(self):
        got = options.parse(["run", "--cpus", "4", "--qemu-opt", "-cpu max", "s.sh",
                             "--cpus", "8"])
        self.assertEqual((got.cpus, got.qemu_opt, got.script, got.args),
                         (4, ["-cpu max"], "s.sh", ["--cpus", "8"]))

    def test_commands_have_arguments(self):
        got = options.parse(["run", "-c", "echo $1", "a b"])
        self.assertEqual((got.commands, got.script, got.args), ("echo $1", None, ["a b"]))

    def test_icount_with_and_without_a_shift(self):
        for words, shift in (([], "1"), (["2"], "2")):
            got = options.parse(["run", "--icount", *words, "s.sh"])
            self.assertEqual((got.icount, got.script), (shift, "s.sh"))

    def test_polling_goes_with_icount_alone(self):
        self.assertEqual(qemu.machine(options.parse(["run", "--icount", "--polling", "s.sh"])),
                         ["-M", "pc,hpet=off"])
        self.assertEqual(qemu.machine(options.parse(["run", "--icount", "s.sh"])), ["-M", "pc"])
        with self.assertRaisesRegex(LabError, "--polling goes with --icount"):
            qemu.machine(options.parse(["run", "--polling", "s.sh"]))


class OffnodeTest(unittest.TestCase):
    def test_only_when_asked_for(self):
        self.assertEqual(offnode.arguments(options.parse(["run", "s.sh"])), [])

    def test_the_machine_is_told(self):
        got = offnode.arguments(options.parse(
            ["run", "--offnode=/x.so", "--cpus", "8", "--nodes", "4", "--mem", "4096", "s.sh"]))
        self.assertTrue(got[1].startswith("/x.so,cpus=8,nodes=4,node-mib=1024,socket="))
        self.assertIn(got[1].rpartition("socket=")[2], got[3])

    def test_what_cannot_be_counted(self):
        for words in (["--bochs=/b"], ["--cpus", "65"], ["--nodes", "9"]):
            with self.assertRaises(LabError):
                offnode.check(options.parse(["run", "--offnode", *words, "s.sh"]))


class SplatTest(unittest.TestCase):
    def test_the_telling_line(self):
        log = "[ 1.0] ------------[ cut here ]------------\n[ 1.0] WARNING: CPU: 0 at x\n"
        self.assertEqual(splats.first(log), "[ 1.0] WARNING: CPU: 0 at x")

    def test_harmless_lines(self):
        for line in ("RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable",
                     "debug: DEBUG: nothing", "rcu: Hierarchical RCU implementation."):
            self.assertIsNone(splats.first(line))


if __name__ == "__main__":
    unittest.main()
