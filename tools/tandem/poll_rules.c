// SPDX-License-Identifier: GPL-2.0
/*
 * Rules for how long a CPU polls before it halts, and what each makes of a pattern.
 * Those of Linux 6.12 are written anew, with its defaults; the policy of Tandem is
 * the very file that the modules have.
 */
#include <stdlib.h>
#include <string.h>

#include "poll_rules.h"

#define US	1000ULL
/* Defaults of drivers/cpuidle/governors/haltpoll.c */
#define GUEST_MAX	(200 * US)
#define GUEST_START	(50 * US)
/* and of virt/kvm/kvm_main.c on x86; both double, and halve */
#define KVM_MAX		(200 * US)
#define KVM_START	(10 * US)

/* One idle under a window; what was halted of it. */
static uint64_t spend(struct polled *polled, uint64_t ns, uint64_t window)
{
	polled->idles++;
	polled->window_ns = window;
	if (ns <= window) {
		polled->polled_ns += ns;
		return 0;
	}
	polled->halts++;
	polled->polled_ns += window;
	return ns - window;
}

static uint64_t grown(uint64_t window, uint64_t start, uint64_t max)
{
	window = 2 * window < start ? start : 2 * window;
	return window < max ? window : max;
}

static uint64_t shrunk(uint64_t window, uint64_t start)
{
	return window / 2 < start ? 0 : window / 2;
}

/* The guest's governor looks at the halted part only. */
static void serve_haltpoll(struct polled *polled, const struct idles *idles)
{
	uint64_t window = 0, halted;

	for (size_t i = 0; i < idles->nr; i++) {
		halted = spend(polled, idles->ns[i], window);
		if (halted > GUEST_MAX)
			window = shrunk(window, GUEST_START);
		else if (halted > window)
			window = grown(window, GUEST_START, GUEST_MAX);
	}
}

/* KVM looks at the whole idle. */
static void serve_kvm(struct polled *polled, const struct idles *idles)
{
	uint64_t window = 0, ns;

	for (size_t i = 0; i < idles->nr; i++) {
		ns = idles->ns[i];
		spend(polled, ns, window);
		if (ns > KVM_MAX)
			window = shrunk(window, KVM_START);
		else if (ns > window && ns < KVM_MAX)
			window = grown(window, KVM_START, KVM_MAX);
	}
}

static void serve_fixed(struct polled *polled, const struct idles *idles, uint64_t window)
{
	for (size_t i = 0; i < idles->nr; i++)
		spend(polled, idles->ns[i], window);
}

/* As long as a halt costs: never more than twice the best that can be. */
static uint64_t break_even(const struct tandem_poll_knobs *knobs)
{
	uint64_t ns = knobs->price ? knobs->halt_cost_ns * 1000ULL / knobs->price : UINT64_MAX;

	return ns < knobs->max_ns ? ns : knobs->max_ns;
}

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Only just at the end of an idle can a window be best, or at 0. */
static uint64_t best_window(const uint64_t *sorted, size_t nr,
			    const struct tandem_poll_knobs *knobs)
{
	struct polled p = { .halts = nr };
	double best_cost = poll_cost(&p, knobs), cost;
	uint64_t best = 0, sum = 0;

	for (size_t i = 0; i < nr && sorted[i] <= knobs->max_ns; i++) {
		sum += sorted[i];
		p.halts = nr - i - 1;
		p.polled_ns = sum + p.halts * sorted[i];
		cost = poll_cost(&p, knobs);
		if (cost < best_cost) {
			best_cost = cost;
			best = sorted[i];
		}
	}
	return best;
}

static void serve_best(struct polled *polled, const struct idles *idles,
		       const struct tandem_poll_knobs *knobs)
{
	uint64_t *sorted = malloc(idles->nr * sizeof(*sorted) + 1);

	if (!sorted)
		abort();
	memcpy(sorted, idles->ns, idles->nr * sizeof(*sorted));
	qsort(sorted, idles->nr, sizeof(*sorted), by_length);
	serve_fixed(polled, idles, best_window(sorted, idles->nr, knobs));
	free(sorted);
}

/* Knows each length before: polls all of it, or nothing. */
static void serve_clairvoyant(struct polled *polled, const struct idles *idles,
			      const struct tandem_poll_knobs *knobs)
{
	uint64_t most = break_even(knobs), ns;

	for (size_t i = 0; i < idles->nr; i++) {
		ns = idles->ns[i];
		spend(polled, ns, ns <= most ? ns : 0);
	}
}

static void serve_tandem(struct polled *polled, const struct idles *idles,
			 const struct tandem_poll_knobs *knobs)
{
	struct tandem_poll policy = { };

	for (size_t i = 0; i < idles->nr; i++) {
		spend(polled, idles->ns[i], tandem_poll_window(&policy, knobs));
		tandem_poll_saw(&policy, idles->ns[i], knobs);
	}
}

struct polled poll_serve(const struct idles *idles, enum poll_rule rule,
			 const struct tandem_poll_knobs *knobs)
{
	struct polled polled = { };

	switch (rule) {
	case POLL_NEVER:
		serve_fixed(&polled, idles, 0);
		break;
	case POLL_HALTPOLL:
		serve_haltpoll(&polled, idles);
		break;
	case POLL_KVM:
		serve_kvm(&polled, idles);
		break;
	case POLL_SKI_RENTAL:
		serve_fixed(&polled, idles, break_even(knobs));
		break;
	case POLL_BEST_FIXED:
		serve_best(&polled, idles, knobs);
		break;
	case POLL_CLAIRVOYANT:
		serve_clairvoyant(&polled, idles, knobs);
		break;
	case POLL_TANDEM:
		serve_tandem(&polled, idles, knobs);
		break;
	}
	return polled;
}

double poll_cost(const struct polled *polled, const struct tandem_poll_knobs *knobs)
{
	return polled->polled_ns * (knobs->price / 1000.0) +
	       (double)polled->halts * knobs->halt_cost_ns;
}
