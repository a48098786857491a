/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm_tandem

#if !defined(TANDEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TANDEM_TRACE_H

#include <linux/kvm_host.h>
#include <linux/migrate_range.h>
#include <linux/tracepoint.h>

TRACE_EVENT(tandem_register,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 value, int ret),
	TP_ARGS(vcpu, value, ret),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(u64, value)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->value = value;
		__entry->ret = ret;
	),
	TP_printk("vcpu %d value 0x%llx ret %d", __entry->vcpu, __entry->value, __entry->ret)
);

TRACE_EVENT(tandem_fire,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 deadline, u64 now, const char *by),
	TP_ARGS(vcpu, deadline, now, by),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(u64, deadline)
		__field(u64, late)
		__string(by, by)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->deadline = deadline;
		__entry->late = now - deadline;
		__assign_str(by);
	),
	TP_printk("vcpu %d deadline %llu late %llu cycles by %s", __entry->vcpu,
		  __entry->deadline, __entry->late, __get_str(by))
);

TRACE_EVENT(tandem_hand_over,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 deadline),
	TP_ARGS(vcpu, deadline),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(u64, deadline)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->deadline = deadline;
	),
	TP_printk("vcpu %d deadline %llu", __entry->vcpu, __entry->deadline)
);

TRACE_EVENT(tandem_promise,
	TP_PROTO(struct kvm_vcpu *vcpu, s64 ns, u64 deadline, const char *by),
	TP_ARGS(vcpu, ns, deadline, by),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(s64, ns)
		__field(u64, deadline)
		__string(by, by)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->ns = ns;
		__entry->deadline = deadline;
		__assign_str(by);
	),
	TP_printk("vcpu %d next look in %lld ns, deadline %llu, by %s", __entry->vcpu,
		  __entry->ns, __entry->deadline, __get_str(by))
);

TRACE_EVENT(tandem_reach,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 deadline, s64 reach),
	TP_ARGS(vcpu, deadline, reach),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(u64, deadline)
		__field(s64, reach)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->deadline = deadline;
		__entry->reach = reach;
	),
	TP_printk("vcpu %d deadline %llu reaches %lld ns beyond its promise",
		  __entry->vcpu, __entry->deadline, __entry->reach)
);

TRACE_EVENT(tandem_move,
	TP_PROTO(struct kvm_vcpu *vcpu, int agent_cpu, int cpu),
	TP_ARGS(vcpu, agent_cpu, cpu),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(int, agent_cpu)
		__field(int, cpu)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->agent_cpu = agent_cpu;
		__entry->cpu = cpu;
	),
	TP_printk("vcpu %d leaves the agent on CPU %d, it runs on CPU %d", __entry->vcpu,
		  __entry->agent_cpu, __entry->cpu)
);

TRACE_EVENT(tandem_throttle,
	TP_PROTO(int pid, u64 agent_ns, u32 percent),
	TP_ARGS(pid, agent_ns, percent),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, agent_ns)
		__field(u32, percent)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->agent_ns = agent_ns;
		__entry->percent = percent;
	),
	TP_printk("VM of pid %d is beyond %u %% of an agent's time, %llu ns so far",
		  __entry->pid, __entry->percent, __entry->agent_ns)
);

TRACE_EVENT(tandem_offer,
	TP_PROTO(struct kvm_vcpu *vcpu, u32 others, u32 price, u64 max_ns, u64 budget),
	TP_ARGS(vcpu, others, price, max_ns, budget),
	TP_STRUCT__entry(
		__field(int, vcpu)
		__field(int, cpu)
		__field(u32, others)
		__field(u32, price)
		__field(u64, max_ns)
		__field(u64, budget)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu->vcpu_id;
		__entry->cpu = vcpu->cpu;
		__entry->others = others;
		__entry->price = price;
		__entry->max_ns = max_ns;
		__entry->budget = budget;
	),
	TP_printk("vcpu %d on CPU %d, which %u others want: may poll %llu ns at price %u, %llu ns in all",
		  __entry->vcpu, __entry->cpu, __entry->others, __entry->max_ns,
		  __entry->price, __entry->budget)
);

TRACE_EVENT(tandem_place,
	TP_PROTO(int pid, unsigned int part, const char *kind, int from, int to,
		 const char *reason, s64 gain, u32 load, u32 noise, bool done),
	TP_ARGS(pid, part, kind, from, to, reason, gain, load, noise, done),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(unsigned int, part)
		__field(int, from)
		__field(int, to)
		__field(s64, gain)
		__field(u32, load)
		__field(u32, noise)
		__field(bool, done)
		__string(kind, kind)
		__string(reason, reason)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->part = part;
		__entry->from = from;
		__entry->to = to;
		__entry->gain = gain;
		__entry->load = load;
		__entry->noise = noise;
		__entry->done = done;
		__assign_str(kind);
		__assign_str(reason);
	),
	TP_printk("VM of pid %d, part %u: %s from node %d to %d, %s: for %s, gain %lld/65536 CPU, load %u +- %u/256 CPU",
		  __entry->pid, __entry->part, __get_str(kind), __entry->from, __entry->to,
		  __entry->done ? "done" : "not done", __get_str(reason), __entry->gain,
		  __entry->load, __entry->noise)
);

TRACE_EVENT(tandem_place_look,
	TP_PROTO(int pid, unsigned int part, int home, u32 load, u32 noise, unsigned int remote,
		 const char *stays),
	TP_ARGS(pid, part, home, load, noise, remote, stays),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(unsigned int, part)
		__field(int, home)
		__field(u32, load)
		__field(u32, noise)
		__field(unsigned int, remote)
		__string(stays, stays)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->part = part;
		__entry->home = home;
		__entry->load = load;
		__entry->noise = noise;
		__entry->remote = remote;
		__assign_str(stays);
	),
	TP_printk("VM of pid %d, part %u, home %d: load %u +- %u/256 CPU, remote %u/1024, %s",
		  __entry->pid, __entry->part, __entry->home, __entry->load, __entry->noise,
		  __entry->remote, __get_str(stays))
);

TRACE_EVENT(tandem_memory,
	TP_PROTO(int pid, const char *what, int home, const unsigned long *pages),
	TP_ARGS(pid, what, home, pages),
	TP_STRUCT__entry(
		__field(int, pid)
		__field(int, home)
		__array(unsigned long, pages, NR_MIGRATE_RANGE_OUTCOMES)
		__string(what, what)
	),
	TP_fast_assign(
		__entry->pid = pid;
		__entry->home = home;
		memcpy(__entry->pages, pages, sizeof(__entry->pages));
		__assign_str(what);
	),
	TP_printk("VM of pid %d: the copy to node %d %s: moved %lu there %lu absent %lu pinned %lu ksm %lu hugetlb %lu fixed %lu busy %lu no_room %lu marked %lu pages",
		  __entry->pid, __entry->home, __get_str(what),
		  __entry->pages[MIGRATE_RANGE_MOVED], __entry->pages[MIGRATE_RANGE_THERE],
		  __entry->pages[MIGRATE_RANGE_ABSENT], __entry->pages[MIGRATE_RANGE_PINNED],
		  __entry->pages[MIGRATE_RANGE_KSM], __entry->pages[MIGRATE_RANGE_HUGETLB],
		  __entry->pages[MIGRATE_RANGE_FIXED], __entry->pages[MIGRATE_RANGE_BUSY],
		  __entry->pages[MIGRATE_RANGE_NO_ROOM], __entry->pages[MIGRATE_RANGE_MARKED])
);

TRACE_EVENT(tandem_agent_dead,
	TP_PROTO(int node, int cpu, unsigned int vcpus, s64 overdue),
	TP_ARGS(node, cpu, vcpus, overdue),
	TP_STRUCT__entry(
		__field(int, node)
		__field(int, cpu)
		__field(unsigned int, vcpus)
		__field(s64, overdue)
	),
	TP_fast_assign(
		__entry->node = node;
		__entry->cpu = cpu;
		__entry->vcpus = vcpus;
		__entry->overdue = overdue;
	),
	TP_printk("node %d CPU %d is %lld ns overdue, %u vCPUs go elsewhere", __entry->node,
		  __entry->cpu, __entry->overdue, __entry->vcpus)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
