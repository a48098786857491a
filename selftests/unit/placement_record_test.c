// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/placement_record.c, _tape.c and _replay.c: whatever the host, decisions
 * that are read back are made again to the bit; and one altered figure is seen.
 */
#include "placement_host.h"
#include "placement_replay.h"

#define HOSTS		3000
#define ROOM		(1 << 20)
#define KEPT		4000

static struct host h;
static struct tandem_record record;
static struct tandem_replay replay;
static uint32_t *word;
static uint32_t id[TANDEM_GROUPS_MAX];
static unsigned long long seed = 1;

static const struct tandem_trial_knobs trial_knobs = TANDEM_TRIAL_DEFAULTS;

/* What the plans really said, to be told again. */
static struct tandem_step said[KEPT];
static unsigned int nr_said, nr_told, told_wrong;

static unsigned int below(unsigned int n)
{
	return tap_random(&seed) % n;
}

/* Exactly so large: what is written beyond is seen. */
static void begin(unsigned int room)
{
	free(word);
	word = malloc(room * sizeof(*word));
	tandem_record_init(&record, word, room);
	nr_said = 0;
}

static void random_node(struct tandem_node *n)
{
	n->cpus = below(5) ? 1 + below(64) : 0;
	n->cores = n->cpus ? 1 + below(n->cpus) : 0;
	n->other = below(8 * TANDEM_CPU);
	n->noise = below(TANDEM_CPU);
	n->free_mib = below(n->total_mib + 1);
	for (unsigned int to = 0; to < h.snapshot.nr_nodes; to++)
		if (n->distance[to] != 10)
			n->distance[to] = 11 + below(244);
}

static void random_group(struct tandem_group *g, unsigned int nodes)
{
	g->load = below(8 * TANDEM_CPU);
	g->noise = below(64);
	g->allowed = (1 + below(~0U)) & (nodes < 32 ? (1U << nodes) - 1 : ~0U);
	g->allowed |= !g->allowed;
	g->wide = below(4) ? 0 : 1 + below(3);
	g->home = below(4) ? below(nodes) : TANDEM_NOWHERE;
	g->flags = below(3) ? 0 : below(16);
	g->grow_mib = below(512);
	for (unsigned int n = 0; n < nodes; n++) {
		g->mib[n] = below(512);
		g->fixed_mib[n] = below(8) ? 0 : below(64);
	}
	for (unsigned int i = 0; i < TANDEM_SKETCH && below(2); i++)
		g->sketch[i] = below(16);
}

static void random_host(unsigned int nodes, unsigned int groups)
{
	host_start(&h, nodes, 8, 64);
	for (unsigned int n = 0; n < nodes; n++)
		random_node(&h.node[n]);
	for (unsigned int g = 0; g < groups; g++) {
		id[g] = below(~0U);
		random_group(host_add(&h, TANDEM_NOWHERE, 0, 0), nodes);
	}
	h.knobs = (struct tandem_placement_knobs){ below(101), 1 + below(1000), below(6) };
}

/* As the module does it: up to the end, or so many steps. */
static void decide(enum tandem_record_why why, unsigned int calls)
{
	struct tandem_step step = { .kind = TANDEM_MORE };

	tandem_record_plan(&record, why, &h.snapshot, &h.knobs, id);
	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	while (calls-- && step.kind != TANDEM_DONE && step.kind != TANDEM_REFUSED) {
		tandem_plan_step(&h.plan, &step);
		tandem_record_step(&record, &step);
		if (step.kind != TANDEM_MORE && nr_said < KEPT)
			said[nr_said++] = step;
	}
	tandem_record_close(&record);
}

static void load_plan(void)
{
	struct tandem_step step;

	tandem_record_plan(&record, TANDEM_WHY_TRIALS, &h.snapshot, &h.knobs, id);
	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	do {
		tandem_plan_step(&h.plan, &step);
		tandem_record_step(&record, &step);
	} while (h.plan.stage == TANDEM_LOADING);
	tandem_record_close(&record);
	if (step.kind != TANDEM_MORE && nr_said < KEPT)
		said[nr_said++] = step;
}

static void try_on(unsigned int g)
{
	struct tandem_recorded_trial t = {
		.id = id[g], .group = g, .knobs = trial_knobs,
		.before = { below(100000), below(1025), below(h.snapshot.nr_nodes), below(5), below(8) },
		.facts = { below(100000), below(1025), 0, below(2) },
	};

	t.facts.needed = tandem_still_needed(&h.plan, g, t.before.from);
	t.after = t.before;
	t.act = tandem_trial_next(&t.after, &t.knobs, &t.facts);
	tandem_record_trial(&record, &t);
}

static void by_2011(void)
{
	struct tandem_recorded_2011 d = { .nr = below(TANDEM_NODES_MAX + 1) };

	for (unsigned int n = 0; n < d.nr; n++)
		d.node[n] = (struct tandem_vmb_node){ below(30), below(20) ? 1 + below(8) : 0 };
	d.good = tandem_vmb2011(d.node, d.nr, &d.result);
	tandem_record_2011(&record, &d);
}

static int same_choice(const struct tandem_choice *a, const struct tandem_choice *b)
{
	return a->nr == b->nr && a->from == b->from && a->to == b->to && a->mib == b->mib &&
	       a->gain == b->gain && !memcmp(a->group, b->group, a->nr * sizeof(a->group[0]));
}

static int same_step(const struct tandem_step *a, const struct tandem_step *b)
{
	int same = a->kind == b->kind && a->reason == b->reason && a->bad == b->bad &&
		   a->bad_at == b->bad_at && a->urgent == b->urgent &&
		   a->nr_beaten == b->nr_beaten && same_choice(&a->choice, &b->choice);

	for (unsigned int i = 0; same && i < a->nr_beaten; i++)
		same = same_choice(&a->beaten[i], &b->beaten[i]);
	return same;
}

static void told(const struct tandem_replay *r)
{
	if (nr_told < nr_said)
		told_wrong += !same_step(&r->said, &said[nr_told]) ||
			      !same_step(&r->got, &said[nr_told]);
	nr_told++;
}

/* How many are the same before the first that is not, and what that is. */
static unsigned int again(enum tandem_replayed *last)
{
	unsigned int at = 0, n = 0;

	memset(&replay, 0, sizeof(replay));
	replay.told = told;
	nr_told = 0;
	told_wrong = 0;
	*last = TANDEM_SAME;
	while (at < record.begin) {
		*last = tandem_replay(&replay, word + at, record.begin - at);
		if (*last != TANDEM_SAME)
			break;
		at += replay.words;
		n++;
	}
	return n;
}

static int all_same(void)
{
	enum tandem_replayed last;

	return again(&last) == record.records && last == TANDEM_SAME && nr_told == nr_said &&
	       !told_wrong;
}

static void decide_all(unsigned int trials)
{
	decide(TANDEM_WHY_MOVES, STEPS_MAX);
	decide(TANDEM_WHY_BIRTH, below(5));
	load_plan();
	while (h.plan.stage != TANDEM_FAILED && trials-- && h.snapshot.nr_groups)
		try_on(below(h.snapshot.nr_groups));
	by_2011();
	decide(TANDEM_WHY_HOMES, below(3));
}

static void test_random(void)
{
	unsigned int good = 0, steps = 0, trials = 0;

	begin(ROOM);
	for (unsigned int i = 0; i < HOSTS; i++) {
		random_host(1 + below(below(4) ? 5 : TANDEM_NODES_MAX), below(below(10) ? 12 : 120));
		tandem_record_init(&record, word, ROOM);
		nr_said = 0;
		decide_all(4);
		good += all_same();
		steps += nr_told;
		trials += record.records - 5;
	}
	tap_ok(good == HOSTS, "3000 hosts: read back, each decision is made again to the bit");
	tap_ok(steps > 2 * HOSTS && trials > HOSTS, "... of each kind there are many");
	random_host(32, 2048);
	begin(ROOM);
	decide(TANDEM_WHY_MOVES, 40);
	tap_ok(record.records == 1 && all_same(), "the largest host fits into 4 MiB");
	host_start(&h, 4, 4, 16);
	h.knobs.gain_min = 0;
	begin(ROOM);
	decide(TANDEM_WHY_MOVES, 3);
	tap_ok(nr_said == 1 && all_same(), "a snapshot that is refused is refused again");
}

/* Six VMs, five of them on one node: there is something to move. */
static void piled(void)
{
	host_start(&h, 4, 4, 16);
	host_add_many(&h, 0, 5);
	host_add_many(&h, 1, 1);
	for (unsigned int g = 0; g < 6; g++)
		id[g] = 1000 + g;
	begin(ROOM);
	decide(TANDEM_WHY_MOVES, STEPS_MAX);
	load_plan();
	for (unsigned int g = 0; g < 6; g++)
		try_on(g);
	by_2011();
}

static void mend_sums(void)
{
	unsigned int at = 0, words;

	for (; at + TANDEM_RECORD_BODY <= record.begin; at += words) {
		words = word[at + TANDEM_RECORD_WORDS];
		if (words < TANDEM_RECORD_BODY || words > record.begin - at)
			return;
		word[at + TANDEM_RECORD_SUM] = tandem_record_sum(word + at + 1, words - 1);
	}
}

static int is_seen(unsigned int at, uint32_t flip, int mend)
{
	enum tandem_replayed last;
	uint32_t old = word[at];

	word[at] ^= flip;
	if (mend)
		mend_sums();
	again(&last);
	word[at] = old;
	if (mend)
		mend_sums();
	return last != TANDEM_SAME;
}

static void test_altered(void)
{
	unsigned int seen = 0, end, first;

	piled();
	for (unsigned int i = 0; i < record.begin; i++)
		seen += is_seen(i, 1U << below(32), 0);
	tap_ok(seen == record.begin && all_same(), "one bit of any word altered: it is seen");
	end = word[TANDEM_RECORD_WORDS];
	first = TANDEM_RECORD_BODY + 5 + 4 * 10 + 6 * (8 + 8 + TANDEM_SKETCH);
	seen = 0;
	for (unsigned int i = first; i < end; i++)
		for (unsigned int bit = 0; bit < 32; bit++)
			seen += is_seen(i, 1U << bit, 1);
	tap_ok(first < end && seen == 32 * (end - first),
	       "and where the sum is right: any bit of what a plan says");
	seen = is_seen(TANDEM_RECORD_CALLS, 1, 1) + is_seen(TANDEM_RECORD_STEPS, 1, 1);
	tap_ok(seen == 2, "... how often it was asked, and how many steps it took");
	tap_ok(is_seen(TANDEM_RECORD_BODY + 5 + 4 * 10 + 1, 4 * TANDEM_CPU, 1),
	       "... the load of a VM that it moves");
}

/* Where the first of a kind begins. */
static unsigned int find(enum tandem_record_kind kind)
{
	unsigned int at = 0;

	while (at < record.begin && word[at + TANDEM_RECORD_KIND] != kind)
		at += word[at + TANDEM_RECORD_WORDS];
	return at;
}

/* Also of those whose need does not matter now: needed, copied, act, and six words follow. */
static unsigned int needs_seen(unsigned int at)
{
	unsigned int seen = 0;

	for (; word[at + TANDEM_RECORD_KIND] == TANDEM_RECORD_TRIAL;
	     at += word[at + TANDEM_RECORD_WORDS])
		seen += is_seen(at + word[at + TANDEM_RECORD_WORDS] - 9, 1, 1);
	return seen;
}

static void test_trials(void)
{
	enum tandem_replayed last;
	unsigned int at, end, needed;

	piled();
	at = find(TANDEM_RECORD_TRIAL);
	end = at + word[at + TANDEM_RECORD_WORDS];
	needed = end - 9;
	tap_ok(needs_seen(at) == 6, "a move that was not needed, or was: it is seen");
	tap_ok(is_seen(needed + 2, 1, 1) && is_seen(end - 1, 1, 1) && is_seen(end - 2, 1, 1),
	       "what was done about a move");
	tap_ok(is_seen(at + TANDEM_RECORD_BODY, 1, 1), "whose move it was");
	memmove(word, word + at, (record.begin - at) * sizeof(*word));
	record.begin -= at;
	record.records -= 2;
	word[needed - at] ^= 1;
	mend_sums();
	again(&last);
	tap_ok(!replay.founded, "a trial whose plan is not there any more stands for itself");
	at = find(TANDEM_RECORD_2011);
	tap_ok(is_seen(at + word[at + TANDEM_RECORD_WORDS] - 1, 1, 1), "what the rule of 2011 said");
}

static int numbers_follow(unsigned int last)
{
	unsigned int at = 0, number = last - record.records;

	for (; at < record.begin; at += word[at + TANDEM_RECORD_WORDS])
		if (word[at + TANDEM_RECORD_NUMBER] != ++number)
			return 0;
	return at == record.begin && number == last;
}

static void test_room(void)
{
	uint32_t head[TANDEM_RECORD_HEAD];
	unsigned int good = 1;
	enum tandem_replayed last;

	begin(2000);
	for (unsigned int i = 0; i < 400; i++) {
		random_host(4, 1 + below(20));
		decide_all(3);
		good &= record.begin <= 2000 && record.begin && numbers_follow(record.made) &&
			again(&last) == record.records && last == TANDEM_SAME;
	}
	tap_ok(good, "a small room: the last decisions are kept, whole, the oldest go");
	tandem_record_head(&record, head);
	tap_ok(head[TANDEM_HEAD_MADE] >= 2000 && !head[TANDEM_HEAD_LOST] &&
	       head[TANDEM_HEAD_RECORDS] == record.records && head[TANDEM_HEAD_WORDS] == record.begin,
	       "... and the head says how many there were");
	random_host(8, 200);
	decide(TANDEM_WHY_MOVES, 10);
	tap_ok(record.lost == 1 && !record.begin, "one that is larger than the room is counted");
	random_host(2, 3);
	decide(TANDEM_WHY_MOVES, STEPS_MAX);
	tap_ok(record.records == 1 && record.lost == 1 && again(&last) == 1, "... and the next is kept");
}

/* With sums that are right, so that all else is looked at. */
static void test_fuzz(void)
{
	enum tandem_replayed last;
	unsigned int words, at;
	uint32_t *whole;
	int good = 1;

	piled();
	words = record.begin;
	whole = malloc(words * sizeof(*whole));
	memcpy(whole, word, words * sizeof(*whole));
	for (unsigned int i = 0; i < 20000; i++) {
		for (int n = 0; n < 8; n++) {
			at = below(words);
			word[at] = below(2) ? word[at] ^ 1U << below(32) : below(~0U) >> below(32);
		}
		mend_sums();
		again(&last);
		good &= last <= TANDEM_DAMAGED;
		memcpy(word, whole, words * sizeof(*whole));
	}
	free(whole);
	tap_ok(good && all_same(), "20,000 files of nonsense: each is read to its end, or refused");
}

int main(void)
{
	tap_plan(18);
	test_random();
	test_altered();
	test_trials();
	test_room();
	test_fuzz();
	free(word);
	return tap_end();
}
