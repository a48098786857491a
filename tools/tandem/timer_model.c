// SPDX-License-Identifier: GPL-2.0
/*
 * What serving a vCPU's timers takes, as counts: an agent that is never late, and
 * the rules of module/timer.c. Periods come from the very file that the module
 * has, module/policy/period.c.
 *
 * A vCPU that blocks is plain KVM: its timer wakes it, at no exit of its own. Once
 * woken, its own CPU makes the first look, and the agent those after it.
 */
#include "timer_model.h"

#define RFC_NS	250000

/**
 * struct model - a vCPU and who looks at its page
 * @rule:	how
 * @fixed_ns:	the period of FIXED
 * @knobs:	for TANDEM
 * @policy:	of TANDEM
 * @now:	ns
 * @deadline:	what is armed, 0 = nothing
 * @announced:	by the MSR, so that the vCPU's own CPU watches it
 * @seen:	who looks knows of it
 * @blocked:	the vCPU does not execute
 * @on_agent:	the agent looks, not the vCPU's own CPU
 * @promised:	when the promise was made
 * @next_look:	what was promised
 * @served:	the counts
 */
struct model {
	enum rule rule;
	uint64_t fixed_ns;
	const struct tandem_period_knobs *knobs;
	struct tandem_period policy;
	uint64_t now;
	uint64_t deadline;
	_Bool announced;
	_Bool seen;
	_Bool blocked;
	_Bool on_agent;
	uint64_t promised;
	uint64_t next_look;
	struct served served;
};

static uint64_t next_period(struct model *m, _Bool fires)
{
	switch (m->rule) {
	case TANDEM:
		return tandem_period_next(&m->policy, fires, m->knobs);
	case FIXED:
		return m->fixed_ns;
	default:
		return RFC_NS;
	}
}

static void saw(struct model *m)
{
	if (m->seen || !m->deadline)
		return;
	m->seen = 1;
	tandem_period_saw(&m->policy, m->deadline - m->promised);
}

static void ran(struct model *m)
{
	tandem_period_ran(&m->policy, m->now - m->promised);
}

static void promise(struct model *m, _Bool fires)
{
	m->served.last_ns = next_period(m, fires);
	m->promised = m->now;
	m->next_look = m->now + m->served.last_ns;
}

/* The vCPU's own CPU is interrupted, and wakes the agent: it has but this vCPU. */
static void join(struct model *m)
{
	m->served.exits_fire++;
	m->served.ipis++;
	m->on_agent = 1;
}

static void look(struct model *m, _Bool fires)
{
	if (m->on_agent)
		m->served.looks++;
	else
		join(m);
	saw(m);
	ran(m);
	promise(m, fires);
}

/* The agent finds a vCPU blocked, and drops it. The RFC's goes on. */
static void look_in_vain(struct model *m)
{
	m->served.looks++;
	if (m->rule == RFC2017)
		m->next_look += RFC_NS;
	else
		m->on_agent = 0;
}

/* The RFC's grid stays where it is, and its agent was told of early deadlines. */
static void fire(struct model *m)
{
	m->served.timers++;
	if (m->rule == RFC2017)
		m->served.looks += m->deadline < m->next_look;
	else if (m->blocked)
		;
	else if (m->announced || !m->on_agent)
		m->served.exits_fire++;
	else
		look(m, 1);
	m->deadline = 0;
}

/* When somebody looks at the page next. */
static uint64_t soonest_look(const struct model *m)
{
	return m->blocked && !m->on_agent ? UINT64_MAX : m->next_look;
}

/* Time goes by: looks and fires, in their order. */
static void pass(struct model *m, uint64_t until)
{
	for (;;) {
		_Bool fires = m->deadline && m->deadline <= soonest_look(m);

		m->now = fires ? m->deadline : soonest_look(m);
		if (m->now > until)
			break;
		if (fires)
			fire(m);
		else if (m->blocked)
			look_in_vain(m);
		else
			look(m, 0);
	}
	m->now = until;
}

static void arm(struct model *m, uint64_t deadline)
{
	m->served.arms += !!deadline;
	m->deadline = deadline && deadline < m->now ? m->now : deadline;
	m->seen = 0;
	m->announced = m->deadline && m->deadline < m->next_look;
	if (!m->announced)
		return;
	m->served.announced++;
	m->served.exits_arm++;
	m->served.ipis += m->rule == RFC2017;
	saw(m);
}

static void halt(struct model *m)
{
	if (!m->blocked)
		ran(m);
	m->blocked = 1;
}

/* What is armed already is known to KVM, and teaches nothing. */
static void run(struct model *m)
{
	if (!m->blocked)
		return;
	m->blocked = 0;
	m->seen = 1;
	m->announced = 0;
	if (m->rule == RFC2017)
		return;
	m->promised = m->now;
	if (!m->on_agent)
		promise(m, 0);
}

static void step(struct model *m, const struct arm *what)
{
	pass(m, what->at);
	switch (what->doing) {
	case ARM:
		run(m);		/* that it did was not recorded */
		arm(m, what->deadline);
		break;
	case HALT:
		halt(m);
		break;
	case RUN:
		run(m);
		break;
	}
}

static struct served serve_by_looks(const struct arms *arms, struct model *m)
{
	m->now = arms->arm[0].at;
	m->on_agent = 1;
	m->promised = m->now;
	look(m, 0);
	for (size_t i = 0; i < arms->nr; i++)
		step(m, &arms->arm[i]);
	pass(m, arms->end);
	return m->served;
}

/**
 * struct plain - a vCPU whose every write of the MSR is an exit
 * @deadline:	what is armed, 0 = nothing
 * @blocked:	the vCPU does not execute
 * @served:	the counts
 */
struct plain {
	uint64_t deadline;
	_Bool blocked;
	struct served served;
};

static void plain_pass(struct plain *p, uint64_t until)
{
	if (!p->deadline || p->deadline > until)
		return;
	p->deadline = 0;
	p->served.timers++;
	p->served.exits_fire += !p->blocked;
}

static void plain_step(struct plain *p, const struct arm *what)
{
	plain_pass(p, what->at);
	p->blocked = what->doing == HALT;
	if (what->doing != ARM)
		return;
	p->deadline = what->deadline;
	p->served.arms += !!what->deadline;
	p->served.announced += !!what->deadline;
	p->served.exits_arm++;
}

static struct served serve_plainly(const struct arms *arms)
{
	struct plain p = { };

	for (size_t i = 0; i < arms->nr; i++)
		plain_step(&p, &arms->arm[i]);
	plain_pass(&p, arms->end);
	return p.served;
}

/* The same timers, and nothing that it takes. */
static struct served serve_polling(const struct arms *arms)
{
	struct served served = serve_plainly(arms);

	return (struct served){ .arms = served.arms, .timers = served.timers };
}

struct served serve(const struct arms *arms, enum rule rule, uint64_t fixed_ns,
		    const struct tandem_period_knobs *knobs)
{
	struct model m = { .rule = rule, .fixed_ns = fixed_ns, .knobs = knobs };

	switch (rule) {
	case STOCK:
		return serve_plainly(arms);
	case POLL:
		return serve_polling(arms);
	default:
		return serve_by_looks(arms, &m);
	}
}
