// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/poll_window.c: against the best fixed window in hindsight, against
 * the ski-rental rule whoever chooses the idles, and with whatever there may be.
 *
 * Costs are in ns and per mille, as the policy has them: a halt is 20 us unless a test
 * says otherwise.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tap.h"
#include "poll_window.h"
#include "steps.h"

#define US		1000ULL
#define MS		1000000ULL
#define IDLES		20000
#define SEEDS		6
/* With sanitizers, which take ten instructions for one. */
#define MOST_STEPS	12000
/* Halts that learning may lose before it is not followed: see charge(). */
#define LIMIT_HALTS	16

static const struct tandem_poll_knobs dear = { 0, 1 * MS, 1000, 20 * US };
static const struct tandem_poll_knobs cheap = { 0, 1 * MS, 100, 20 * US };

static uint64_t cost_of(uint64_t idle, uint64_t window, const struct tandem_poll_knobs *k)
{
	if (idle <= window)
		return idle * k->price;
	return window * k->price + k->halt_cost_ns * 1000ULL;
}

static uint64_t break_even(const struct tandem_poll_knobs *k)
{
	uint64_t ns = k->price ? k->halt_cost_ns * 1000ULL / k->price : UINT64_MAX;

	ns = ns < k->min_ns ? k->min_ns : ns;
	return ns < k->max_ns ? ns : k->max_ns;
}

/* One idle under the policy: what it cost. */
static uint64_t idle(struct tandem_poll *p, uint64_t ns, const struct tandem_poll_knobs *k)
{
	uint64_t cost = cost_of(ns, tandem_poll_window(p, k), k);

	tandem_poll_saw(p, ns, k);
	return cost;
}

static double chance(unsigned long long *seed)
{
	return ((tap_random(seed) >> 11) + 0.5) / (1ULL << 53);
}

static double about(unsigned long long *seed, double ns)
{
	return ns * (0.75 + 0.5 * chance(seed));
}

static double exponential(unsigned long long *seed, double mean)
{
	return -mean * log(chance(seed));
}

static double equal(unsigned long long *seed, double ns)
{
	(void)seed;
	return ns;
}

static double near(unsigned long long *seed, double ns)
{
	return ns * (0.99 + 0.02 * chance(seed));
}

static double mostly_5us(unsigned long long *seed, double other)
{
	return about(seed, chance(seed) < 0.9 ? 5 * US : other);
}

static double half_14us(unsigned long long *seed, double other)
{
	return about(seed, chance(seed) < 0.5 ? 14 * US : other);
}

static double pareto(unsigned long long *seed, double shape)
{
	double ns = 5 * US * pow(chance(seed), -1 / shape);

	return ns < 1e12 ? ns : 1e12;
}

static double weibull(unsigned long long *seed, double shape)
{
	return 30 * US * pow(-log(chance(seed)), 1 / shape);
}

static double log_normal(unsigned long long *seed, double sigma)
{
	double u = chance(seed);

	return 20 * US * exp(sigma * sqrt(-2 * log(u)) * cos(2 * M_PI * chance(seed)));
}

/* One in a hundred is a tick's, and the others are as exact as a peer is. */
static double ping_pong(unsigned long long *seed, double ns)
{
	if (chance(seed) < 0.01)
		return 4 * MS * chance(seed);
	return ns * (0.8 + 0.1 * (chance(seed) + chance(seed) + chance(seed) + chance(seed)));
}

static double mixed(unsigned long long *seed, double longest)
{
	double u = chance(seed);

	return exponential(seed, u < 0.5 ? 4 * US : u < 0.8 ? longest / 10 : longest);
}

struct lengths {
	const char *name;
	double (*draw)(unsigned long long *seed, double what);
	double what;
};

static const struct lengths steady[] = {
	{ "all 5 us", equal, 5 * US },
	{ "all 150 us", equal, 150 * US },
	{ "about 19 us", near, 19 * US },
	{ "about 45 us", near, 45 * US },
	{ "about 60 us", near, 60 * US },
	{ "exponential, 10 us", exponential, 10 * US },
	{ "exponential, 100 us", exponential, 100 * US },
	{ "exponential, 1 ms", exponential, 1 * MS },
	{ "90 % 5 us, 10 % 1 ms", mostly_5us, 1 * MS },
	{ "90 % 5 us, 10 % 50 us", mostly_5us, 50 * US },
	{ "half 14 us, half 500 us", half_14us, 500 * US },
	{ "Pareto 1.2", pareto, 1.2 },
	{ "log-normal 1.5", log_normal, 1.5 },
	{ "Weibull 0.5", weibull, 0.5 },
	{ "Weibull 2", weibull, 2 },
	{ "ping-pong, 5 us", ping_pong, 5 * US },
	{ "three exponentials", mixed, 400 * US },
};

#define NR_STEADY	(sizeof(steady) / sizeof(*steady))

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double best_fixed(const uint64_t *ns, const struct tandem_poll_knobs *k)
{
	static uint64_t sorted[IDLES];
	double best = IDLES * 1000.0 * k->halt_cost_ns, below = 0, cost;

	memcpy(sorted, ns, sizeof(sorted));
	qsort(sorted, IDLES, sizeof(*sorted), by_length);
	for (int i = 0; i < IDLES && sorted[i] <= k->max_ns; i++) {
		below += (double)sorted[i] * k->price;
		cost = below + (IDLES - i - 1.0) *
		       ((double)sorted[i] * k->price + 1000.0 * k->halt_cost_ns);
		best = cost < best ? cost : best;
	}
	return best;
}

static double ratio(const struct lengths *l, const struct tandem_poll_knobs *k,
		    unsigned long long seed)
{
	static uint64_t ns[IDLES];
	struct tandem_poll p = { };
	double cost = 0;

	for (int i = 0; i < IDLES; i++) {
		ns[i] = l->draw(&seed, l->what);
		cost += idle(&p, ns[i], k);
	}
	return cost / best_fixed(ns, k);
}

static void test_steady(const struct lengths *l, const struct tandem_poll_knobs *k)
{
	double worst = 0, r;
	char name[100];

	for (int seed = 1; seed <= SEEDS; seed++) {
		r = ratio(l, k, seed * 7919);
		worst = r > worst ? r : worst;
	}
	snprintf(name, sizeof(name), "%s, price %g: at most 1.03 of the best fixed window",
		 l->name, k->price / 1000.0);
	printf("# %.4f\n", worst);
	tap_ok(worst <= 1.03, name);
}

/* What @n idles of one length cost, in halts. */
static double halts(struct tandem_poll *p, int n, uint64_t ns, const struct tandem_poll_knobs *k)
{
	unsigned long long seed = n;
	uint64_t cost = 0;

	while (n--)
		cost += idle(p, about(&seed, ns), k);
	return cost / 1000.0 / k->halt_cost_ns;
}

/* Each in turns, the first time and when it is known. */
static void test_phases(void)
{
	struct tandem_poll p = { };
	double first, again;

	halts(&p, 500, 5 * US, &dear);
	first = halts(&p, 500, 500 * US, &dear) - 500;
	tap_ok(first < 2, "5 us, then 500 us: less than 2 halts lost by polling in vain");
	first = halts(&p, 500, 5 * US, &dear) - 125;
	tap_ok(first < 8, "and back: less than 8 halts lost");
	again = halts(&p, 500, 500 * US, &dear) - 500 + halts(&p, 500, 5 * US, &dear) - 125;
	printf("# %.2f %.2f\n", first, again);
	tap_ok(again < 3, "once known, there and back: less than 3");
}

/* Or @ns, or 2 ms: how the cost of 1000 of them compares with that of polling @ns. */
static double half_long(struct tandem_poll *p, int n, uint64_t ns)
{
	static const struct tandem_poll_knobs low = { 0, 1 * MS, 400, 20 * US };
	unsigned long long seed = n;
	double cost = 0;

	for (int i = 0; i < n; i++)
		cost += idle(p, near(&seed, chance(&seed) < 0.5 ? ns : 2 * MS), &low);
	return cost / (n / 2 * (2.0 * ns * low.price + 20 * MS));
}

/* Both are short, so that no context tells them apart: what is remembered has to fade. */
static void test_fading(void)
{
	struct tandem_poll p = { };
	double r;

	half_long(&p, 20000, 45 * US);
	half_long(&p, 1000, 5 * US);
	r = half_long(&p, 1000, 5 * US);
	printf("# %.3f of the best\n", r);
	tap_ok(r < 1.1, "45 us or 2 ms, later 5 us or 2 ms: 45 us is forgotten");
}

/* The short one of two lengths is polled, the long one is not, without a mistake. */
static void test_context(void)
{
	struct tandem_poll p = { };
	unsigned long long seed = 1;
	uint64_t cost = 0;

	for (int i = 0; i < 200; i++)
		idle(&p, about(&seed, i % 2 ? 5 * US : 300 * US), &dear);
	for (int i = 0; i < 1000; i++)
		cost += idle(&p, about(&seed, i % 2 ? 5 * US : 300 * US), &dear);
	tap_ok(cost < 1000 * 13 * US * 1000, "5 us and 300 us by turns: each its own window");
}

static void test_start(void)
{
	struct tandem_poll p = { };

	tap_ok(tandem_poll_window(&p, &dear) == 20 * US, "nothing learned: break even");
	tap_ok(tandem_poll_window(&p, &cheap) == 200 * US, "... at any price");
	tandem_poll_saw(&p, 4 * MS, &cheap);
	tap_ok(tandem_poll_window(&p, &cheap) == 0, "after one long idle another is awaited");
	tandem_poll_saw(&p, 30 * US, &cheap);
	tap_ok(tandem_poll_window(&p, &cheap) == 200 * US, "... not after a short one");
}

/* Whoever asks gets within the bounds at once, whatever was learned. */
static void test_knobs(void)
{
	struct tandem_poll_knobs k = cheap;
	struct tandem_poll p = { };

	halts(&p, 300, 30 * US, &k);
	tap_ok(tandem_poll_window(&p, &k) >= 30 * US, "30 us: polled");
	k.max_ns = 0;
	tap_ok(tandem_poll_window(&p, &k) == 0, "ceiling 0: no polling");
	k = cheap;
	tap_ok(tandem_poll_window(&p, &k) >= 30 * US, "... only as long as it is 0");
	k.max_ns = 10 * US;
	tap_ok(tandem_poll_window(&p, &k) <= 10 * US, "a lower ceiling");
	k.max_ns = 1 * US;
	halts(&p, 300, 30 * US, &k);
	tandem_poll_window(&p, &k);
	tap_ok(tandem_poll_window(&p, &cheap) >= 30 * US, "... that is lifted in an idle");
	k = cheap;
	k.price = 0;
	tap_ok(tandem_poll_window(&p, &k) == k.max_ns, "price 0: the ceiling");
	k = cheap;
	k.price = UINT32_MAX;
	tap_ok(tandem_poll_window(&p, &k) == 0, "the highest price: no polling");
	k = cheap;
	k.halt_cost_ns = 0;
	tap_ok(tandem_poll_window(&p, &k) == 0, "halts that cost nothing: no polling");
	k.min_ns = 7 * US;
	tap_ok(tandem_poll_window(&p, &k) == 7 * US, "... but what the lower bound asks for");
	k.max_ns = 5 * US;
	tap_ok(tandem_poll_window(&p, &k) == 5 * US, "bounds crossed: the upper one");
}

static uint64_t hostile(unsigned long long *seed)
{
	uint64_t value = tap_random(seed) >> tap_random(seed) % 64;

	switch (tap_random(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return ~0ULL - value % 3;
	default:
		return value;
	}
}

static struct tandem_poll_knobs hostile_knobs(unsigned long long *seed)
{
	return (struct tandem_poll_knobs){ hostile(seed), hostile(seed), hostile(seed),
					   hostile(seed) };
}

static int in_bounds(const struct tandem_poll_knobs *k, uint64_t window)
{
	return window <= k->max_ns && (window >= k->min_ns || window == k->max_ns);
}

/* UBSan sees what overflows. */
static void test_hostile(void)
{
	unsigned long long seed = 1;
	int good = 1;

	for (int game = 0; game < 500; game++) {
		struct tandem_poll_knobs k = hostile_knobs(&seed);
		struct tandem_poll p = { };

		for (int i = 0; i < 600; i++) {
			if (tap_random(&seed) % 200 == 0)
				k = hostile_knobs(&seed);
			good &= in_bounds(&k, tandem_poll_window(&p, &k));
			tandem_poll_saw(&p, hostile(&seed), &k);
		}
	}
	tap_ok(good, "any lengths and knobs: within the bounds");
}

static void test_extremes(void)
{
	static const uint64_t lengths[] = { 0, 1, 255, 256, UINT32_MAX, UINT64_MAX };
	char name[100];

	for (size_t n = 0; n < sizeof(lengths) / sizeof(*lengths); n++) {
		struct tandem_poll p = { };
		uint64_t cost = 0;

		for (int i = 0; i < 100; i++)
			idle(&p, lengths[n], &dear);
		for (int i = 0; i < 1000; i++)
			cost += idle(&p, lengths[n], &dear);
		snprintf(name, sizeof(name), "all idles %llu ns: %s",
			 (unsigned long long)lengths[n], n < 4 ? "never halted" : "never polled");
		tap_ok(cost == (n < 4 ? 1000 * lengths[n] * 1000 : 1000 * 20 * US * 1000), name);
	}
}

/* From one and the same state, what do prices change? */
static int monotone(const struct tandem_poll *learned, const struct tandem_poll_knobs *knobs)
{
	static const uint32_t prices[] = { 0, 1, 10, 50, 100, 200, 500, 800, 1000, 1500, 3000,
					   10000, 100000, 1000000, UINT32_MAX };
	uint32_t last = UINT32_MAX, window;
	struct tandem_poll_knobs k = *knobs;

	for (size_t i = 0; i < sizeof(prices) / sizeof(*prices); i++) {
		struct tandem_poll p = *learned;

		k.price = prices[i];
		for (int context = 0; context < TANDEM_POLL_CONTEXTS; context++)
			p.after[context].fresh = UINT32_MAX;	/* chosen anew */
		window = tandem_poll_window(&p, &k);
		if (window > last)
			return 0;
		last = window;
	}
	return last <= 20;	/* where a halt breaks even */
}

static void test_monotone(void)
{
	unsigned long long seed = 1;
	int good = 1;

	for (int game = 0; game < 2000; game++) {
		const struct lengths *l = &steady[tap_random(&seed) % NR_STEADY];
		struct tandem_poll p = { };

		for (int i = tap_random(&seed) % 400; i > 0; i--) {
			if (tap_random(&seed) % 100 == 0)
				l = &steady[tap_random(&seed) % NR_STEADY];
			idle(&p, l->draw(&seed, l->what), game % 2 ? &dear : &cheap);
		}
		good &= monotone(&p, &dear);
	}
	tap_ok(good, "a higher price never gives a longer window");
}

/* Adversaries see the window before they choose. */
enum adversary { JUST_BEYOND, FAR_BEYOND, TEACH_AND_BETRAY, CONTRARY, CLIMB, ANY, ADVERSARIES };

static const char *const adversaries[] = {
	"each a little longer than its window", "short under a short window, else long",
	"teaches a length and betrays it", "always what the window is wrong for",
	"lengths that climb out of each window", "lengths of any kind",
};

static uint64_t betray(unsigned long long *seed, uint64_t window, int turn)
{
	static uint64_t lesson;

	if (turn % 300 == 0)
		lesson = 1 + tap_random(seed) % (300 * US);
	return turn % 300 < 150 ? lesson : window + 1 + tap_random(seed) % (10 * US);
}

static uint64_t against(enum adversary a, unsigned long long *seed, uint64_t window, int turn)
{
	switch (a) {
	case JUST_BEYOND:
		return window + 1;
	case FAR_BEYOND:
		return window < 10 * US ? 15 * US : 50 * MS;
	case TEACH_AND_BETRAY:
		return betray(seed, window, turn);
	case CONTRARY:
		return window ? 50 * MS : 1;
	case CLIMB:
		return window + window / 16 + turn % 7 * 100;
	default:
		return hostile(seed);
	}
}

/**
 * struct account - the policy's cost beyond twice that of the ski-rental rule
 * @excess:	from the beginning on
 * @least:	that it ever was
 * @worst:	from any idle on
 * @ratio:	of the two costs
 */
struct account {
	double excess;
	double least;
	double worst;
	double ratio;
};

static struct account play(enum adversary a, const struct tandem_poll_knobs *k,
			   unsigned long long seed)
{
	struct tandem_poll p = { };
	struct account acc = { };
	double cost = 0, rule = 0;

	for (int turn = 0; turn < 3000; turn++) {
		uint64_t window = tandem_poll_window(&p, k);
		uint64_t ns = against(a, &seed, window, turn);

		tandem_poll_saw(&p, ns, k);
		cost += cost_of(ns, window, k);
		rule += cost_of(ns, break_even(k), k);
		acc.excess = cost - 2 * rule;
		acc.least = acc.excess < acc.least ? acc.excess : acc.least;
		acc.worst = fmax(acc.worst, acc.excess - acc.least);
	}
	acc.ratio = cost / rule;
	return acc;
}

/* The constant that charge() states. */
static double constant(const struct tandem_poll_knobs *k)
{
	return LIMIT_HALTS * 1000.0 * k->halt_cost_ns + cost_of(UINT64_MAX, k->max_ns, k);
}

static void test_adversary(enum adversary a)
{
	static const struct tandem_poll_knobs knobs[] = {
		{ 0, 1 * MS, 1000, 20 * US }, { 0, 1 * MS, 100, 20 * US },
		{ 0, 200 * US, 100, 5 * US }, { 2 * US, 50 * US, 3000, 100 * US },
		{ 0, 4 * MS, 1, 1 * US }, { 0, 10 * US, 10, 1 * MS },
	};
	double worst = 0, most_ratio = 0;
	char name[140];
	int good = 1;

	for (size_t i = 0; i < sizeof(knobs) / sizeof(*knobs); i++)
		for (int seed = 1; seed <= 8; seed++) {
			struct account acc = play(a, &knobs[i], seed);

			good &= acc.worst <= constant(&knobs[i]);
			worst = fmax(worst, acc.worst / constant(&knobs[i]));
			most_ratio = fmax(most_ratio, acc.ratio);
		}
	printf("# %.3f of the constant; %.3f times the ski-rental rule's cost\n", worst,
	       most_ratio);
	snprintf(name, sizeof(name), "%s: at most twice the ski-rental rule", adversaries[a]);
	tap_ok(good, name);
}

/* Where what was learned is wrong each time, the rule is followed nearly always. */
static void test_fallback(void)
{
	struct tandem_poll p = { };
	uint64_t followed = 0;

	for (int i = 0; i < 3000; i++) {
		uint64_t window = tandem_poll_window(&p, &cheap);

		followed += window == 200 * US;
		tandem_poll_saw(&p, p.learned_ns + 1 + p.learned_ns / 2, &cheap);
	}
	printf("# %llu of 3000\n", (unsigned long long)followed);
	tap_ok(followed > 2000, "learning that is wrong each time is not followed");
}

/* One update, instruction by instruction, from states with all rungs in use. */
static void test_work(void)
{
	struct tandem_poll p = { };
	unsigned long long seed = 1;
	unsigned int worst = 0, taken;

	for (int i = 0; i < 300; i++) {
		uint64_t ns = tap_random(&seed) >> (43 + tap_random(&seed) % 14);

		steps_begin();
		tandem_poll_window(&p, &cheap);
		tandem_poll_saw(&p, ns, &cheap);
		taken = steps_end();
		worst = taken > worst ? taken : worst;
	}
	printf("# at most %u instructions, with sanitizers\n", worst);
	tap_ok(worst && worst < MOST_STEPS, "bounded work");
	tap_ok(sizeof(struct tandem_poll) <= 1536, "at most 1536 bytes for a CPU");
}

int main(void)
{
	tap_plan(2 * NR_STEADY + 3 + 1 + 1 + 4 + 10 + 1 + 6 + 1 + ADVERSARIES + 1 + 2);
	for (size_t i = 0; i < NR_STEADY; i++) {
		test_steady(&steady[i], &dear);
		test_steady(&steady[i], &cheap);
	}
	test_phases();
	test_fading();
	test_context();
	test_start();
	test_knobs();
	test_hostile();
	test_extremes();
	test_monotone();
	for (int a = 0; a < ADVERSARIES; a++)
		test_adversary(a);
	test_fallback();
	test_work();
	return tap_end();
}
