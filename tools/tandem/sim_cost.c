// SPDX-License-Identifier: GPL-2.0
/* What the model's counts cost, and which fixed period would have cost least. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

const struct config configs[] = {
	{ "stock", STOCK },
	{ "rfc2017", RFC2017 },
	{ "best-fixed", FIXED },
	{ "tandem", TANDEM },
	{ "poll", POLL },
	{ }
};

void sim_add(struct sim *sim, const struct arms *arms)
{
	sim->pattern = reallocarray(sim->pattern, sim->nr + 1, sizeof(*sim->pattern));
	if (!sim->pattern)
		abort();
	sim->pattern[sim->nr++] = *arms;
}

bool sim_has(const struct sim *sim, const char *name)
{
	size_t i;

	for (i = 0; i < sim->nr; i++)
		if (!strcmp(sim->pattern[i].name, name))
			return true;
	return false;
}

void sim_free(struct sim *sim)
{
	while (sim->nr)
		arms_free(&sim->pattern[--sim->nr]);
	free(sim->pattern);
}

double sim_cost_ns(const struct sim *sim, const struct served *served)
{
	double ns = (double)(served->exits_arm + served->exits_fire) * sim->exit_ns +
		    (double)served->looks * sim->look_ns +
		    (double)served->ipis * sim->interrupt_ns;

	return served->arms ? ns / served->arms : 0;
}

/* Each period that the policy may choose, a percent apart. */
static struct served serve_best(const struct sim *sim, const struct arms *arms)
{
	uint64_t min = sim->knobs.min_us * 1000ULL, max = sim->knobs.max_us * 1000ULL, ns;
	struct served best = serve(arms, FIXED, max, &sim->knobs), other;

	for (ns = min < max ? min - min / 16 : max; ns < max; ns += ns / 100) {
		other = serve(arms, FIXED, ns, &sim->knobs);
		if (sim_cost_ns(sim, &other) < sim_cost_ns(sim, &best))
			best = other;
	}
	return best;
}

struct served sim_serve(const struct sim *sim, const struct arms *arms, enum rule rule)
{
	if (rule == FIXED)
		return serve_best(sim, arms);
	return serve(arms, rule, 0, &sim->knobs);
}

/*
 * A polling CPU costs itself, and saves the exits, the looks and the interrupts
 * for all vCPUs it serves. Looks at several vCPUs in one interrupt make the number
 * larger, so it is the least.
 */
uint64_t sim_poll_from(const struct sim *sim, const struct arms *arms, const struct served *served)
{
	double ns = (double)(served->exits_arm + served->exits_fire) * sim->exit_ns +
		    (double)served->looks * (sim->look_ns + sim->interrupt_ns) +
		    (double)served->ipis * sim->interrupt_ns;
	double length = arms->end - arms->arm[0].at;

	return ns && length ? length / ns + 1 : 0;
}
