// SPDX-License-Identifier: GPL-2.0
/* module/policy/timer.c: tables, and the conversions against 128-bit arithmetic. */
#include <stdint.h>

#include "tap.h"
#include "timer.h"

#define YEAR_NS (365ULL * 24 * 3600 * 1000000000)
#define DAY_NS (24ULL * 3600 * 1000000000)

static void test_look(void)
{
	static const struct {
		uint64_t page, consumed, last, now;
		enum tandem_look look;
		const char *name;
	} t[] = {
		{ 0, 0, 0, 100, TANDEM_REST, "nothing armed" },
		{ 0, 50, 0, 100, TANDEM_REST, "cancelled" },
		{ 50, 50, 0, 100, TANDEM_REST, "due, but fired already" },
		{ 150, 150, 0, 100, TANDEM_REST, "handed over, not due" },
		{ 101, 0, 0, 100, TANDEM_WATCH, "one cycle to go" },
		{ 100, 0, 0, 100, TANDEM_FIRE, "due now" },
		{ 60, 50, 0, 100, TANDEM_FIRE, "re-armed after a fire" },
		{ ~0ULL, 0, 0, 100, TANDEM_WATCH, "the far end of time" },
		{ 1, 0, 0, ~0ULL, TANDEM_FIRE, "long past" },
		{ 2, 0, ~0ULL - 9, ~0ULL - 5, TANDEM_FIRE, "near the TSC's end, beyond it: past" },
		{ ~0ULL, 0, ~0ULL - 9, ~0ULL - 1, TANDEM_WATCH, "its last cycle, one before" },
		{ ~0ULL, 0, ~0ULL - 9, ~0ULL, TANDEM_FIRE, "its last cycle, then" },
		{ ~0ULL, 0, ~0ULL - 9, 0, TANDEM_FIRE, "its last cycle, after the wrap" },
		{ ~0ULL, ~0ULL, ~0ULL - 9, 0, TANDEM_REST, "... fired already" },
		{ ~0ULL - 8, 0, ~0ULL - 9, 300, TANDEM_FIRE, "the first after the last look" },
		{ 301, 0, ~0ULL - 9, 300, TANDEM_WATCH, "armed after the wrap, to come" },
		{ 300, 0, ~0ULL - 9, 300, TANDEM_FIRE, "... due" },
		{ ~0ULL - 8, 0, 10, 300, TANDEM_WATCH, "the far end of time, looked at before" },
		{ 900, 0, 800, 300, TANDEM_WATCH, "a TSC set back is none that wrapped" },
		{ ~0ULL, 0, 1ULL << 63, 300, TANDEM_WATCH, "... nor one set to 0 from the middle" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		tap_ok(tandem_look(t[i].page, t[i].consumed, t[i].last, t[i].now) ==
		       t[i].look, t[i].name);
}

static void test_write(void)
{
	static const struct {
		uint64_t page, consumed, stock, tsc;
		enum tandem_write write;
		const char *name;
	} t[] = {
		{ 70, 0, 0, 70, TANDEM_ANNOUNCED, "write of the page's value" },
		{ 70, 60, 60, 70, TANDEM_ANNOUNCED, "... replacing what KVM's timer held" },
		{ 70, 70, 0, 70, TANDEM_DELIVERED, "... which has fired" },
		{ 70, 70, 70, 70, TANDEM_ANNOUNCED, "... which KVM's timer still holds" },
		{ 70, 0, 0, 71, TANDEM_FOREIGN, "another value" },
		{ 70, 70, 0, 0, TANDEM_FOREIGN, "clearing beside a page in use" },
		{ 0, 0, 0, 0, TANDEM_FOREIGN, "clearing, page clear: not a call to the page" },
		{ 0, 70, 0, 70, TANDEM_FOREIGN, "a value that the page has lost" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		tap_ok(tandem_write(t[i].page, t[i].consumed, t[i].stock, t[i].tsc) ==
		       t[i].write, t[i].name);
}

static void test_resume(void)
{
	static const struct {
		uint64_t page, stock, before, after;
		int may;
		const char *name;
	} t[] = {
		{ 0, 0, 0, 0, 1, "nothing anywhere" },
		{ 70, 70, 70, 0, 1, "taken back" },
		{ 70, 0, 70, 70, 1, "fired meanwhile" },
		{ 70, 0, 50, 50, 1, "about to be announced" },
		{ 70, 60, 70, 70, 0, "the VMM's own deadline" },
		{ 0, 60, 0, 0, 0, "a deadline beside an empty page" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		unsigned long long consumed = t[i].before;
		int may = tandem_resume(t[i].page, t[i].stock, &consumed);

		tap_ok(may == t[i].may && consumed == t[i].after, t[i].name);
	}
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int near(uint64_t got, unsigned __int128 want, uint64_t slack)
{
	return got <= want && want - got <= slack;
}

static void test_convert(void)
{
	unsigned long long seed = 1;
	int to_ns = 1, to_cycles = 1;

	for (int i = 0; i < 1000000; i++) {
		uint32_t khz = tap_random(&seed) >> 32 | 1;
		uint64_t x = tap_random(&seed) >> tap_random(&seed) % 64;
		unsigned __int128 ns = (unsigned __int128)x * 1000000 / khz;
		unsigned __int128 cycles =
			(unsigned __int128)min64(x, DAY_NS) * khz / 1000000;

		to_ns &= ns >= YEAR_NS ? tandem_cycles_to_ns(x, khz) >= YEAR_NS - 1000000
				       : near(tandem_cycles_to_ns(x, khz), ns, 0);
		to_cycles &= near(tandem_ns_to_cycles(x, khz), cycles, 0);
	}
	tap_ok(to_ns, "cycles to ns as 128 bits say, a year at most");
	tap_ok(to_cycles, "ns to cycles as 128 bits say, a day at most");
	tap_ok(tandem_cycles_to_ns(18000000000000ULL, 1000) == 18000000000000000ULL,
	       "no overflow where delta * 1000000 has one");
}

int main(void)
{
	tap_plan(20 + 8 + 6 + 3);
	test_look();
	test_write();
	test_resume();
	test_convert();
	return tap_end();
}
