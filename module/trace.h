/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm_tandem

#if !defined(TANDEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TANDEM_TRACE_H

#include <linux/kvm_host.h>
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

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
