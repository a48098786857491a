// SPDX-License-Identifier: GPL-2.0
/* What surrounds the poll window: near timers, the price, a VM's budget. */
#include <stdint.h>

#include "poll_idle.h"
#include "rate.h"
#include "tap.h"

#define US	1000ULL
#define MS	1000000ULL

static const struct tandem_poll_knobs cheap = { 0, 1000000, 100, 20000 };
static const struct tandem_poll_knobs dear = { 0, 1000000, 1000, 20000 };
static const struct tandem_poll_knobs off = { 0, 0, 100, 20000 };

static void timers(void)
{
	tap_ok(tandem_poll_until(5000, 0, 0, &cheap) == 5000, "without a timer: the window");
	tap_ok(tandem_poll_until(5000, 0, 4000, &cheap) == 5000, "one within it changes nothing");
	tap_ok(tandem_poll_until(0, 0, 200 * US, &cheap) == 200 * US,
	       "one that costs as much as a halt is polled for");
	tap_ok(tandem_poll_until(0, 0, 200 * US + 1, &cheap) == 0, "... one that costs more is not");
	tap_ok(tandem_poll_until(0, 0, 20 * US + 1, &dear) == 0, "... and that is what the price says");
	tap_ok(tandem_poll_until(0, 100 * US, 300 * US, &cheap) == 300 * US,
	       "only what is left of the idle counts");
	tap_ok(tandem_poll_until(0, 300 * US, 300 * US, &cheap) == 0, "one that has passed does not");
	tap_ok(tandem_poll_until(0, 950 * US, 1000 * US + 1, &cheap) == 0, "nor one beyond the ceiling");
	tap_ok(tandem_poll_until(0, 0, 10, &off) == 0, "a ceiling of 0 is not polled beyond");
}

/* After many idles of one length, how many of another until it polls? */
static int until_polled(uint64_t before, uint64_t idle)
{
	uint64_t usual = TANDEM_POLL_UNUSUAL;
	int n;

	for (n = 0; n < 1000; n++)
		usual = tandem_poll_usual(usual, before);
	for (n = 0; n < 1000 && tandem_poll_rare(usual, &cheap); n++)
		usual = tandem_poll_usual(usual, idle);
	return n;
}

static void rarely(void)
{
	static const struct tandem_poll_knobs free = { 0, 1000000, 0, 20000 };
	uint64_t usual = tandem_poll_usual(0, 30 * MS);

	tap_ok(tandem_poll_rare(TANDEM_POLL_UNUSUAL, &cheap), "who was never idle does not poll");
	tap_ok(!tandem_poll_rare(usual, &cheap), "one long idle among short ones changes nothing");
	tap_ok(tandem_poll_rare(tandem_poll_usual(9 * MS, ~0ULL), &cheap), "... the longest does");
	tap_ok(until_polled(9 * MS, 9 * MS) == 0, "idles of 9 ms are polled");
	tap_ok(until_polled(11 * MS, 11 * MS) == 1000, "those of 11 ms never are");
	tap_ok(until_polled(~0ULL, 0) == 16, "16 short ones after the longest");
	tap_ok(until_polled(12 * MS, 0) == 2, "... 2 after some of 12 ms");
	tap_ok(!tandem_poll_rare(~0ULL, &free), "where polling costs nothing it is never rare");
}

static void prices(void)
{
	tap_ok(tandem_poll_price(100, 0) == 100, "a CPU with idle siblings has the knob's price");
	tap_ok(tandem_poll_price(100, 1) == 500, "... with a busy one, half of a CPU");
	tap_ok(tandem_poll_price(2000, 1) == 2000, "... or what the knob says where that is more");
}

static void grants(void)
{
	uint64_t total = ~0ULL - 3 * MS;

	tap_ok(tandem_poll_budget(0, 7, 1000, 0) == 10 * MS + 7, "a grant is 10 ms");
	tap_ok(tandem_poll_budget(0, 7, 5000, 0) == 10 * MS + 7, "... with a larger budget too");
	tap_ok(tandem_poll_budget(0, 7, 1, 0) == 10 * US + 7, "... with a smaller one it is smaller");
	tap_ok(tandem_poll_budget(10 * MS, 5 * MS, 1000, 0) == 10 * MS, "half of it gone: it stays");
	tap_ok(tandem_poll_budget(10 * MS, 5 * MS + 1, 1000, 0) == 15 * MS + 1, "... more: another");
	tap_ok(tandem_poll_budget(10 * MS, 4 * MS, 1000, 1) == 4 * MS, "a budget that is spent");
	tap_ok(tandem_poll_budget(~0ULL, 5, 1000, 0) == 10 * MS + 5, "a guest's own idea of it");
	tap_ok(tandem_poll_budget(total, total, 1000, 0) - total == 10 * MS, "a counter that wraps");
}

static void believing(void)
{
	__u64 unsaid = 0, sum = 0;

	/* It polls all the time, says so each ms, and is looked at each 100 us. */
	for (int i = 1; i <= 1000; i++)
		sum += tandem_poll_believed(i % 10 ? 0 : MS, 100 * US, &unsaid);
	tap_ok(sum == 100 * MS, "what it says late is believed");
	sum = 0;
	for (int i = 0; i < 1000; i++)
		sum += tandem_poll_believed(1ULL << 63, 100 * US, &unsaid);
	tap_ok(sum == 100 * MS, "a lie is believed as far as it can be true");
	tandem_poll_believed(0, ~0ULL / 2, &unsaid);
	tap_ok(tandem_poll_believed(~0ULL, 0, &unsaid) <= 10 * MS,
	       "... and no further back than one poll");
}

/* So many vCPUs poll all the time, and are looked at each ms. Polled in 10 s, ms a second. */
static uint64_t polled(int vcpus, uint32_t permille)
{
	uint64_t total[8] = {}, until[8] = {}, sum = 0;
	struct tandem_rate rate = {};

	for (uint64_t now = MS; now <= 10000 * MS; now += MS) {
		for (int i = 0; i < vcpus; i++) {
			uint64_t left = until[i] - total[i], ns = left < MS ? left : MS;

			total[i] += ns;
			sum += ns;
			if (ns)
				tandem_rate_charge(&rate, now, ns, permille);
			until[i] = tandem_poll_budget(until[i], total[i], permille,
						      tandem_rate_over(&rate, now, permille));
		}
	}
	return sum / (10 * MS);
}

static void budgets(void)
{
	static const uint32_t shares[] = { 1, 10, 100, 500, 1000, 3000 };

	for (unsigned int i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		uint64_t got = polled(8, shares[i]);
		char name[64];

		snprintf(name, sizeof(name), "8 vCPUs with %u ms a second poll %llu", shares[i],
			 (unsigned long long)got);
		tap_ok(got + shares[i] / 50 + 1 >= shares[i] && got <= shares[i] + shares[i] / 5 + 1,
		       name);
	}
	tap_ok(polled(1, 3000) <= 1000, "one vCPU polls no more than all the time");
}

int main(void)
{
	tap_plan(38);
	timers();
	rarely();
	prices();
	grants();
	believing();
	budgets();
	return tap_end();
}
