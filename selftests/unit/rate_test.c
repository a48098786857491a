// SPDX-License-Identifier: GPL-2.0
/* module/policy/rate.c: who stays below its share is never over, others are. */
#include <stdint.h>

#include "rate.h"
#include "tap.h"

#define MS 1000000ULL
#define SECOND (1000 * MS)

/* Uses @use ns of each ms, for two seconds; in how many of the ms was it over? */
static int ms_over(uint64_t use, uint32_t percent)
{
	struct tandem_rate rate = { 0 };
	uint64_t now = 77 * SECOND;
	int over = 0;

	for (int i = 0; i < 2000; i++) {
		now += MS;
		tandem_rate_charge(&rate, now, use, 10 * percent);
		over += tandem_rate_over(&rate, now, 10 * percent);
	}
	return over;
}

/* One that stops when it is over: how much does it get in 10 s, in percent? */
static uint64_t gets(uint64_t want, uint32_t percent)
{
	struct tandem_rate rate = { 0 };
	uint64_t now = SECOND, used = 0;

	for (int i = 0; i < 10000; i++) {
		now += MS;
		if (tandem_rate_over(&rate, now, 10 * percent))
			continue;
		tandem_rate_charge(&rate, now, want, 10 * percent);
		used += want;
	}
	return used / (10 * SECOND / 100);
}

static void test_share(void)
{
	tap_ok(ms_over(MS / 2, 50) == 0, "one that uses its 50 percent is never over");
	tap_ok(ms_over(MS * 51 / 100, 50) == 0, "... nor one a little beyond, for two seconds");
	tap_ok(ms_over(MS, 50) > 1700, "one that uses a whole CPU is over after 0.2 s");
	tap_ok(ms_over(MS, 100) == 0, "... unless that is its share");
	tap_ok(ms_over(MS / 100, 1) == 0, "one percent of one percent");
	for (uint32_t percent = 1; percent <= 100; percent += 33) {
		uint64_t got = gets(2 * MS, percent);

		tap_ok(got >= percent && got <= percent + percent / 10 + 2,
		       "greedy, it gets its share and a burst");
	}
}

static void test_hostile(void)
{
	struct tandem_rate rate = { 0 };

	tandem_rate_charge(&rate, SECOND, ~0ULL, 500);
	tap_ok(tandem_rate_over(&rate, SECOND, 500), "a cost of 2^64 - 1 is too much");
	tap_ok(!tandem_rate_over(&rate, 2 * SECOND, 500), "... and made good in a second");
	tandem_rate_charge(&rate, 3 * SECOND, 10, 500);
	tap_ok(!tandem_rate_over(&rate, 0, 500), "a clock that goes back changes nothing");
	tap_ok(!tandem_rate_over(&rate, ~0ULL, 1000), "nor one at its end");
}

int main(void)
{
	tap_plan(13);
	test_share();
	test_hostile();
	return tap_end();
}
