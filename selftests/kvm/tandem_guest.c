// SPDX-License-Identifier: GPL-2.0
/* The guest's half of what our KVM selftests share. */
#include "tandem_guest.h"

struct guest_params params;
struct guest_cpu guest_cpus[MAX_CPUS];

u64 entry_gpa(u64 id)
{
	return ENTRY_GPA + id / ENTRIES_PER_PAGE * 4096 +
	       id % ENTRIES_PER_PAGE * sizeof(struct tandem_entry);
}

void apic_write(u32 reg, u32 value)
{
	if (me()->xapic)
		xapic_write_reg(reg, value);
	else
		x2apic_write_reg(reg, value);
}

u32 apic_read(u32 reg)
{
	return me()->xapic ? xapic_read_reg(reg) : x2apic_read_reg(reg);
}

/* A write through MMIO and one of the deadline MSR are not ordered by themselves. */
void write_lvtt(u32 value)
{
	apic_write(APIC_LVTT, value);
	asm volatile("mfence" ::: "memory");
}

static void count_early(struct guest_cpu *cpu, u64 early)
{
	cpu->early++;
	if (early <= cpu->early_max)
		return;
	cpu->early_max = early;
	cpu->early_last = cpu->last;
	cpu->early_before = cpu->before;
}

static void count_late(struct guest_cpu *cpu, u64 late)
{
	if (late > cpu->late_max)
		cpu->late_max = late;
	if (params.late_us && late > us_to_tsc(params.late_us))
		cpu->late++;
}

/*
 * STI keeps interrupts off until after the HLT that follows. QEMU's SVM forgets
 * that when a VM exit comes between (VMRUN does not load the VMCB's interrupt
 * shadow): the interrupt is then taken before the HLT, which nothing would end.
 */
static void skip_hlt(struct ex_regs *regs)
{
	if (regs->rip == (u64)guest_hlt)
		regs->rip++;
}

/*
 * QEMU's SVM keeps an interrupt that VMRUN injected until the guest's next exit: if
 * something else stops it before, the interrupt is taken once more, and that one the
 * LAPIC knows nothing of.
 */
static bool in_service(void)
{
	return apic_read(APIC_ISR + VECTOR / 32 * 0x10) >> VECTOR % 32 & 1;
}

void guest_on_timer(struct ex_regs *regs)
{
	struct guest_cpu *cpu = me();
	u64 now = rdtsc();

	skip_hlt(regs);
	if (cpu->off || !in_service()) {
		cpu->phantoms++;
		return;
	}
	if (cpu->deadline && now < cpu->deadline)
		count_early(cpu, cpu->deadline - now);
	else if (cpu->deadline)
		count_late(cpu, now - cpu->deadline);
	WRITE_ONCE(cpu->fired, cpu->fired + 1);
	apic_write(APIC_EOI, 0);
}

/*
 * Bochs 3 delivers this one when a notification finds nothing posted; without an
 * EOI it would keep all others off.
 */
void guest_on_spurious(struct ex_regs *regs)
{
	apic_write(APIC_EOI, 0);
}

/* What an earlier registration left there must not be taken for armed. */
void guest_register(void)
{
	write_deadline(me()->entry, 0);
	GUEST_ASSERT(!write_tandem_msr((u64)me()->entry | TANDEM_ENABLE));
}

/**
 * guest_start() - set up this vCPU's timer; interrupts are on afterwards
 * @id:		the vCPU's number
 * @page:	register its entry, and arm by it
 */
void guest_start(u64 id, bool page)
{
	struct guest_cpu *cpu = &guest_cpus[id];

	cpu->self = cpu;
	cpu->entry = (struct tandem_entry *)entry_gpa(id);
	cpu->use_page = page;
	cpu->random = id + 1;
	wrmsr(MSR_GS_BASE, (u64)cpu);
	x2apic_enable();
	write_lvtt(APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	/* Touches handler, IDT and stack before an interrupt has to. */
	asm volatile("int %0" :: "i"(VECTOR));
	cpu->phantoms = 0;
	if (page)
		guest_register();
	asm volatile("sti");
}

static void arm_page(struct guest_cpu *cpu, u64 tsc)
{
	u64 now = rdtsc(), lease;

	write_deadline(cpu->entry, tsc);
	lease = READ_ONCE(cpu->entry->host.lease);
	cpu->last.lease = lease;
	cpu->last.earliest = READ_ONCE(cpu->entry->host.earliest);
	if (now < lease && tsc >= cpu->last.earliest)
		return;
	cpu->last.announced = true;
	cpu->announced++;
	cpu->stale += now >= lease;
	wrmsr(MSR_IA32_TSC_DEADLINE, tsc);
}

static u64 interrupts_off(void)
{
	u64 flags;

	asm volatile("pushf; pop %0; cli" : "=r"(flags) :: "memory");
	return flags;
}

static void interrupts_restore(u64 flags)
{
	asm volatile("push %0; popf" :: "r"(flags) : "memory", "cc");
}

/*
 * Never the same value twice in a row: that is how the host knows a new one. With
 * interrupts off, so that none arrives between the page's write and the MSR's.
 */
void arm_at(u64 tsc)
{
	struct guest_cpu *cpu = me();
	u64 flags = interrupts_off();

	if (tsc == cpu->deadline)
		tsc++;
	WRITE_ONCE(cpu->deadline, tsc);
	cpu->arms++;
	cpu->before = cpu->last;
	cpu->last = (struct arming){ .deadline = tsc, .at = rdtsc() };
	if (cpu->use_page)
		arm_page(cpu, tsc);
	else
		wrmsr(MSR_IA32_TSC_DEADLINE, tsc);
	interrupts_restore(flags);
}

void arm_us(u64 us)
{
	arm_at(rdtsc() + us_to_tsc(us));
}

void cancel(void)
{
	struct guest_cpu *cpu = me();
	u64 flags = interrupts_off();

	WRITE_ONCE(cpu->deadline, 0);
	write_deadline(cpu->entry, 0);
	if (READ_ONCE(cpu->entry->host.lease) == TANDEM_LEASE_NEVER)
		wrmsr(MSR_IA32_TSC_DEADLINE, 0);
	interrupts_restore(flags);
}

/* Returns true once @until_fired timers fired, false when the time was up first. */
bool spin_us(u64 us, u64 until_fired)
{
	u64 start = rdtsc(), cycles = us_to_tsc(us);

	while (rdtsc() - start < cycles)
		if (fired() >= until_fired)
			return true;
	return fired() >= until_fired;
}

/* No machine is later than ten seconds, so it is lost. */
void wait_fired(u64 n)
{
	struct guest_cpu *cpu = me();
	struct tandem_entry *entry = cpu->entry;

	__GUEST_ASSERT(spin_us(10000000, n),
		       "lost: %lu fired of %lu, armed %lu by the %s, announced %lu, now %lu, the page's: %llu, earliest %llu, lease %llu",
		       fired(), n, cpu->deadline, cpu->use_page ? "page" : "MSR",
		       cpu->announced, rdtsc(), entry->guest.deadline,
		       entry->host.earliest, entry->host.lease);
}

void none_early(void)
{
	struct guest_cpu *cpu = me();
	struct arming *last = &cpu->early_last, *before = &cpu->early_before;

	__GUEST_ASSERT(!cpu->early,
		       "%lu of %lu early, by %lu cycles of %lu kHz at most; that one was armed at %lu for %lu, lease %lu, earliest %lu%s, the one before at %lu for %lu, lease %lu, earliest %lu%s",
		       cpu->early, cpu->fired, cpu->early_max, params.khz,
		       last->at, last->deadline, last->lease, last->earliest,
		       last->announced ? ", announced" : "",
		       before->at, before->deadline, before->lease, before->earliest,
		       before->announced ? ", announced" : "");
}

/* There is only one of it. */
static noinline void halt(void)
{
	asm volatile(".globl guest_hlt\n\tsti\nguest_hlt:\thlt" ::: "memory");
}

/* A lost timer is the end of this: the test's time limit reports it. */
void halt_until_fired(u64 n)
{
	for (;;) {
		asm volatile("cli");
		if (fired() >= n)
			break;
		halt();
	}
	asm volatile("sti");
}

/* One that is to be counted: whatever arrives until settle() is its. */
void arm_counted(u64 us)
{
	me()->counted++;
	arm_us(us);
}

void settle(u64 fired_before, u64 early_before)
{
	struct guest_cpu *cpu = me();

	cpu->counted_fired += fired() - fired_before;
	cpu->counted_early += cpu->early - early_before;
}

void halt_us(u64 us)
{
	u64 before = fired(), early = me()->early;

	arm_counted(us);
	halt_until_fired(before + 1);
	settle(before, early);
}

u64 guest_random(void)
{
	struct guest_cpu *cpu = me();

	cpu->random = cpu->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return cpu->random >> 33;
}

/**
 * guest_count_timers() - arm one after the other and wait for each
 * @count:	how many
 * @min_us:	the shortest
 * @max_us:	longer than the longest
 *
 * Fails at the first that is lost, comes twice or early.
 */
void guest_count_timers(u64 count, u64 min_us, u64 max_us)
{
	u64 before = fired(), settled = before, early = me()->early;

	for (u64 i = 0; i < count; i++) {
		arm_counted(min_us + guest_random() % (max_us - min_us));
		wait_fired(before + i + 1);
		settle(settled, early);
		settled = fired();
		early = me()->early;
		GUEST_ASSERT_EQ(settled, before + i + 1);
	}
	none_early();
}
