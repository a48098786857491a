// SPDX-License-Identifier: GPL-2.0
/* module/policy/memory_copy.c: passes, pauses, and when a copy gives up. */
#include <stdint.h>

#include "memory_copy.h"
#include "tap.h"

static const struct tandem_copy_knobs knobs = TANDEM_COPY_DEFAULTS;

static enum tandem_copy_act next(struct tandem_copy *c, uint64_t ms, int at_end, int room)
{
	struct tandem_copy_facts facts = { .now_ms = ms, .at_end = at_end, .room = room };

	return tandem_copy_next(c, &knobs, &facts);
}

static void test_pass(void)
{
	struct tandem_copy c = { };
	int chunks = 1;

	tap_ok(next(&c, 1, 0, 1) == TANDEM_COPY_END && !tandem_copy_active(&c),
	       "none: nothing is copied");
	tandem_copy_start(&c, 1000);
	for (int i = 0; i < 100; i++) {
		chunks &= next(&c, 1000, 0, 1) == TANDEM_COPY_CHUNK;
		tandem_copy_count(&c, 1000, 512, 0);
	}
	tap_ok(chunks && tandem_copy_active(&c), "a pass: chunk by chunk, without a pause");
	tap_ok(next(&c, 1000, 1, 1) == TANDEM_COPY_END && !tandem_copy_active(&c),
	       "... nothing is left: that was all");
	tap_ok(next(&c, 2000, 1, 1) == TANDEM_COPY_END, "... and nothing follows");
}

/* How many passes are made where each leaves so many pages? */
static unsigned int passes(uint64_t left, uint64_t *ms)
{
	struct tandem_copy c;
	unsigned int n = 1;

	tandem_copy_start(&c, *ms);
	tandem_copy_count(&c, *ms, 0, left);
	for (; tandem_copy_active(&c); *ms += 100) {
		if (next(&c, *ms, 1, 1) != TANDEM_COPY_AGAIN)
			continue;
		tandem_copy_count(&c, *ms, 0, left);
		n++;
	}
	return n;
}

static void test_passes(void)
{
	uint64_t ms = 1000;
	struct tandem_copy c;

	tandem_copy_start(&c, ms);
	tandem_copy_count(&c, ms, 0, 1);
	tap_ok(next(&c, ms, 1, 1) == TANDEM_COPY_AGAIN &&
	       next(&c, ms + 499, 0, 1) == TANDEM_COPY_WAIT &&
	       next(&c, ms + 500, 0, 1) == TANDEM_COPY_CHUNK,
	       "a page is left: another pass, after a pause");
	tap_ok(next(&c, ms + 500, 1, 1) == TANDEM_COPY_END, "... that leaves none: the last");
	tap_ok(passes(0, &ms) == 1, "one pass, where it leaves nothing");
	tap_ok(passes(1000, &ms) == 3, "no more than three where they leave pages always");
}

static void test_room(void)
{
	struct tandem_copy c;
	uint64_t ms;

	tandem_copy_start(&c, 1000);
	for (ms = 1000; ms < 11000 && next(&c, ms, 0, 0) == TANDEM_COPY_WAIT; ms += 100)
		;
	tap_ok(ms == 11000, "no room: it waits for ten seconds");
	tap_ok(next(&c, ms, 0, 0) == TANDEM_COPY_END && !tandem_copy_active(&c),
	       "... and gives up");
	tandem_copy_start(&c, 1000);
	next(&c, 9000, 0, 0);
	tap_ok(tandem_copy_pauses(&c, &knobs, 9499) && !tandem_copy_pauses(&c, &knobs, 9500),
	       "no room: it pauses, and nobody looks for any meanwhile");
	tap_ok(next(&c, 9499, 0, 1) == TANDEM_COPY_WAIT &&
	       next(&c, 9500, 0, 1) == TANDEM_COPY_CHUNK,
	       "room again: it goes on, after the pause");
	tandem_copy_count(&c, 9500, 1, 0);
	tap_ok(next(&c, 19000, 0, 0) == TANDEM_COPY_WAIT, "... and has patience again");
	tandem_copy_start(&c, 1000);
	tandem_copy_count(&c, 10500, 0, 512);
	tap_ok(next(&c, 11000, 0, 0) == TANDEM_COPY_END, "what did not move is no reason for more");
}

static void test_barred(void)
{
	struct tandem_copy c;
	struct tandem_copy_facts barred = { .room = 1, .barred = 1 };
	int waits = 1;

	tandem_copy_start(&c, 1000);
	for (barred.now_ms = 1000; barred.now_ms < 600000; barred.now_ms += 100)
		waits &= tandem_copy_next(&c, &knobs, &barred) == TANDEM_COPY_WAIT;
	tap_ok(waits, "barred: it waits, for as long as that lasts");
	barred.at_end = 1;
	tap_ok(tandem_copy_next(&c, &knobs, &barred) == TANDEM_COPY_WAIT,
	       "... also at the end of a pass");
	tap_ok(next(&c, 601000, 0, 0) == TANDEM_COPY_WAIT, "... which costs it no patience");
}

static void test_clock(void)
{
	struct tandem_copy c;

	tandem_copy_start(&c, 100000);
	tandem_copy_pause(&c, 100000);
	tap_ok(next(&c, 50, 0, 1) == TANDEM_COPY_WAIT, "a clock that goes back ends no pause");
	tap_ok(next(&c, UINT64_MAX, 0, 1) == TANDEM_COPY_CHUNK, "and the end of time does");
	tandem_copy_stop(&c);
	tap_ok(next(&c, UINT64_MAX, 0, 1) == TANDEM_COPY_END, "stopped: nothing is copied");
}

int main(void)
{
	tap_plan(20);
	test_pass();
	test_passes();
	test_room();
	test_barred();
	test_clock();
	return tap_end();
}
