// SPDX-License-Identifier: GPL-2.0
/*
 * placement_work VMS NODES WHAT: a full plan, for placement_work_count to count its
 * instructions. WHAT is how the host starts: scattered, crowded (all on one node), bound
 * (VMs share pages, have fixed memory, belong together), or homeless.
 */
#include "placement_host.h"

static struct host h;

static void make(unsigned int vms, unsigned int nodes, const char *what)
{
	unsigned long long seed = 1;

	host_start(&h, nodes, 512, 1024);
	for (unsigned int i = 0; i < vms; i++) {
		unsigned int n = *what == 'c' ? 0 : tap_random(&seed) % nodes;
		struct tandem_group *g = host_add(&h, n, 0, 64 + tap_random(&seed) % 448);

		g->load = 64 + tap_random(&seed) % 960;
		g->noise = tap_random(&seed) % 16;
		if (*what == 'h')
			g->home = TANDEM_NOWHERE;
		if (*what != 'b')
			continue;
		g->fixed_mib[tap_random(&seed) % nodes] = 100;
		for (int s = 0; s < TANDEM_SKETCH && i % 2; s++)
			g->sketch[s] = 1 + i % 40;
		g->wide = i % 40 < 4 ? 1 + i / 40 : 0;
	}
}

/* What callgrind counts. */
__attribute__((noinline)) void one_step(struct tandem_step *step)
{
	tandem_plan_step(&h.plan, step);
}

int main(int argc, char **argv)
{
	struct tandem_step step = { .kind = TANDEM_MORE };
	unsigned int moves = 0, calls = 0;

	if (argc != 4)
		return 2;
	make(atoi(argv[1]), atoi(argv[2]), argv[3]);
	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	while (step.kind != TANDEM_DONE && step.kind != TANDEM_REFUSED) {
		one_step(&step);
		calls++;
		moves += step.kind != TANDEM_MORE && step.kind != TANDEM_DONE;
	}
	printf("%u steps, %u calls%s\n", moves, calls,
	       step.kind == TANDEM_REFUSED ? ", refused" : "");
	return step.kind == TANDEM_REFUSED;
}
