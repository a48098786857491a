// SPDX-License-Identifier: GPL-2.0
/* module/policy/placement_trial.c and placement_load.c: what happens over time. */
#include "placement_host.h"
#include "placement_load.h"
#include "placement_trial.h"

#define MS	1000000ULL
#define INTERVAL 2000

static const struct tandem_trial_knobs knobs = TANDEM_TRIAL_DEFAULTS;
static struct host h;

static enum tandem_trial_act next(struct tandem_trial *t, uint64_t ms, int needed, int copied,
				  unsigned int remote)
{
	struct tandem_trial_facts facts = { ms, remote, needed, copied };

	return tandem_trial_next(t, &knobs, &facts);
}

static void test_probation(void)
{
	struct tandem_trial t = { };
	int waits = 1;

	tandem_trial_start(&t, 1000, 3);
	for (uint64_t ms = 1000; ms < 6000; ms += 500)
		waits &= next(&t, ms, 1, 0, 1024) == TANDEM_WAIT;
	tap_ok(waits, "probation: nothing is copied for five seconds");
	tap_ok(tandem_trial_flags(&t) == TANDEM_IN_FLIGHT, "probation: it is in flight");
	tap_ok(next(&t, 6000, 1, 0, 1024) == TANDEM_COPY, "probation: then its memory follows");
	tap_ok(next(&t, 12000, 0, 0, 1024) == TANDEM_COPY,
	       "probation: and once it does, goes on to the end");
	tap_ok(next(&t, 13000, 1, 1, 10) == TANDEM_WAIT &&
	       next(&t, 23000, 1, 1, 10) == TANDEM_WAIT && t.stage == TANDEM_SETTLED &&
	       !tandem_trial_flags(&t), "probation: it has helped: settled");
	tandem_trial_start(&t, 30000, 3);
	tap_ok(next(&t, 32000, 0, 0, 1024) == TANDEM_GO_BACK,
	       "probation: not needed any more: back, and nothing was copied");
	tandem_trial_start(&t, 500, TANDEM_NOWHERE);
	tap_ok(next(&t, 500, 0, 0, 1024) == TANDEM_COPY,
	       "probation: none for a first home: there is no way back");
}

/* Moves that do not help: how long until the next may be made? */
static uint64_t rest(struct tandem_trial *t, uint64_t ms)
{
	uint64_t until = ms;

	while (tandem_trial_flags(t) == TANDEM_RESTING) {
		until += 1000;
		next(t, until, 1, 1, 0);
	}
	return until - ms;
}

static void test_backoff(void)
{
	static const unsigned int seconds[] = { 60, 120, 240, 480, 960, 1920, 3840, 3840 };
	struct tandem_trial t = { };
	uint64_t ms = 1000;
	int good = 1;

	for (int i = 0; i < 8; i++) {
		tandem_trial_start(&t, ms, 0);
		next(&t, ms += 10000, 1, 0, 900);
		next(&t, ms += 10000, 1, 1, 900);
		good &= next(&t, ms += 10000, 1, 1, 800) == TANDEM_GO_BACK;
		good &= rest(&t, ms) == seconds[i] * 1000;
		ms += 10000000;
	}
	tap_ok(good, "back-off: still remote: undone, and rests twice as long each time");
	tandem_trial_start(&t, ms, 0);
	next(&t, ms += 10000, 1, 0, 900);
	next(&t, ms += 10000, 1, 1, 20);
	next(&t, ms += 10000, 1, 1, 20);
	tandem_trial_start(&t, ms, 0);
	next(&t, ms, 0, 0, 900);
	tap_ok(rest(&t, ms) == 60000, "back-off: one that helped makes good for all");
	tandem_trial_start(&t, 1000000, 0);
	tap_ok(next(&t, 5, 1, 0, 900) == TANDEM_WAIT, "back-off: a clock that goes back: nothing");
}

/* Was it right that the first group left the first node, as loads are now? */
static int still_needed(void)
{
	struct tandem_step step;

	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	tandem_plan_step(&h.plan, &step);
	return tandem_still_needed(&h.plan, 0, 0);
}

/* A burst moves one VM's threads; the load falls, and they are not needed there. */
static void test_need(void)
{
	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 3; i++)
		host_add(&h, 0, 4, 2048);
	h.group[0].home = 1;
	h.group[0].flags = TANDEM_IN_FLIGHT;
	tap_ok(still_needed(), "need: others still want what it left");
	h.group[1].load = 4;
	h.group[2].load = 4;
	tap_ok(!still_needed(), "need: nobody does: back to its memory");
	tap_ok(!tandem_still_needed(&h.plan, 0, 1) && !tandem_still_needed(&h.plan, 0, 255),
	       "need: none where it did not move");
	h.node[0].other = 40;
	tap_ok(still_needed(), "need: something else does");
	h.group[0].noise = 9;
	tap_ok(still_needed(), "need: it may be less sure than a move");
	h.group[0].noise = 23;
	tap_ok(!still_needed(), "need: but what may well be noise does not");
}

static void test_load(void)
{
	struct tandem_load l = { };
	uint64_t now = 7 * MS, run = 0, wait = 0;

	tandem_load_saw(&l, now, 5, 7);
	tap_ok(!l.samples && !tandem_load_mean(&l), "load: the first look is no sample");
	l = (struct tandem_load){ };
	for (int i = 0; i < 20; i++) {
		tandem_load_saw(&l, now, run, wait);
		now += INTERVAL * MS;
		run += 2 * INTERVAL * MS;
		wait += 2 * INTERVAL * MS;
	}
	tap_ok(tandem_load_mean(&l) == 4 * TANDEM_CPU && tandem_load_noise(&l) < 32,
	       "load: what runs and what waits, together, and nearly sure");
	tandem_load_sample(&l, 0);
	tap_ok(!tandem_load_mean(&l), "load: after a jump only what follows counts");
	tandem_load_sample(&l, 4 << 16);
	tap_ok(tandem_load_mean(&l) == 4 * TANDEM_CPU && tandem_load_noise(&l) > 64,
	       "load: and that is not sure yet");
	tandem_load_saw(&l, now, run / 2, wait);
	tap_ok(tandem_load_mean(&l) == 4 * TANDEM_CPU, "load: a counter that goes back: no sample");
	tandem_load_saw(&l, now - MS, run, wait);
	tandem_load_saw(&l, now - MS, run + MS, wait);
	tap_ok(tandem_load_mean(&l) == 4 * TANDEM_CPU, "load: nor a clock that does, or stands");
	tandem_load_saw(&l, now, ~0ULL, ~0ULL);
	tandem_load_saw(&l, now + 1, ~0ULL, ~0ULL);
	tap_ok(tandem_load_mean(&l) <= 2048 * TANDEM_CPU, "load: nor more than there can be");
}

static void test_rests(void)
{
	struct tandem_load l = { };

	tap_ok(tandem_load_rests(&l, 1, 1, TANDEM_CPU), "rests: new, nothing was measured");
	tap_ok(!tandem_load_rests(&l, 1, 0, TANDEM_CPU), "rests: but gets a home");
	tap_ok(tandem_load_rests(&l, 0, 1, TANDEM_CPU), "rests: never measured, not new");
	tap_ok(tandem_load_rests(&l, 0, 0, TANDEM_CPU), "rests: nor does that get a home");
	tandem_load_sample(&l, 4096);
	tap_ok(tandem_load_rests(&l, 1, 1, TANDEM_CPU), "rests: new and idle may use a CPU yet");
	tap_ok(!tandem_load_rests(&l, 0, 1, TANDEM_CPU), "rests: no longer new, it's known");
	tandem_load_sample(&l, 65536);
	tap_ok(!tandem_load_rests(&l, 1, 1, TANDEM_CPU), "rests: what uses its CPU is known");
}

/* The error that it claims against that of many means. */
static void test_noise(void)
{
	double square = 0, claimed = 0;
	unsigned long long seed = 1;

	for (int i = 0; i < 2000; i++) {
		struct tandem_load l = { };
		double off;

		for (int s = 0; s < 40; s++) {
			int x = 0;

			for (int n = 0; n < 12; n++)	/* about normal */
				x += tap_random(&seed) % 65536;
			tandem_load_sample(&l, 4 * 65536 + (x - 6 * 65536) / 2);
		}
		off = tandem_load_mean(&l) - 4.0 * TANDEM_CPU;
		square += off * off;
		claimed += (double)tandem_load_noise(&l) * tandem_load_noise(&l);
	}
	printf("# variance of means %.1f, claimed %.1f\n", square / 2000, claimed / 2000);
	tap_ok(claimed > 0.8 * square && claimed < 1.6 * square,
	       "load: the standard error is what it is");
}

/* The mean that is thought after so many looks, when so many of 256 were used in some of them. */
static uint32_t rest_after(unsigned int ms, unsigned int looks, unsigned int from,
			   unsigned int until, unsigned int used)
{
	struct tandem_rest r = { };

	for (unsigned int i = 0; i < looks; i++)
		tandem_rest_saw(&r, ms * MS, i < from || i >= until ? 0 : ms * MS * used / TANDEM_CPU);
	return tandem_load_mean(&r.load);
}

static void test_rest(void)
{
	struct tandem_rest r = { };
	unsigned int most = 0, now;

	tap_ok(!rest_after(10000, 4, 0, 1, 256), "rest: what was there in one sample does not count");
	for (unsigned int begin = 0; begin < 60; begin++)
		for (unsigned int looks = 1; looks <= 160; looks++) {
			now = rest_after(500, looks, begin, begin + 16, 256);
			most = now > most ? now : most;
		}
	tap_ok(most <= 128, "rest: eight seconds of starting are half of that at most, whenever");
	tap_ok(rest_after(100, 400, 0, 400, 512) == 512 && rest_after(500, 80, 0, 80, 512) == 512 &&
	       rest_after(2000, 20, 0, 20, 512) == 512 && rest_after(3600000, 3, 0, 3, 512) == 512,
	       "rest: what lasts counts, however often one looks");
	for (int i = 0; i < 80; i++)
		tandem_rest_saw(&r, 2000 * MS, 2000 * MS * (i / 5 % 2));
	tap_ok(!tandem_load_mean(&r.load), "rest: what comes and goes does not");
	tandem_rest_saw(&r, 0, 0);
	tandem_rest_saw(&r, ~0ULL >> 1, ~0ULL);
	tandem_rest_saw(&r, 20000 * MS, ~0ULL >> 1);
	tap_ok(tandem_load_mean(&r.load) <= 2048 * TANDEM_CPU, "rest: nor more than there can be");
}

int main(void)
{
	tap_plan(7 + 3 + 6 + 7 + 7 + 1 + 5);
	test_probation();
	test_backoff();
	test_need();
	test_load();
	test_rests();
	test_noise();
	test_rest();
	return tap_end();
}
