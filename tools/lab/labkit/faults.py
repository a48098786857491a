# SPDX-License-Identifier: GPL-2.0
"""What an emulator did that no machine does, read off what kernels say: the host's, and
the guests' in a script's output. Documentation/testing.rst tells how it comes to that."""

import re

# A CPU that VMRUN does not give back, though interrupts are due that end it: no kernel can
# do that, QEMU's SVM does now and then. RCU sees that it answers no IPI: of an expedited
# grace period, or the one that it sends halfway to a stall, for which there is a digit in
# place of a dot. Or it had no ticks, or few in 21 s, or has not heard of the grace period.
STUCK = re.compile(r"rcu: INFO: [^\n]*(expedited stalls|stalls[^\n]*\n"
                   r"[^\n]*(\b\d+-...\d: |\(\d{1,2} ticks this GP\)|\(\d+ GPs behind\)))"
                   r".{,4000}?RIP: 0010:svm_vcpu_run\+", re.S)

# An interrupt in a kernel's backtrace, and the flags of what it came upon. All of these can be
# masked: where IF is clear nobody may have delivered it, KVM and what adds to it no more than
# a machine, for they leave that to VMRUN, and wait for IF before.
TAKEN = re.compile(r"\basm_(?:sysvec_\w+|common_interrupt)\+[^\n]*\n[^\n]*RIP: 0010:[^\n]*\n"
                   r"(?:[^\n]*Code: [^\n]*\n)?[^\n]*EFLAGS: ([0-9a-f]{8})")
# The same where a system call begins or ends, on the user's stack still: that is no place to
# push to, which is the second fault. With IF clear, only an interrupt or an exception would, and
# nothing raises one there.
ENTRY = re.compile(r"PANIC: double fault.{,1500}?"
                   r"RIP: 0010:(?:entry_SYSCALL_64|syscall_return_via_sysret|entry_SYSRETQ)\w*\+[^\n]*\n"
                   r"(?:[^\n]*Code: [^\n]*\n)?[^\n]*RSP: 0018:0000[0-9a-f]{12} EFLAGS: ([0-9a-f]{8})",
                   re.S)
IF = 0x200

# An NMI that a CPU does not answer in the 10 s that its kernel waits for it: not even one
# that spins with interrupts off may refuse it. It never left VMRUN, or GIF stayed clear.
ASKED = re.compile(r"\[ *(\d+)\.\d+\] Sending NMI from CPU \d+ to CPUs ([\d,-]+):")
ANSWER = re.compile(r"NMI backtrace for cpu (\d+)\b")
TIME = re.compile(r"^\[ *(\d+)\.\d+\]", re.M)
PATIENCE = 10

STANDS = re.compile(r"rcu: INFO: |INFO: task .* blocked for more than")


def masked(text):
    upon = TAKEN.findall(text) + ENTRY.findall(text)
    return any(not int(flags, 16) & IF for flags in upon)


def expand(cpus):
    """A list such as "0,2-3" as a set of words."""
    ends = [part.split("-") for part in cpus.split(",")]
    return {str(cpu) for part in ends for cpu in range(int(part[0]), int(part[-1]) + 1)}


def unanswered(text):
    for asked in ASKED.finditer(text):
        rest = text[asked.end():]
        times = TIME.findall(rest)
        waited = int(times[-1]) - int(asked[1]) if times else 0
        if waited >= PATIENCE and expand(asked[2]) - set(ANSWER.findall(rest)):
            return True
    return False


def seen(text):
    """What it did, or None."""
    if STUCK.search(text):
        return "VMRUN never gave a CPU back"
    if masked(text):
        return "a CPU took an interrupt while they were masked"
    if unanswered(text):
        return "a CPU did not take an NMI"
    return None


def hangs(console):
    """A machine that will not go on, by such a fault."""
    return STANDS.search(console) is not None and seen(console) is not None
