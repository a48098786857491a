/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module/timer.c and module/policy/timer.c. What is written for one step holds
 * for the vCPU's context; agents and the watch do the same in several.
 */
#ifdef NO_LOCK
#define FREE (1)
#define LOCK(x)
#else
#define FREE (!lk)
#define LOCK(x) lk = x
#endif

#define RUNS (mode == GUEST && !preempted)
#define AGENT_FOR(n) (!a_dead[n] -> n : (!a_dead[3 - n] -> 3 - n : 0))
#define MAY_SERVE (allowed && !share_used && AGENT_FOR(node) != 0)
#ifdef SERVE_VOID
#define MAY_RETURN (registered && allowed)
#else
#define MAY_RETURN (registered && allowed && !voided)
#endif
#define POLLS_NOW(a) (polled && a == 1)
#define REACHED (valid && !gone)
#define UNSEEN (page != 0 && page != consumed)

#ifdef TIMELY
/* Somebody has something to do at this moment. */
#define AGENT_BUSY(a) (a_lk[a] || (!a_hung[a] && (a_ipi[a] || (a_tm[a] != 0 && now >= a_tm[a]))))
#if POLLS
#define POLL_BUSY POLL_SEES
#else
#define POLL_BUSY 0
#endif
#define BUSY ((watch != 0 && now >= watch) || in_watch || (stock != 0 && now >= stock) || \
	      lk || AGENT_BUSY(1) || AGENT_BUSY(2) || POLL_BUSY || \
	      mode == EXIT || mode == HANDING || mode == ENTERING || \
	      (mode == BLOCKED && woken) || (RUNS && (req || pc != IDLE)))
#define NEEDED CHECK(needless, !serving || l == NEVER || d < earliest)
#else
#define BUSY 0
#define NEEDED skip
#endif

#ifdef COUNT_EXITS
#define COUNT_EXIT exits++; CHECK(costly, exits <= 1)
#else
#define COUNT_EXIT skip
#endif

#if HLTS
#define WAKE_UP woken = 1
#else
#define WAKE_UP skip
#endif

#if PERIODS > 1 || THROTTLES
#define STEP atomic
#else
#define STEP d_step
#endif

/* Nobody reads or writes a page that is not its guest's entry. */
inline touch()
{
	CHECK(recycled, !junk)
}

/* One interrupt. @ok: what is not armed any more was so when it was read. */
inline fire(v, ok)
{
	CHECK(early, v <= now);
#ifdef TIMELY
	CHECK(late, v == now || excused);
#endif
	if
	:: v == armed && state == ARMED ->
		state = FIRED;
		if :: pc != IDLE -> pending = 1; HAPPENS(PENDING) :: else fi
	:: v == armed && state == FIRED -> CHECK(twice, pending || blind); blind = 0
	:: else ->
		CHECK(stale, ok);
		HAPPENS(RACED)
	fi;
	if :: pc == BEGUN && v == d -> covered = 1 :: else fi;
	WAKE_UP
}

/* KVM's own timer expires at once where the time has come. */
inline arm_stock(v)
{
	stock = v;
	if
	:: stock != 0 && stock <= now -> stock = 0; fire(v, pc != IDLE)
	:: else
	fi
}

/* tandem_look() and its outcome: h_at is when to look again. */
inline look(next)
{
	touch();
	h_at = next;
	if
	:: UNSEEN && page <= now ->
		consumed = page;
		fire(page, page == armed)
	:: UNSEEN && page > now && page < next -> h_at = page
	:: else
	fi
}

inline publish(next)
{
	touch();
	promised = 1;
	next_look = next;
	earliest = (next < now -> now : next);
	lease = earliest + LATE
}

inline publish_never()
{
	touch();
#ifndef KEEP_LEASE
	lease = NEVER;
#endif
	promised = 0
}

/* tandem_timer_promise(), where the guest does not execute. */
inline promise(next)
{
	publish(next);
#ifdef ENTER_WITHOUT_LOOK
	h_at = next;
#else
	look(next);
#endif
	if
	:: on == 0 || h_at < next_look -> watch = h_at
	:: else
	fi
}

inline choose_period(x)
{
	x = now + PERIOD;
#if PERIODS > 1
	if
	:: x = now + 1
	:: skip
	fi
#endif
}

inline renew_promise()
{
	if
	:: on == 0 -> choose_period(next_look)
	:: else
	fi;
	promise(next_look)
}

/* Leaves h_v: whether it is served now. */
inline start_serving()
{
	h_v = MAY_SERVE;
	if
	:: h_v ->
		serving = 1;
		HAPPENS(SERVE);
#ifndef ENTER_WITHOUT_PROMISE
		renew_promise()
#endif
	:: else -> HAPPENS(NOT_SERVED)
	fi;
	h_v = serving
}

/* Leaves in @over what KVM's timer has to take. */
inline stop_serving()
{
	if
	:: !serving ->
#ifndef DRAINED_IS_NOT_SERVED
		if :: promised && !gone -> publish_never() :: else fi
#else
		skip
#endif
	:: else ->
		serving = 0;
		watch = 0;
		if
		:: !gone || valid ->
			h_v = page;
			if
			:: gone -> HAPPENS(LAST_WORD)
			:: else -> publish_never()
			fi;
			if
			:: h_v != 0 && h_v != consumed -> consumed = h_v; over = h_v
			:: else
			fi
		:: else ->
			HAPPENS(BLIND);
			if :: state == ARMED -> state = FIRED; blind = 1 :: else fi;
			WAKE_UP
		fi
	fi
}

/* tandem_resume(), and serving if it says so; @took is what KVM's timer held. */
inline take_back()
{
#ifdef RESUME_BEFORE_ASKING
	h_v = (took == 0 || page == took);
#else
	h_v = (MAY_SERVE && (took == 0 || page == took));
#endif
	if
	:: h_v && !gone ->
		touch();
		if
		:: took != 0 -> consumed = 0; HAPPENS(TAKE_BACK)
#ifdef UNKNOWN_IS_FIRED
		:: else -> consumed = page
#else
		:: else
#endif
		fi;
		start_serving();
		if :: h_v -> took = 0 :: else fi
	:: else
	fi;
	arm_stock(took);
	took = 0
}

inline announced()
{
	h_v = next_look;
	look(255);
	if
	:: on == 0 -> if :: h_at > h_v -> h_at = h_v :: else fi
	:: on != 0 && h_at >= h_v && h_v > now -> h_at = 255
	:: else
	fi;
	if :: h_at != 255 -> watch = h_at :: else fi
}

/* Leaves h_v: whether the deadline is taken care of. */
inline take_write(v)
{
	touch();
#ifdef IGNORE_FOREIGN
	if
	:: v != page && serving -> h_v = 0
#else
	if
#endif
	:: v == 0 || v != page ->
		HAPPENS(FOREIGN);
		stop_serving();
		h_v = 0;
		consumed = page;
		voided = (page != 0)
	:: v != 0 && v == page && page == consumed && page != took ->
		HAPPENS(DELIVERED);
		if :: !serving -> start_serving() :: else fi;
		h_v = 1
	:: v != 0 && v == page && !(page == consumed && page != took) ->
		HAPPENS(ANNOUNCED);
		voided = 0;
		if
		:: !allowed -> stop_serving(); h_v = 0
		:: allowed && serving -> announced(); h_v = 1
		:: allowed && !serving -> consumed = 0; start_serving()
		fi;
		if :: !h_v -> consumed = page :: else fi
	fi;
	over = 0
#ifdef FORGET_CONSUMED
	; consumed = 0
#endif
#ifdef BOTH_ARMED
	; h_v = 0
#endif
}

/* A write of MSR_IA32_TSC_DEADLINE in KVM_RUN. */
inline write_msr(v)
{
	COUNT_EXIT;
	if
	:: !registered -> arm_stock(v)
	:: registered && REACHED ->
		if :: !serving -> took = stock; stock = 0 :: else fi;
		take_write(v);
		if :: !h_v -> arm_stock(v) :: else fi
	:: registered && !REACHED ->
		if :: !serving -> took = stock; stock = 0 :: else fi;
		HAPPENS(UNREACHED);
		h_v = (v != 0 && v == consumed && v != took);
		serving = 0;
		watch = 0;
		consumed = v;
		voided = 1;
		req = 1;
		if :: !h_v -> arm_stock(v) :: else fi
	fi;
	took = 0
}
