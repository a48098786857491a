// SPDX-License-Identifier: GPL-2.0
/*
 * From a trace to idle lengths:
 *
 *	power:cpu_idle		a CPU enters an idle state, or leaves it
 *	sched:sched_switch	from the idle task: somebody runs
 *	kvm:kvm_vcpu_wakeup	a vCPU was woken; it has the whole length
 *
 * State 0 is a poll. Who leaves it either has work, and then the idle task is switched
 * from, or has polled long enough, and then halts: that is one idle, not two.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "idle_events.h"

#define EXIT_STATE	4294967295U
/* So that ns fit, whatever a file says. */
#define MOST_SECONDS	(1ULL << 33)

/**
 * struct event - a line: "TASK-PID [CPU] FLAGS TIME: NAME: DETAILS"
 * @pid:	of the task
 * @ns:		when, by the trace's clock
 * @details:	after the name and a blank
 */
struct event {
	unsigned long pid;
	uint64_t ns;
	const char *details;
};

/* The last word before @end; NULL where there is none after @line. */
static const char *word_before(const char *line, const char *end)
{
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	while (end > line && !isspace((unsigned char)end[-1]))
		end--;
	return end > line ? end : NULL;
}

/* "SECONDS.MICROSECONDS:", or cycles; 0, or -1. */
static int take_time(const struct idle_events *e, const char *word, uint64_t *ns)
{
	uint64_t whole, micro;
	int used = 0;

	if (sscanf(word, "%" SCNu64 ".%6" SCNu64 ":%n", &whole, &micro, &used) == 2 && used) {
		*ns = whole * 1000000000 + micro * 1000;
		return whole < MOST_SECONDS ? 0 : -1;
	}
	if (!e->khz || sscanf(word, "%" SCNu64 ":%n", &whole, &used) != 1 || !used)
		return -1;
	*ns = whole / e->khz * 1000000 + whole % e->khz * 1000000 / e->khz;
	return 0;
}

/* "TASK-PID", and in some traces "( TGID)" after it, stand before the last "[CPU]". */
static int take_pid(const char *line, const char *time, unsigned long *pid)
{
	const char *end = time;

	while (end > line && *end != '[')
		end--;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (end > line && end[-1] == ')')
		while (end > line && *end != '(')
			end--;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	while (end > line && isdigit((unsigned char)end[-1]))
		end--;
	*pid = strtoul(end, NULL, 10);
	return end > line && end[-1] == '-' && isdigit((unsigned char)*end) ? 0 : -1;
}

/* Whether the line is one of that name: 1; -1 where what stands before can't be read. */
static int is_event(const struct idle_events *e, const char *line, const char *name,
		    struct event *event)
{
	const char *at = strstr(line, name), *time;

	if (!at)
		return 0;
	event->details = at + strlen(name);
	time = word_before(line, at);
	if (!time || !isdigit((unsigned char)*time))
		return 0;
	if (take_time(e, time, &event->ns) || take_pid(line, time, &event->pid))
		return -1;
	return 1;
}

static void put_idle(struct idle_events *e, const char *what, unsigned long who, uint64_t ns)
{
	fprintf(e->out, "%s%lu %" PRIu64 "\n", what, who, ns);
	e->idles++;
}

static void end_idle(struct idle_events *e, unsigned int cpu, uint64_t ns)
{
	struct idle_cpu *c = &e->cpu[cpu];

	if (c->idle && ns >= c->since)
		put_idle(e, "cpu", cpu, ns - c->since);
	c->idle = 0;
	c->polled = 0;
}

/* One that polled and goes on is idle since then. */
static void enter(struct idle_cpu *c, uint64_t ns, unsigned int state)
{
	if (!c->polled)
		c->since = ns;
	c->idle = 1;
	c->polled = !state;
}

static void leave(struct idle_events *e, unsigned int cpu, uint64_t ns)
{
	struct idle_cpu *c = &e->cpu[cpu];

	if (c->idle && c->polled)
		c->until = ns;
	else
		end_idle(e, cpu, ns);
}

static int cpu_idle(struct idle_events *e, const struct event *event)
{
	unsigned int state, cpu;

	if (sscanf(event->details, "state=%u cpu_id=%u", &state, &cpu) != 2 || cpu >= MOST_CPUS)
		return -1;
	if (state == EXIT_STATE)
		leave(e, cpu, event->ns);
	else
		enter(&e->cpu[cpu], event->ns, state);
	return 0;
}

/* "swapper/3" is the idle task of CPU 3. */
static int sched_switch(struct idle_events *e, const struct event *event)
{
	unsigned int cpu;

	if (sscanf(event->details, "prev_comm=swapper/%u ", &cpu) != 1)
		return 0;
	if (cpu >= MOST_CPUS)
		return -1;
	if (e->cpu[cpu].polled)
		end_idle(e, cpu, e->cpu[cpu].until);
	return 0;
}

/* One that was woken by nothing it waits for goes on being idle: x86 has none. */
static int vcpu_wakeup(struct idle_events *e, const struct event *event)
{
	uint64_t ns;

	if (sscanf(event->details, "%*s time %" SCNu64 " ns", &ns) != 1 || ns > INT64_MAX)
		return -1;
	put_idle(e, "vcpu", event->pid, ns);
	return 0;
}

/* "CPU:3 [LOST 1234 EVENTS]": nothing is known of that CPU any more. */
static int lost(struct idle_events *e, const char *line)
{
	unsigned int cpu;

	if (sscanf(line, "CPU:%u [LOST", &cpu) != 1)
		return 0;
	e->lost++;
	if (cpu < MOST_CPUS)
		e->cpu[cpu] = (struct idle_cpu){ };
	return 1;
}

static const struct {
	const char *name;
	int (*take)(struct idle_events *e, const struct event *event);
} takers[] = {
	{ " cpu_idle: ", cpu_idle },
	{ " sched_switch: ", sched_switch },
	{ " kvm_vcpu_wakeup: ", vcpu_wakeup },
};

int idle_events_line(struct idle_events *e, const char *line)
{
	struct event event;
	int found;

	if (*line == '#' || lost(e, line))
		return 0;
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++) {
		found = is_event(e, line, takers[i].name, &event);
		if (found)
			return found < 0 ? -1 : takers[i].take(e, &event);
	}
	return 0;
}
