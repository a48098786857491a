/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that consists of nothing but the code of a test: it arms its LAPIC
 * timer by the page or by the MSR, and counts what arrives.
 */
#ifndef TANDEM_GUEST_H
#define TANDEM_GUEST_H

#include "apic.h"
#include "processor.h"
#include "tandem_abi.h"

#define APIC_ISR		0x100
#define VECTOR			0xec
#define SPURIOUS_VECTOR		0xff
#define MAX_CPUS		512
#define ENTRY_GPA		0x10000000ULL
#define ENTRIES_PER_PAGE	(4096 / sizeof(struct tandem_entry))

/**
 * struct arming - one deadline, and what the guest saw when it armed it
 * @deadline:	it
 * @at:		then it was armed
 * @earliest:	of the entry
 * @lease:	of the entry; 0 by the MSR alone, too
 * @announced:	by the MSR as well
 */
struct arming {
	u64 deadline;
	u64 at;
	u64 earliest;
	u64 lease;
	bool announced;
};

/**
 * struct guest_cpu - what one vCPU keeps and counts; the VMM may read it at any time
 * @self:	found through %gs
 * @entry:	where its entry is
 * @use_page:	arm by the page; otherwise by the MSR alone
 * @xapic:	its LAPIC is in xAPIC mode
 * @off:	its LAPIC is off, so that it can't be asked what it delivered
 * @stop:	the VMM wants the guest's code to come to its end
 * @deadline:	armed last; 0 where what arrives next has no time of its own
 * @arms:	deadlines armed
 * @announced:	of those, the ones that also took a write of the MSR
 * @stale:	of those, the ones whose lease had run out
 * @fired:	interrupts that arrived
 * @early:	of those, the ones before their deadline
 * @early_max:	the earliest came so many TSC cycles before its deadline
 * @last:	armed last
 * @before:	armed before that
 * @early_last:	@last, when the earliest came
 * @early_before: @before, when the earliest came
 * @phantoms:	interrupts that the LAPIC did not deliver: the emulator's fault
 * @late_max:	the latest came so many TSC cycles after its deadline
 * @late:	came more than &guest_params.late_us after it
 * @random:	state of guest_random()
 * @counted:	timers armed one after the other, each waited for before the next
 * @counted_fired: the interrupts that arrived meanwhile
 * @counted_early: of those, the ones before their deadline
 */
struct guest_cpu {
	struct guest_cpu *self;
	struct tandem_entry *entry;
	bool use_page;
	bool xapic;
	bool off;
	bool stop;
	u64 deadline;
	u64 arms;
	u64 announced;
	u64 stale;
	u64 fired;
	u64 early;
	u64 early_max;
	struct arming last;
	struct arming before;
	struct arming early_last;
	struct arming early_before;
	u64 phantoms;
	u64 late_max;
	u64 late;
	u64 random;
	u64 counted;
	u64 counted_fired;
	u64 counted_early;
} __attribute__((aligned(128)));

/**
 * struct guest_params - what the VMM tells all vCPUs; copied when a VM is created
 * @khz:	the guest's TSC
 * @use_page:	arm by the page
 * @count:	how many times whatever the test does
 * @us:		a period
 * @late_us:	timers later than this are counted
 */
struct guest_params {
	u64 khz;
	bool use_page;
	u64 count;
	u64 us;
	u64 late_us;
};

extern struct guest_params params;
extern struct guest_cpu guest_cpus[MAX_CPUS];
extern const char guest_hlt[];

/* This vCPU's; only after guest_start(). */
static inline struct guest_cpu *me(void)
{
	struct guest_cpu *cpu;

	asm volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static inline u64 us_to_tsc(u64 us)
{
	return us * params.khz / 1000;
}

static inline u64 fired(void)
{
	return READ_ONCE(me()->fired);
}

static inline u8 write_tandem_msr(u64 value)
{
	return wrmsr_safe(MSR_KVM_TANDEM, value);
}

/* xchg is the full barrier that the protocol asks for. */
static inline void write_deadline(struct tandem_entry *entry, u64 tsc)
{
	asm volatile("xchg %0, %1" : "+r"(tsc), "+m"(entry->guest.deadline) :: "memory");
}

u64 entry_gpa(u64 id);
void apic_write(u32 reg, u32 value);
u32 apic_read(u32 reg);
void write_lvtt(u32 value);
void guest_on_timer(struct ex_regs *regs);
void guest_on_spurious(struct ex_regs *regs);
void guest_start(u64 id, bool page);
void guest_register(void);
void arm_at(u64 tsc);
void arm_us(u64 us);
void cancel(void);
bool spin_us(u64 us, u64 until_fired);
void wait_fired(u64 n);
void none_early(void);
void arm_counted(u64 us);
void settle(u64 fired_before, u64 early_before);
void halt_until_fired(u64 n);
void halt_us(u64 us);
u64 guest_random(void);
void guest_count_timers(u64 count, u64 min_us, u64 max_us);

#endif
