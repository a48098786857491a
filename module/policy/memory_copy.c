// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a group follows it: a pass over all of it, and further ones where pages
 * were left that may move another time. Where there is no room it waits, but not for ever.
 */
#include "memory_copy.h"

/**
 * tandem_copy_start() - a group's memory shall follow it
 * @c:		its copy; one that is under way begins anew
 * @now_ms:	when
 */
void tandem_copy_start(struct tandem_copy *c, __u64 now_ms)
{
	*c = (struct tandem_copy){ .stuck_ms = now_ms, .pass = 1 };
}

/**
 * tandem_copy_stop() - it shall not any more
 * @c:		its copy
 */
void tandem_copy_stop(struct tandem_copy *c)
{
	*c = (struct tandem_copy){ };
}

/**
 * tandem_copy_active() - is there a copy, that has not ended?
 * @c:		the copy
 */
_Bool tandem_copy_active(const struct tandem_copy *c)
{
	return c->pass;
}

/**
 * tandem_copy_count() - a chunk was copied
 * @c:		the copy
 * @now_ms:	when
 * @moved:	pages that moved
 * @left:	pages that did not, and may another time
 */
void tandem_copy_count(struct tandem_copy *c, __u64 now_ms, __u64 moved, __u64 left)
{
	if (moved)
		c->stuck_ms = now_ms;
	c->left += left;
}

/**
 * tandem_copy_pause() - something could not be done now
 * @c:		the copy
 * @now_ms:	when, 1 or more
 */
void tandem_copy_pause(struct tandem_copy *c, __u64 now_ms)
{
	c->pause_ms = now_ms;
}

/* A clock that went back has shown no time. */
static _Bool passed(__u64 since_ms, __u64 now_ms, __u64 ms)
{
	return now_ms >= since_ms && now_ms - since_ms >= ms;
}

/**
 * tandem_copy_pauses() - does it wait just now, whatever the facts are?
 * @c:		the copy
 * @knobs:	how persistent it is
 * @now_ms:	when
 */
_Bool tandem_copy_pauses(const struct tandem_copy *c, const struct tandem_copy_knobs *knobs,
			 __u64 now_ms)
{
	return c->pause_ms && !passed(c->pause_ms, now_ms, knobs->pause_ms);
}

static enum tandem_copy_act wait(struct tandem_copy *c, __u64 now_ms)
{
	tandem_copy_pause(c, now_ms);
	return TANDEM_COPY_WAIT;
}

/* Others may need the memory for good. */
static enum tandem_copy_act no_room(struct tandem_copy *c, const struct tandem_copy_knobs *knobs,
				    __u64 now_ms)
{
	if (!passed(c->stuck_ms, now_ms, knobs->patience_ms))
		return wait(c, now_ms);
	tandem_copy_stop(c);
	return TANDEM_COPY_END;
}

static enum tandem_copy_act end_pass(struct tandem_copy *c,
				     const struct tandem_copy_knobs *knobs, __u64 now_ms)
{
	if (!c->left || c->pass >= knobs->passes) {
		tandem_copy_stop(c);
		return TANDEM_COPY_END;
	}
	c->pass++;
	c->left = 0;
	tandem_copy_pause(c, now_ms);
	return TANDEM_COPY_AGAIN;
}

/**
 * tandem_copy_next() - what to do about a copy now
 * @c:		the copy
 * @knobs:	how persistent it is
 * @facts:	what is known
 *
 * After TANDEM_COPY_CHUNK the caller copies one, and tells by tandem_copy_count() what came
 * of it, or by tandem_copy_pause() that it could not be done.
 */
enum tandem_copy_act tandem_copy_next(struct tandem_copy *c,
				      const struct tandem_copy_knobs *knobs,
				      const struct tandem_copy_facts *facts)
{
	if (!c->pass)
		return TANDEM_COPY_END;
	if (tandem_copy_pauses(c, knobs, facts->now_ms))
		return TANDEM_COPY_WAIT;
	c->pause_ms = 0;
	if (facts->barred) {
		c->stuck_ms = facts->now_ms;
		return wait(c, facts->now_ms);
	}
	if (facts->at_end)
		return end_pass(c, knobs, facts->now_ms);
	return facts->room ? TANDEM_COPY_CHUNK : no_room(c, knobs, facts->now_ms);
}
