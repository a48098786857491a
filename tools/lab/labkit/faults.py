# SPDX-License-Identifier: GPL-2.0
"""What an emulator did that no machine does, read off what kernels say: the host's, and
the guests' in a script's output. Documentation/testing.rst tells how it comes to that."""

import re

# A CPU that VMRUN does not give back, though interrupts are due that end it: no kernel can
# do that, QEMU's SVM does now and then. RCU sees that it gets no ticks, or answers no IPI.
STUCK = re.compile(r"rcu: INFO: [^\n]*(expedited stalls|stalls[^\n]*\n[^\n]*\(0 ticks this GP\))"
                   r".{,4000}?RIP: 0010:svm_vcpu_run\+", re.S)

# An interrupt in a kernel's backtrace, and the flags of what it came upon. All of these can be
# masked: where IF is clear nobody may have delivered it, KVM and what adds to it no more than
# a machine, for they leave that to VMRUN, and wait for IF before.
TAKEN = re.compile(r"\basm_(?:sysvec_\w+|common_interrupt)\+[^\n]*\n[^\n]*RIP: 0010:[^\n]*\n"
                   r"(?:[^\n]*Code: [^\n]*\n)?[^\n]*EFLAGS: ([0-9a-f]{8})")
IF = 0x200

STALL = "rcu: INFO: "


def masked(text):
    return any(not int(flags, 16) & IF for flags in TAKEN.findall(text))


def seen(text):
    """What it did, or None."""
    if STUCK.search(text):
        return "VMRUN never gave a CPU back"
    if masked(text):
        return "a CPU took an interrupt while they were masked"
    return None


def hangs(console):
    """A machine that will not go on, by such a fault."""
    return STALL in console and seen(console) is not None
