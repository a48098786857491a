/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The page that a Tandem host and its guest share, one entry per vCPU.
 * Documentation/guest-host-abi.rst is the prose to this file.
 */
#ifndef TANDEM_ABI_H
#define TANDEM_ABI_H

#include <linux/types.h>

/*
 * Reading the MSR returns TANDEM_MAGIC | version on a host that has Tandem.
 * One that ignores unknown MSRs returns 0, any other injects #GP.
 *
 * Writing it registers the entry of the vCPU that writes: bits 63..7 are the
 * guest-physical address, bits 6..1 are reserved and 0, bit 0 enables. The
 * whole entry must lie in one 4 KiB page of ordinary guest RAM. Writing 0
 * unregisters. Anything else is #GP, and what was registered stays.
 */
#ifndef MSR_KVM_TANDEM
#define MSR_KVM_TANDEM		0x4b564dc0
#endif
#define TANDEM_MAGIC		0x54616e64656d0000ULL	/* "Tandem" */
#define TANDEM_MAGIC_MASK	0xffffffffffff0000ULL
#define TANDEM_VERSION		1
#define TANDEM_ENABLE		1ULL
#define TANDEM_RESERVED		0x7eULL
#define TANDEM_ALIGN		128

/* host.features: what this host does for this vCPU. Unknown bits mean nothing. */
#define TANDEM_F_TIMER		(1U << 0)	/* the exitless timer */
#define TANDEM_F_POLL		(1U << 1)	/* says what polling while idle is worth */

/* flags.flags: why the guest shall not poll just now. Unknown bits mean nothing. */
#define TANDEM_PRESSURE		(1U << 0)	/* another task wants this vCPU's CPU */
#define TANDEM_SIBLING_BUSY	(1U << 1)	/* no reason to stop: the price has it */

/* host.lease: the host promises nothing; each deadline goes through the MSR. */
#define TANDEM_LEASE_NEVER	0ULL

/**
 * struct tandem_guest_line - written by the guest only
 * @deadline:	guest TSC at which the guest wants its LAPIC timer interrupt;
 *		0 = none. Never the same value twice in a row. Written by the
 *		vCPU with a full barrier after it (xchg), then it reads
 *		host.lease and host.earliest; pairs with the host's barrier
 *		between publishing those two and reading @deadline.
 * @features:	what the guest makes use of (TANDEM_F_*); a hint
 * @polled_ns:	how long the vCPU has polled while idle, ns, since it registered;
 *		written after each poll. The host counts it against the VM's
 *		budget, and believes no more than could be.
 * @reserved:	0. Room for what the guest is doing, a lock-holder hint and a
 *		virtual node.
 */
struct tandem_guest_line {
	__u64 deadline;
	__u32 features;
	__u32 reserved0;
	__u64 polled_ns;
	__u64 reserved[13];
};

/**
 * struct tandem_host_line - written by the host at each look, read at each arm
 * @lease:	guest TSC until which the host's promise holds. Once it has
 *		passed, or is TANDEM_LEASE_NEVER, deadlines are announced by a
 *		write of MSR_IA32_TSC_DEADLINE with the value of the page.
 * @earliest:	guest TSC of the host's next look at the page: a deadline before
 *		it is announced by MSR too. Written before @lease and read after
 *		it, so whoever sees a new lease sees its earliest.
 * @features:	what the host does for this vCPU (TANDEM_F_*), set on registration
 * @version:	TANDEM_VERSION of the host
 * @reserved:	0
 */
struct tandem_host_line {
	__u64 lease;
	__u64 earliest;
	__u32 features;
	__u32 version;
	__u64 reserved[13];
};

/**
 * struct tandem_flags_line - written by the host on change only, polled by guests
 * @flags:	TANDEM_PRESSURE and others. Raised from any context of the host, and
 *		lowered when the vCPU is entered or looked at.
 * @price:	of polling, per mille of the CPU time that it takes
 * @poll_max_ns: poll no longer than this in one idle; 0 = do not poll
 * @budget_ns:	poll until guest.polled_ns is this, and no more; the host raises it
 * @poll_min_ns: poll at least this long, as far as @poll_max_ns goes
 * @halt_cost_ns: what a halt costs here, to be weighed against @price
 * @reserved:	0
 *
 * Valid where host.features has TANDEM_F_POLL. Each field is written by itself: who
 * reads several may see some of them old, once. None of them is a promise.
 */
struct tandem_flags_line {
	__u32 flags;
	__u32 price;
	__u64 poll_max_ns;
	__u64 budget_ns;
	__u32 poll_min_ns;
	__u32 halt_cost_ns;
	__u64 reserved[12];
};

/**
 * struct tandem_entry - what one vCPU shares with its host
 * @guest:	the guest's words
 * @host:	the timer's lease
 * @flags:	what changes rarely
 *
 * Each part is 128 bytes, two cache lines that prefetchers take as one, so that
 * nobody polls a line which somebody else keeps writing.
 */
struct tandem_entry {
	struct tandem_guest_line guest;
	struct tandem_host_line host;
	struct tandem_flags_line flags;
} __attribute__((aligned(128)));

#define TANDEM_AT(type, field, at)					\
	_Static_assert(__builtin_offsetof(struct type, field) == (at),	\
		       #type "." #field " moved")
TANDEM_AT(tandem_guest_line, deadline, 0);
TANDEM_AT(tandem_guest_line, features, 8);
TANDEM_AT(tandem_guest_line, polled_ns, 16);
TANDEM_AT(tandem_guest_line, reserved, 24);
TANDEM_AT(tandem_host_line, lease, 0);
TANDEM_AT(tandem_host_line, earliest, 8);
TANDEM_AT(tandem_host_line, features, 16);
TANDEM_AT(tandem_host_line, version, 20);
TANDEM_AT(tandem_host_line, reserved, 24);
TANDEM_AT(tandem_flags_line, flags, 0);
TANDEM_AT(tandem_flags_line, price, 4);
TANDEM_AT(tandem_flags_line, poll_max_ns, 8);
TANDEM_AT(tandem_flags_line, budget_ns, 16);
TANDEM_AT(tandem_flags_line, poll_min_ns, 24);
TANDEM_AT(tandem_flags_line, halt_cost_ns, 28);
TANDEM_AT(tandem_flags_line, reserved, 32);
TANDEM_AT(tandem_entry, guest, 0);
TANDEM_AT(tandem_entry, host, 128);
TANDEM_AT(tandem_entry, flags, 256);
_Static_assert(sizeof(struct tandem_entry) == 384, "tandem_entry grew");
#undef TANDEM_AT

#endif /* TANDEM_ABI_H */
