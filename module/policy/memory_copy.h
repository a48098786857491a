/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_MEMORY_COPY_H
#define TANDEM_POLICY_MEMORY_COPY_H

#include <linux/types.h>

/**
 * enum tandem_copy_act - what a copy does now
 * @TANDEM_COPY_END:	nothing: there is none, or it is over
 * @TANDEM_COPY_WAIT:	nothing yet
 * @TANDEM_COPY_AGAIN:	it begins another pass, from the first page
 * @TANDEM_COPY_CHUNK:	it copies the next chunk
 */
enum tandem_copy_act {
	TANDEM_COPY_END,
	TANDEM_COPY_WAIT,
	TANDEM_COPY_AGAIN,
	TANDEM_COPY_CHUNK,
};

/**
 * struct tandem_copy_knobs - how persistent a copy is
 * @passes:		over all memory, at most, 1..255
 * @pause_ms:		before it tries again what could not be done now
 * @patience_ms:	it gives up after so long in which nothing moved for want of room
 */
struct tandem_copy_knobs {
	__u32 passes;
	__u32 pause_ms;
	__u32 patience_ms;
};

#define TANDEM_COPY_DEFAULTS { .passes = 3, .pause_ms = 500, .patience_ms = 10000 }

/**
 * struct tandem_copy - how far the copy of a group's memory is; zeroed = there is none
 * @stuck_ms:	since when nothing moved
 * @pause_ms:	it waits since then; 0 = it does not
 * @left:	pages of this pass that another one may move
 * @pass:	which it is, 1 = the first; 0 = there is no copy
 */
struct tandem_copy {
	__u64 stuck_ms;
	__u64 pause_ms;
	__u64 left;
	__u8 pass;
};

/**
 * struct tandem_copy_facts - what is known now
 * @now_ms:	ms of a clock that does not go back, 1 or more
 * @at_end:	all memory was looked at in this pass
 * @room:	its home has memory for a chunk; not looked at while it pauses
 * @barred:	it must not be copied just now, for a reason of others'
 */
struct tandem_copy_facts {
	__u64 now_ms;
	_Bool at_end;
	_Bool room;
	_Bool barred;
};

void tandem_copy_start(struct tandem_copy *c, __u64 now_ms);
void tandem_copy_stop(struct tandem_copy *c);
_Bool tandem_copy_active(const struct tandem_copy *c);
void tandem_copy_count(struct tandem_copy *c, __u64 now_ms, __u64 moved, __u64 left);
void tandem_copy_pause(struct tandem_copy *c, __u64 now_ms);
_Bool tandem_copy_pauses(const struct tandem_copy *c, const struct tandem_copy_knobs *knobs,
			 __u64 now_ms);
enum tandem_copy_act tandem_copy_next(struct tandem_copy *c,
				      const struct tandem_copy_knobs *knobs,
				      const struct tandem_copy_facts *facts);

#endif
