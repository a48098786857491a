// SPDX-License-Identifier: GPL-2.0
/*
 * The VMs, from their creation on, and what one costs: agents' time, and polling. A guest
 * that makes agents look as often as they can is plain KVM for a while, and nobody else is
 * late. One that has polled for as long as it may halts for a while.
 */
#include <linux/seq_file.h>

#include "tandem.h"
#include "stats.h"
#include "trace.h"

static DEFINE_MUTEX(vms_lock);
static LIST_HEAD(vms);
static unsigned int serial;	/* vms_lock */

static struct tandem_vm *find_vm(struct kvm *kvm)
{
	struct tandem_vm *vm;

	lockdep_assert_held(&vms_lock);
	list_for_each_entry(vm, &vms, node)
		if (vm->kvm == kvm)
			return vm;
	return NULL;
}

static struct tandem_vm *to_vm(struct kobject *kobj)
{
	return container_of(kobj, struct tandem_vm, dir.kobj);
}

static void release(struct kobject *kobj)
{
	tandem_numa_free(to_vm(kobj));
	kfree(to_vm(kobj));
}

static const struct attribute_group *vm_groups[] = {
	&tandem_idle_knob_group, &tandem_numa_group, NULL
};

static const struct kobj_type vm_type = {
	.release = release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = vm_groups,
};

/* kvm->userspace_pid is not set yet where a VM is being created. */
static pid_t vmm_of(struct kvm *kvm)
{
	pid_t pid;

	return sscanf(kvm->stats_id, "kvm-%d", &pid) == 1 ? pid : 0;
}

static struct tandem_vm *new_vm(struct kvm *kvm)
{
	struct tandem_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);

	lockdep_assert_held(&vms_lock);
	if (!vm)
		return NULL;
	vm->kvm = kvm;
	vm->pid = vmm_of(kvm);
	raw_spin_lock_init(&vm->lock);
	tandem_numa_init(vm);
	if (tandem_idle_dir_add(&vm->dir, &vm_type, vm->pid, ++serial)) {
		kobject_put(&vm->dir.kobj);
		return NULL;
	}
	list_add_tail(&vm->node, &vms);
	return vm;
}

static void remove(struct tandem_vm *vm)
{
	/* Waits for who writes to its files, and he for vcpus_lock: without any lock. */
	kobject_del(&vm->dir.kobj);
	kobject_put(&vm->dir.kobj);
}

/**
 * tandem_vm_get() - the record of a VM, for one more of its vCPUs
 * @kvm:	the VM
 *
 * Context: may sleep.
 * Return: the record, NULL without memory.
 */
struct tandem_vm *tandem_vm_get(struct kvm *kvm)
{
	struct tandem_vm *vm;

	guard(mutex)(&vms_lock);
	vm = find_vm(kvm) ?: new_vm(kvm);
	if (vm)
		vm->vcpus++;
	return vm;
}

/**
 * tandem_vm_put() - one of its vCPUs is gone
 * @vm:		from tandem_vm_get()
 *
 * Context: may sleep, without vcpus_lock. No agent looks at that vCPU any more.
 */
void tandem_vm_put(struct tandem_vm *vm)
{
	scoped_guard(mutex, &vms_lock) {
		if (--vm->vcpus || vm->known)
			return;
		list_del(&vm->node);
	}
	remove(vm);
}

static struct tandem_vm *know(struct kvm *kvm)
{
	struct tandem_vm *vm;

	guard(mutex)(&vms_lock);
	vm = find_vm(kvm) ?: new_vm(kvm);
	if (vm)
		vm->known = true;
	return vm;
}

/**
 * tandem_vm_created() - there is a VM more
 * @kvm:	it; nobody else can reach it yet
 *
 * Without memory it goes without a record, until one of its vCPUs registers.
 *
 * Context: who creates it; may sleep.
 */
void tandem_vm_created(struct kvm *kvm)
{
	struct tandem_vm *vm = know(kvm);

	if (vm)
		tandem_numa_born(vm);
}

/* True where nothing keeps its record any more. */
static bool forget(struct tandem_vm *vm)
{
	lockdep_assert_held(&vms_lock);
	vm->known = false;
	if (vm->vcpus)
		return false;
	list_del(&vm->node);
	return true;
}

static struct tandem_vm *find_known(struct kvm *kvm)
{
	struct tandem_vm *vm;

	guard(mutex)(&vms_lock);
	vm = find_vm(kvm);
	return vm && vm->known ? vm : NULL;
}

/**
 * tandem_vm_destroyed() - a VM goes
 * @kvm:	it; its vCPUs are destroyed after that
 *
 * Context: may sleep, for as long as the VM is being looked at.
 */
void tandem_vm_destroyed(struct kvm *kvm)
{
	struct tandem_vm *vm = find_known(kvm);
	bool last;

	if (!vm)
		return;
	/* What else would forget it is unloading, which waits for this call. */
	tandem_numa_dead(vm);
	scoped_guard(mutex, &vms_lock)
		last = forget(vm);
	if (last)
		remove(vm);
}

static void found(struct kvm *kvm)
{
	know(kvm);
}

/**
 * tandem_vms_find() - know those that were there before us
 *
 * After kvm_tandem_register().
 *
 * Context: may sleep.
 */
void tandem_vms_find(void)
{
	kvm_tandem_each_vm(found);
}

static struct tandem_vm *next_known(void)
{
	struct tandem_vm *vm;

	guard(mutex)(&vms_lock);
	list_for_each_entry(vm, &vms, node)
		if (vm->known && forget(vm))
			return vm;
	return NULL;
}

/**
 * tandem_vms_forget() - know none any more
 *
 * After kvm_tandem_unregister() and tandem_vcpus_free(): no other call is under way,
 * and no vCPU keeps a record.
 *
 * Context: may sleep.
 */
void tandem_vms_forget(void)
{
	struct tandem_vm *vm;

	while ((vm = next_known()))
		remove(vm);
}

/**
 * tandem_vms_hold() - a reference to each record of a VM that is there
 * @vm:		on return: they, to be given back by tandem_vm_drop()
 * @most:	room for so many
 *
 * Context: may sleep.
 * Return: how many. The VMs themselves may go: see &tandem_numa.gone.
 */
unsigned int tandem_vms_hold(struct tandem_vm **vm, unsigned int most)
{
	struct tandem_vm *each;
	unsigned int nr = 0;

	guard(mutex)(&vms_lock);
	list_for_each_entry(each, &vms, node) {
		if (!each->known || nr == most)
			continue;
		kobject_get(&each->dir.kobj);
		vm[nr++] = each;
	}
	return nr;
}

/**
 * tandem_vm_drop() - give a reference back
 * @vm:		from tandem_vms_hold()
 */
void tandem_vm_drop(struct tandem_vm *vm)
{
	kobject_put(&vm->dir.kobj);
}

/**
 * tandem_vm_charge() - an agent spent time on a VM
 * @vm:		the VM
 * @now:	CLOCK_MONOTONIC
 * @ns:		how much
 *
 * Context: any.
 * Return: true where the VM is beyond its share now.
 */
bool tandem_vm_charge(struct tandem_vm *vm, ktime_t now, u64 ns)
{
	u32 percent = tandem_vm_share(), share = 10 * percent;
	bool was_over, over;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	was_over = tandem_rate_over(&vm->rate, ktime_to_ns(now), share);
	tandem_rate_charge(&vm->rate, ktime_to_ns(now), ns, share);
	over = tandem_rate_over(&vm->rate, ktime_to_ns(now), share);
	vm->agent_ns += ns;
	vm->looks++;
	vm->throttled += over && !was_over;
	raw_spin_unlock_irqrestore(&vm->lock, flags);

	if (over && !was_over) {
		tandem_count(TANDEM_THROTTLED);
		trace_tandem_throttle(vm->pid, vm->agent_ns, percent);
	}
	return over;
}

/**
 * tandem_vm_over() - is a VM beyond its share of the agents' time?
 * @vm:		the VM
 *
 * Context: any.
 */
bool tandem_vm_over(struct tandem_vm *vm)
{
	unsigned long flags;
	bool over;

	/* Most never get near it: no lock, and an old value does no harm. */
	if (!READ_ONCE(vm->rate.used_ns))
		return false;
	raw_spin_lock_irqsave(&vm->lock, flags);
	over = tandem_rate_over(&vm->rate, ktime_to_ns(ktime_get()),
				10 * tandem_vm_share());
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return over;
}

/**
 * tandem_vm_polled() - a VM's guest, or KVM for it, has polled
 * @vm:		the VM
 * @now:	CLOCK_MONOTONIC
 * @ns:		for how long
 *
 * Context: any.
 * Return: true where it may poll no more for now.
 */
bool tandem_vm_polled(struct tandem_vm *vm, ktime_t now, u64 ns)
{
	u32 share = tandem_idle_knob(vm, TANDEM_IDLE_BUDGET);
	unsigned long flags;
	bool over;

	/* Most have nothing to pay: no lock, and an old value does no harm. */
	if (!ns && !READ_ONCE(vm->poll_rate.used_ns))
		return !share;
	raw_spin_lock_irqsave(&vm->lock, flags);
	if (ns)
		tandem_rate_charge(&vm->poll_rate, ktime_to_ns(now), ns, share);
	over = tandem_rate_over(&vm->poll_rate, ktime_to_ns(now), share);
	vm->polled_ns += ns;
	vm->over_budget += over && !vm->was_over;
	vm->was_over = over;
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return over || !share;
}

/**
 * tandem_vms_show() - a line for each VM, by the name of its folder
 * @m:		where to
 *
 * Context: may sleep.
 */
void tandem_vms_show(struct seq_file *m)
{
	struct tandem_vm *vm;

	guard(mutex)(&vms_lock);
	seq_puts(m, "vm vcpus looks agent_us throttled polled_us over_budget\n");
	list_for_each_entry(vm, &vms, node) {
		if (!vm->vcpus)
			continue;
		seq_printf(m, "%s %u %llu %llu %llu %llu %llu\n",
			   kobject_name(&vm->dir.kobj), vm->vcpus, READ_ONCE(vm->looks),
			   div_u64(READ_ONCE(vm->agent_ns), NSEC_PER_USEC),
			   READ_ONCE(vm->throttled),
			   div_u64(READ_ONCE(vm->polled_ns), NSEC_PER_USEC),
			   READ_ONCE(vm->over_budget));
	}
}
