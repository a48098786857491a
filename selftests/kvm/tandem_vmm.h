/* SPDX-License-Identifier: GPL-2.0 */
/* The VMM's half of what our KVM selftests share, and how they report. */
#ifndef TANDEM_VMM_H
#define TANDEM_VMM_H

#include <pthread.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "tandem_guest.h"

#define ENTRY_SLOT	5
#define ENTRY_MOVED_GPA	(ENTRY_GPA * 2)

/**
 * struct machine - a VM and the threads of its vCPUs
 * @vm:		the VM; the entries of its vCPUs are memslot ENTRY_SLOT
 * @nr:		how many vCPUs
 * @vcpus:	they
 * @threads:	theirs, after machine_start(), each on one CPU:
 * @first_cpu:	on this one
 * @nr_cpus:	and those after it, in turn; all but CPU 0 unless told otherwise
 * @started:	threads that can be interrupted
 * @interrupted: called in the vCPU's thread when a signal ended its KVM_RUN;
 *		may be NULL
 * @interrupted_us: what those calls took, all vCPUs together
 * @ran:	times that this happened
 * @said:	called there with the argument of a GUEST_SYNC(); may be NULL
 */
struct machine {
	struct kvm_vm *vm;
	int nr;
	struct kvm_vcpu *vcpus[MAX_CPUS];
	pthread_t threads[MAX_CPUS];
	int first_cpu;
	int nr_cpus;
	int started;
	void (*interrupted)(struct machine *m, int id);
	u64 interrupted_us;
	u64 ran;
	void (*said)(struct machine *m, int id, u64 word);
};

/**
 * struct test - one line of TAP
 * @function:	returns where it passed, otherwise calls TEST_ASSERT() or skip()
 * @name:	what is so if it passes
 */
struct test {
	void (*function)(void);
	const char *name;
};

struct machine *machine_create(int nr, void *guest_code);
u64 machine_counted(struct machine *m);
void machine_free(struct machine *m);
u64 machine_run(struct machine *m, int id);
void machine_start(struct machine *m);
void machine_join(struct machine *m);
void machine_interrupt(struct machine *m, int id);
void machine_stop(struct machine *m);
void run_to_end(void *guest_code);
struct guest_cpu *cpu_of(struct machine *m, int id);
struct tandem_entry *entry_of(struct machine *m, int id);
u64 vcpu_stat(struct kvm_vcpu *vcpu, const char *name);

bool few_announced(const struct guest_cpu *cpu, u64 timers);
void announces_few(bool (*attempt)(u64 us), u64 us);

u64 tandem_stat(const char *name);
void tandem_knob(const char *name, const char *value);
bool tandem_has_knob(const char *name);
u64 host_us(void);
void pin(pthread_t thread, int cpu);

void skip(const char *reason) __attribute__((noreturn));
int run_tests(const struct test *tests, int nr, int only);

#endif
