/* SPDX-License-Identifier: GPL-2.0 */
/* Who looks while the guest executes: the watch, agents, the poller; KVM's timer. */

#define HOLD(a) a_lk[a] = 1
#define LET_GO(a) a_lk[a] = 0

/* Where the guest may run in between, each is a step: publish, read, act. */
inline read_page(v, ok)
{
	touch();
	v = (UNSEEN -> page : 0);
	ok = (page == armed)
}

/* Acts on what was read; @at is when to look again. */
inline act(v, ok, at)
{
	if
	:: v != 0 && v <= now ->
		consumed = v;
		fire(v, ok)
	:: v > now && v < at -> at = v
	:: else
	fi;
	v = 0;
	ok = 0
}

inline publish_slowly(next)
{
	d_step {
		touch();
		promised = 1;
		next_look = next;
		earliest = (next < now -> now : next);
#ifdef TORN
	};
	d_step {
#endif
		lease = earliest + LATE
	}
}

proctype Watch()
{
	byte v, a, at; bit ok, was;
end:
	do
	:: d_step { watch != 0 && now >= watch ->
		CHECK(unloaded, !module_gone);
		watch = 0;
		in_watch = 1 };
	   atomic { FREE ->
		CHECK(unloaded, !module_gone);
		if
		:: !REACHED -> req = 1; goto out
		:: REACHED && !serving -> goto out
		:: else -> LOCK(1); HAPPENS(WATCHED); read_page(v, ok)
		fi };
	   atomic {
		at = next_look;
		act(v, ok, at);
		a = 0;
		if
		:: on == 0 && next_look <= now -> a = AGENT_FOR(node); if :: a == 0 -> req = 1 :: else fi
		:: (on == 0 && next_look > now) || (on != 0 && at < next_look) -> watch = at
		:: else
		fi;
		LOCK(0);
		if :: a == 0 -> goto out :: else fi };
	   /* tandem_agent_join() */
	   atomic { !a_lk[a] -> HOLD(a) };
	   atomic { FREE ->
		if
		:: !REACHED -> req = 1; LET_GO(a); goto out
		:: REACHED && serving && on == 0 && !a_dead[a] && !a_stopped[a] ->
			LOCK(1);
			HAPPENS(JOIN);
			on = a;
			was = a_awake[a];
			if :: !was -> a_expires[a] = now + PERIOD :: else fi;
			a_awake[a] = 1;
			at = (POLLS_NOW(a) -> now : a_expires[a])
		:: else ->
			if :: serving && on == 0 -> req = 1 :: else fi;
			LET_GO(a);
			goto out
		fi };
	   publish_slowly(at);
	   d_step { read_page(v, ok) };
	   d_step {
		act(v, ok, at);
		if :: at < next_look -> watch = at :: else fi;
		due = a_expires[a];
		LOCK(0);
		LET_GO(a);
#ifndef JOIN_WITHOUT_IPI
		if :: !was -> a_ipi[a] = 1 :: else fi
#endif
		};
out:	   atomic { in_watch = 0; v = 0; a = 0; at = 0; ok = 0; was = 0 }
	od
}

/* One visit: agent @a is locked, the vCPU is its. */
inline visit(next, polling)
{
#ifdef PUBLISH_LATE
	d_step { read_page(v, ok) };
#endif
#ifndef LOOK_WITHOUT_PROMISE
	publish_slowly(next);
#endif
#ifdef DESTRUCTIVE
	atomic { touch(); if :: UNSEEN -> kept = page; page = 0 :: else fi; v = kept };
#elif !defined(PUBLISH_LATE)
	d_step { read_page(v, ok) };
#endif
	STEP {
#ifdef LOOK_WITHOUT_PROMISE
		at = now + PERIOD;
#else
		at = (polling -> now + PERIOD : next_look);
#endif
#ifdef FIRE_WHAT_IS_SEEN
		if :: v != 0 && v < next_look -> consumed = v; fire(v, ok); v = 0 :: else fi;
#endif
		act(v, ok, at);
#ifdef DESTRUCTIVE
		if :: kept == consumed -> kept = 0 :: else fi;
#endif
#ifdef KICK_WHEN_SEEN
		if :: at < next_look -> req = 1 :: else fi;
#endif
		LOCK(0);
		if :: node != a && AGENT_FOR(node) != a -> HAPPENS(MOVE); req = 1 :: else fi;
#if THROTTLES
		if
		:: throttles < THROTTLES -> throttles++; share_used = 1; HAPPENS(THROTTLE); req = 1
		:: skip
		fi
#endif
	}
}

proctype Agent(byte a)
{
	byte v, at; bit ok, polling;
#ifdef DESTRUCTIVE
	byte kept;
#endif
end:
	do
	/* start_timer(): the IPI of who joined a sleeping agent */
	:: d_step { a_ipi[a] && !a_hung[a] && !a_lk[a] ->
		a_ipi[a] = 0;
		HAPPENS(WAKE);
		if :: a_awake[a] && a_tm[a] == 0 -> a_tm[a] = a_expires[a] :: else fi }
	/* agent_expired() */
	:: d_step { a_tm[a] != 0 && now >= a_tm[a] && !a_hung[a] && !a_lk[a] ->
		HOLD(a);
		a_tm[a] = 0;
		CHECK(unloaded, !module_gone);
		if :: AGENTS >= a && a_dead[a] -> a_dead[a] = 0; HAPPENS(REVIVE) :: else fi };
	   if
	   :: on == a && due <= now ->
		atomic { FREE ->
			if
			:: !serving -> on = 0; due = 0; goto plan
			:: serving && !REACHED ->
				next_look = now + PERIOD;
				due = next_look;
#ifndef IGNORE_LOST_PAGE
				req = 1;
#endif
				goto plan
			:: else -> LOCK(1); HAPPENS(VISIT)
			fi;
			choose_period(at);
			polling = POLLS_NOW(a);
			if :: polling -> at = now :: else fi };
		visit(at, polling);
		due = at
	   :: else
	   fi;
plan:	   atomic {
		a_awake[a] = (on == a);
		if
		:: on == a -> a_expires[a] = due; a_tm[a] = due
		:: else -> a_expires[a] = 0; HAPPENS(SLEEP)
		fi;
		LET_GO(a);
		at = 0;
		polling = 0 }
	od
}

/* poll.c: the agent 1 polls. A look that finds nothing new is no step. */
#if POLLS
#define POLL_SEES (polled && on == 1 && serving && REACHED && \
		   ((UNSEEN && page <= now) || next_look < now))

proctype Poller()
{
	byte v, at, a = 1; bit ok;
#ifdef DESTRUCTIVE
	byte kept;
#endif
end:
	do
	:: atomic { POLL_SEES && !a_lk[1] -> HOLD(1) };
	   atomic { FREE ->
		if
		:: serving && REACHED -> LOCK(1); HAPPENS(POLL)
		:: else -> goto skip_it
		fi };
	   at = now;
	   visit(at, 1);
	   atomic {
		if :: at < due -> due = at :: else fi;
		if :: due < a_expires[1] -> a_expires[1] = due; a_tm[1] = due :: else fi };
skip_it:   atomic { LET_GO(1); at = 0 }
	od
}
#endif

/* KVM's own timer. What is replaced may still fire until the MSR is written. */
proctype Stock()
{
	byte v;
end:
	do
	:: d_step { stock != 0 && now >= stock ->
		HAPPENS(STOCK);
		v = stock;
		stock = 0;
		fire(v, pc != IDLE);
		v = 0 }
	od
}
