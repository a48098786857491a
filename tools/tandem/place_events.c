// SPDX-License-Identifier: GPL-2.0
/* What is to happen, the soonest first; of one moment, in the order it was asked for. */
#include <stdlib.h>

#include "place_sim.h"

static bool before(const struct place_event *a, const struct place_event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct place_event *a, struct place_event *b)
{
	struct place_event t = *a;

	*a = *b;
	*b = t;
}

void place_at(struct place *p, uint64_t at_ms, enum place_event_kind kind)
{
	struct place_event *e = p->event;
	unsigned int i = p->nr_events++;

	if (i >= PLACE_EVENTS)
		abort();
	e[i] = (struct place_event){ at_ms, p->nr_order++, kind };
	for (; i && before(&e[i], &e[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&e[i], &e[(i - 1) / 2]);
}

bool place_next(struct place *p, struct place_event *event)
{
	struct place_event *e = p->event;
	unsigned int i = 0, child;

	if (!p->nr_events)
		return false;
	*event = e[0];
	e[0] = e[--p->nr_events];
	while ((child = 2 * i + 1) < p->nr_events) {
		if (child + 1 < p->nr_events && before(&e[child + 1], &e[child]))
			child++;
		if (!before(&e[child], &e[i]))
			break;
		swap(&e[i], &e[child]);
		i = child;
	}
	return true;
}
