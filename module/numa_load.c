// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM's threads used of the CPUs, and where. A vCPU that polls is not busy: what
 * KVM polled for it, or its guest says that it polled, is taken off.
 */
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/home.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "tandem.h"

/* Threads that come while memory for their times is got. */
#define SPARE	8

/* The thread that made the VM, or one that is a vCPU, is of the VMM's process. */
static struct task_struct *some_thread(struct tandem_vm *vm)
{
	struct task_struct *t = pid_task(find_pid_ns(vm->pid, &init_pid_ns), PIDTYPE_PID);
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (t && READ_ONCE(t->mm) == vm->kvm->mm)
		return t;
	kvm_for_each_vcpu(i, vcpu, vm->kvm) {
		t = pid_task(rcu_dereference(vcpu->pid), PIDTYPE_PID);
		if (t)
			return t;
	}
	return NULL;
}

static void find_vmm(struct tandem_vm *vm)
{
	struct task_struct *t;

	guard(rcu)();
	t = some_thread(vm);
	if (t)
		vm->numa.vmm = get_pid(task_tgid(t));
}

/* By part; what guests say is of all of a VM's vCPUs, and taken to be of all alike. */
static void read_polled(struct tandem_vm *vm, u64 polled[TANDEM_PARTS_MAX])
{
	struct tandem_numa *numa = &vm->numa;
	struct kvm_vcpu *vcpu;
	unsigned long i;
	unsigned int p;

	for (p = 0; p < numa->parts; p++)
		polled[p] = div_u64(READ_ONCE(vm->polled_ns), numa->parts);
	numa->vcpus = 0;
	kvm_for_each_vcpu(i, vcpu, vm->kvm) {
		p = tandem_numa_part(numa, i);
		polled[p] += READ_ONCE(vcpu->stat.generic.halt_poll_success_ns);
		polled[p] += READ_ONCE(vcpu->stat.generic.halt_poll_fail_ns);
		numa->vcpus++;
	}
}

/* The times before this look, both lists in the order in which threads were made. */
struct before {
	const struct tandem_thread_time *at;
	const struct tandem_thread_time *end;
};

static struct tandem_thread_time last_time(struct before *b, pid_t pid)
{
	const struct tandem_thread_time *t;

	for (t = b->at; t < b->end; t++) {
		if (t->pid != pid)
			continue;
		b->at = t + 1;
		return *t;
	}
	return (struct tandem_thread_time){ };
}

static u64 grown(u64 now, u64 before)
{
	return now > before ? now - before : 0;
}

static void account(struct tandem_part *part, struct task_struct *t,
		    const struct tandem_thread_time *now, struct before *b)
{
	struct tandem_thread_time old = last_time(b, now->pid);
	u64 ran = grown(now->run_ns, old.run_ns), waited = grown(now->wait_ns, old.wait_ns);
	int node = cpu_to_node(task_cpu(t));

	part->run_ns += ran;
	part->wait_ns += waited;
	part->used_ns[node] += ran + waited;
	part->untold |= sched_home_get(t) != part->home;
	if (part->home != NUMA_NO_NODE && node != part->home && READ_ONCE(t->on_rq))
		part->astray |= 1U << node;
}

static unsigned int read_times(struct tandem_vm *vm, struct task_struct *leader,
			       struct tandem_thread_time *time, unsigned int room)
{
	struct tandem_numa *numa = &vm->numa;
	struct before b = { numa->time, numa->time + numa->nr_time };
	unsigned long vcpu = 0;
	struct task_struct *t;
	unsigned int nr = 0;

	for_each_thread(leader, t) {
		if (nr == room)
			break;
		time[nr] = (struct tandem_thread_time){
			.pid = t->pid,
			.run_ns = READ_ONCE(t->se.sum_exec_runtime),
			.wait_ns = READ_ONCE(t->sched_info.run_delay),
		};
		account(&numa->part[tandem_numa_part_of(vm, t, &vcpu)], t, &time[nr++], &b);
	}
	return nr;
}

static struct task_struct *leader_of(const struct tandem_numa *numa)
{
	return pid_task(numa->vmm, PIDTYPE_TGID);
}

static unsigned int threads(const struct tandem_numa *numa)
{
	struct task_struct *leader;

	guard(rcu)();
	leader = leader_of(numa);
	return leader ? get_nr_threads(leader) : 0;
}

static void keep(struct tandem_numa *numa, struct tandem_thread_time *time, unsigned int nr)
{
	kfree(numa->time);
	numa->time = time;
	numa->nr_time = nr;
}

/* Without memory this look shows nothing, and the next one all. */
static void look_threads(struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;
	unsigned int room = threads(numa) + SPARE, nr = 0;
	struct tandem_thread_time *time = kmalloc_array(room, sizeof(*time), GFP_KERNEL);
	struct task_struct *leader;

	if (!time)
		return;
	scoped_guard(rcu) {
		leader = leader_of(numa);
		if (leader)
			nr = read_times(vm, leader, time, room);
	}
	keep(numa, time, nr);
}

static void take_off_polling(struct tandem_vm *vm)
{
	struct tandem_part *part = vm->numa.part;
	u64 now[TANDEM_PARTS_MAX], polled;
	unsigned int p;

	read_polled(vm, now);
	for (p = 0; p < vm->numa.parts; p++, part++) {
		polled = grown(now[p], part->polled_ns);
		part->polled_ns = now[p];
		part->run_ns -= min(polled, part->run_ns);
	}
}

static void begin(struct tandem_part *part)
{
	memset(part->used_ns, 0, sizeof(part->used_ns));
	part->astray = 0;
	part->untold = false;
}

/**
 * tandem_numa_look_threads() - what a VM used since the last look
 * @h:		the host
 * @vm:		the VM, numa.lock held, not gone
 */
void tandem_numa_look_threads(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;
	u64 ran[TANDEM_PARTS_MAX];
	struct tandem_part *part;
	unsigned int p;

	lockdep_assert_held(&numa->lock);
	for (p = 0; p < numa->parts; p++) {
		ran[p] = numa->part[p].run_ns;
		begin(&numa->part[p]);
	}
	if (!numa->vmm)
		find_vmm(vm);
	if (!numa->vmm)
		return;
	look_threads(vm);
	take_off_polling(vm);
	for (p = 0, part = numa->part; p < numa->parts; p++, part++) {
		/* A counter: what is taken off may be of the look before. */
		part->run_ns = max(part->run_ns, ran[p]);
		tandem_load_saw(&part->load, h->at_ns, part->run_ns, part->wait_ns);
	}
}
