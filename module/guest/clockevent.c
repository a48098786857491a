// SPDX-License-Identifier: GPL-2.0
/*
 * Taking over the clock event device "lapic-deadline", which is the kernel's own
 * and stays what it is: its vector, handler and rating are kept, only arming and
 * stopping it goes through the page.
 *
 * The device is found by a probe on the function that arms it. All CPUs' devices
 * are one per-CPU variable, so that one hit serves them all.
 */
#include <linux/clockchips.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <asm/barrier.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "guest.h"

#define ARM_FUNCTION	"lapic_next_deadline"
#define DEVICE_NAME	"lapic-deadline"

/* Cycles of the device are 8 TSC cycles: TSC_DIVISOR of the kernel's apic.c. */
#define TSC_DIVISOR	8

/* Arms with a dead lease until a CPU registers again, doubled each time. */
#define STALE_MIN	16
#define STALE_MAX	4096

/**
 * struct tandem_clockevent - this CPU's taken device
 * @evt:	the device, NULL = not taken
 * @last:	the last deadline armed: the next one must differ
 * @stale:	arms since the host gave a lease
 * @patience:	how many of them until the next registration
 * @set_next_event: the kernel's own callback, to be put back
 * @set_state_shutdown: likewise
 * @set_state_oneshot: likewise
 * @set_state_oneshot_stopped: likewise
 */
struct tandem_clockevent {
	struct clock_event_device *evt;
	u64 last;
	unsigned int stale;
	unsigned int patience;
	int (*set_next_event)(unsigned long evt, struct clock_event_device *dev);
	int (*set_state_shutdown)(struct clock_event_device *dev);
	int (*set_state_oneshot)(struct clock_event_device *dev);
	int (*set_state_oneshot_stopped)(struct clock_event_device *dev);
};

static DEFINE_PER_CPU(struct tandem_clockevent, taken);

/* CPU 0's offset taken off: the address that per_cpu_ptr() wants. */
static struct clock_event_device __percpu *devices;

/*
 * The host lost this CPU's registration (a reset, a migration), or its agent is
 * gone. Registering again is harmless where it is still there.
 */
static void lease_is_dead(struct tandem_clockevent *ce)
{
	if (++ce->stale < ce->patience)
		return;
	ce->stale = 0;
	ce->patience = min_t(unsigned int, ce->patience * 2, STALE_MAX);
	if (tandem_host_present())
		tandem_entry_register();
}

static void lease_is_alive(struct tandem_clockevent *ce)
{
	ce->stale = 0;
	ce->patience = STALE_MIN;
}

/* Called with interrupts off, as all of a clock event device's callbacks. */
static int arm(unsigned long delta, struct clock_event_device *evt)
{
	struct tandem_clockevent *ce = this_cpu_ptr(&taken);
	struct tandem_entry *entry = tandem_entry();
	u64 now = rdtsc(), deadline, lease;

	deadline = now + (u64)delta * TSC_DIVISOR;
	if (deadline == ce->last)
		deadline++;
	ce->last = deadline;
	tandem_count(TANDEM_ARMS);

	/*
	 * xchg is a full barrier, on one CPU too, where a LOCK prefix is patched
	 * out: the host is another one. Pairs with the smp_mb() between
	 * publishing and reading there.
	 */
	xchg(&entry->guest.deadline, deadline);
	lease = READ_ONCE(entry->host.lease);
	/* A new lease comes with its earliest: the host writes them in reverse. */
	virt_rmb();
	if (now < lease) {
		lease_is_alive(ce);
		if (deadline >= READ_ONCE(entry->host.earliest))
			return 0;
	} else {
		tandem_count(TANDEM_STALE);
		lease_is_dead(ce);
	}
	tandem_count(TANDEM_ANNOUNCEMENTS);
	wrmsrl(MSR_IA32_TSC_DEADLINE, deadline);
	return 0;
}

static int cancel(struct clock_event_device *evt)
{
	struct tandem_entry *entry = tandem_entry();

	tandem_count(TANDEM_CANCELS);
	xchg(&entry->guest.deadline, 0);
	/* Only then may KVM's own timer hold it. */
	if (READ_ONCE(entry->host.lease) == TANDEM_LEASE_NEVER)
		wrmsrl(MSR_IA32_TSC_DEADLINE, 0);
	return 0;
}

/* LVTT stays unmasked while the device is ours: nothing to do, and no exit. */
static int start(struct clock_event_device *evt)
{
	return 0;
}

static void swap_callbacks(struct tandem_clockevent *ce)
{
	swap(ce->set_next_event, ce->evt->set_next_event);
	swap(ce->set_state_shutdown, ce->evt->set_state_shutdown);
	swap(ce->set_state_oneshot, ce->evt->set_state_oneshot);
	swap(ce->set_state_oneshot_stopped, ce->evt->set_state_oneshot_stopped);
}

static bool is_ours(struct clock_event_device *evt)
{
	return evt->name && !strcmp(evt->name, DEVICE_NAME);
}

static void take(void)
{
	struct tandem_clockevent *ce = this_cpu_ptr(&taken);
	struct clock_event_device *evt = this_cpu_ptr(devices);
	struct tandem_entry *entry = tandem_entry();
	u64 armed;

	if (ce->evt || !is_ours(evt))
		return;
	rdmsrl(MSR_IA32_TSC_DEADLINE, armed);
	memset(entry, 0, sizeof(*entry));
	entry->guest.features = TANDEM_F_TIMER | tandem_idle_features();
	WRITE_ONCE(entry->guest.deadline, armed);
	if (tandem_entry_register())
		return;
	*ce = (struct tandem_clockevent) {
		.evt = evt,
		.last = armed,
		.patience = STALE_MIN,
		.set_next_event = arm,
		.set_state_shutdown = cancel,
		.set_state_oneshot = start,
		.set_state_oneshot_stopped = cancel,
	};
	swap_callbacks(ce);
	/* A stopped device is masked in LVTT; from now on it never is. */
	ce->set_state_oneshot(evt);
}

/**
 * tandem_clockevent_take() - take over this CPU's device
 *
 * What is armed stays armed. Nothing happens where the CPU uses another device,
 * or the host refuses.
 *
 * Context: bound to the CPU.
 */
void tandem_clockevent_take(void)
{
	unsigned long flags;

	local_irq_save(flags);
	take();
	local_irq_restore(flags);
}

static bool stopped(struct clock_event_device *evt)
{
	return evt->state_use_accessors == CLOCK_EVT_STATE_SHUTDOWN ||
	       evt->state_use_accessors == CLOCK_EVT_STATE_ONESHOT_STOPPED ||
	       evt->state_use_accessors == CLOCK_EVT_STATE_DETACHED;
}

static void give_back(void)
{
	struct tandem_clockevent *ce = this_cpu_ptr(&taken);

	if (!ce->evt)
		return;
	tandem_entry_unregister();
	swap_callbacks(ce);
	if (stopped(ce->evt))
		ce->evt->set_state_shutdown(ce->evt);
	ce->evt = NULL;
}

/**
 * tandem_clockevent_give_back() - give this CPU's device back to the kernel
 *
 * What is armed stays armed: the host hands it to KVM's own timer.
 *
 * Context: bound to the CPU.
 */
void tandem_clockevent_give_back(void)
{
	unsigned long flags;

	local_irq_save(flags);
	give_back();
	local_irq_restore(flags);
}

/**
 * tandem_clockevents_taken() - was any CPU's device taken?
 */
bool tandem_clockevents_taken(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (READ_ONCE(per_cpu(taken, cpu).evt))
			return true;
	return false;
}

static struct clock_event_device *hit;

static int probe_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct clock_event_device *evt = (void *)regs_get_kernel_argument(regs, 1);

	WRITE_ONCE(devices, (void __percpu __force *)
		   ((unsigned long)evt - __per_cpu_offset[smp_processor_id()]));
	WRITE_ONCE(hit, evt);
	return 0;
}

static struct kprobe probe = {
	.symbol_name = ARM_FUNCTION,
	.pre_handler = probe_hit,
};

/* Sleeping arms this CPU's timer, unless its tick happens to serve. */
static bool wait_for_hit(void)
{
	int i;

	for (i = 0; i < 200 && !READ_ONCE(hit); i++)
		usleep_range(1000, 1100);
	return READ_ONCE(hit);
}

/**
 * tandem_clockevents_find() - find the kernel's clock event devices
 *
 * Context: may sleep.
 * Return: 0, or -ENODEV where this kernel has no device to be taken over.
 */
int tandem_clockevents_find(void)
{
	bool found;
	int ret;

	ret = register_kprobe(&probe);
	if (ret)
		return -ENODEV;
	found = wait_for_hit();
	unregister_kprobe(&probe);
	return found && is_ours(hit) ? 0 : -ENODEV;
}
