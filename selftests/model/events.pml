/* SPDX-License-Identifier: GPL-2.0 */
/* What happens to hosts and guests, and time. */

proctype Clock()
{
end:
	do
	:: d_step { now < END && !BUSY ->
		now++;
#ifdef TIMELY
		if :: pc != IDLE -> excused = 1 :: else fi
#endif
		}
#if THROTTLES
	/* Other vCPUs of the VM count too. */
	:: d_step { throttles < THROTTLES -> throttles++; share_used = 1; HAPPENS(THROTTLE) }
	:: share_used -> share_used = 0
#endif
	od
}

#ifdef NO_GUEST_BARRIER
proctype StoreBuffer()
{
end:
	do
	:: atomic { gb_full -> page = gb; gb_full = 0; gb = 0 }
	od
}
#endif

/* Writes to the parameter mode, and rmmod. */
#if SWITCHES || UNLOADS || POLLS
inline kick()
{
	atomic { FREE -> req = 1 }
}

/* Mutants: by the thread that switches, with or without tv->lock to the end. */
inline drain_from_here()
{
	atomic { FREE && registered && serving ->
		LOCK(1);
		serving = 0;
		promised = 0;
		watch = 0 };
#ifdef NO_NEVER_BARRIER
	v = (UNSEEN -> page : 0);
	lease = NEVER;
#else
	lease = NEVER;
	v = (UNSEEN -> page : 0);
#endif
#ifdef DRAIN_LOCKED
	d_step { if :: v != 0 -> consumed = v; arm_stock(v) :: else fi; v = 0; LOCK(0) }
#else
	d_step { if :: v != 0 -> consumed = v :: else fi; LOCK(0) };
	d_step { if :: v != 0 -> arm_stock(v) :: else fi; v = 0 }
#endif
}

inline drain()
{
#if defined(DRAIN_ELSEWHERE)
	if
	:: drain_from_here()
	:: atomic { FREE && !serving -> skip }
	fi
#elif !defined(NO_DRAIN)
#ifndef DRAIN_WITHOUT_KICK
	kick();
#endif
#ifdef DRAINED_IS_NOT_SERVED
	!serving
#else
	!promised
#endif
#else
	skip
#endif
}

proctype Switch()
{
	byte v, at, a = 1; bit ok;
#ifdef DESTRUCTIVE
	byte kept;
#endif
	switching = 1;
#if POLLS
	atomic { !a_lk[1] -> HOLD(1); polled = 0; HAPPENS(GOODBYE) };
	if
	:: on == 1 ->
		atomic { FREE ->
			if
			:: serving && REACHED -> LOCK(1); at = now + PERIOD
#ifdef GOODBYE_KEEPS
			:: else -> goto away
#else
			:: else -> if :: !serving -> on = 0; due = 0 :: else fi; goto away
#endif
			fi };
		visit(at, 0);
		atomic {
			if :: at < due -> due = at :: else fi;
			if :: due < a_expires[1] -> a_expires[1] = due; a_tm[1] = due :: else fi }
	:: else
	fi;
away:	LET_GO(1);
	kick();
#endif
#if SWITCHES
	allowed = 0;
	drain();
	atomic { allowed = 1; HAPPENS(RESUME) };
	kick();
#endif
#if UNLOADS
	allowed = 0;
	drain();
	atomic { !a_lk[1] -> a_stopped[1] = 1; a_awake[1] = 0; a_tm[1] = 0; a_ipi[1] = 0 };
#ifdef UNLOAD_DURING_WATCH
	atomic { !a_lk[1] -> on = 0; due = 0 };
#else
	atomic { !in_watch && !a_lk[1] -> watch = 0; on = 0; due = 0 };
#endif
	atomic { registered = 0; HAPPENS(UNLOAD) };
	/* kvm_tandem_unregister(): the call that is under way ends */
	mode != HANDING && mode != ENTERING && mode != UNREGISTER -> module_gone = 1;
#endif
	atomic { switching = 0; at = 0 }
}
#endif

#if MOVES
proctype Mover()
{
	byte moves;
end:
	do
	:: atomic { moves < MOVES -> moves++; node = 3 - node }
	od
}
#endif

#if HANGS
/* Between two interrupts, and perhaps not for ever. */
proctype Hang()
{
	byte hangs; bit for_ever;
end:
	do
	:: atomic { hangs < HANGS && !a_hung[1] && !a_lk[1] ->
		hangs++;
		a_hung[1] = 1;
		HAPPENS(DIE);
		if :: for_ever = 1 :: skip fi }
	:: a_hung[1] && !for_ever -> a_hung[1] = 0
	od
}

/* It can't tell an agent that is late from one that hangs. */
proctype Watchdog()
{
	byte a;
end:
	do
	:: atomic { a_awake[1] && !a_dead[1] && !a_lk[1] && now > a_expires[1] -> a = 1; goto bury }
	:: atomic { a_awake[2] && !a_dead[2] && !a_lk[2] && now > a_expires[2] -> a = 2 };
bury:	   atomic {
		a_dead[a] = 1;
		HAPPENS(BURY);
		if :: on == a -> req = 1; HAPPENS(ORPHAN) :: else fi;
		a = 0 }
	od
}
#endif

#if UNMAPS || VANISHES
/* Never while somebody holds the mapping's lock. */
proctype Notifier()
{
	byte unmaps;
end:
	do
#if UNMAPS
	:: atomic { unmaps < UNMAPS && FREE && valid -> unmaps++; valid = 0; HAPPENS(UNMAP) }
#endif
#if VANISHES
	/* The memslot goes; the frame may stay mapped for as long as the vCPU needs. */
	:: atomic { !gone && FREE -> gone = 1; HAPPENS(UNMAP); if :: valid = 0 :: skip fi }
#endif
	od
}
#endif

#if PREEMPTS
proctype Scheduler()
{
	byte preempts;
end:
	do
	:: atomic { mode == GUEST && !preempted && preempts < PREEMPTS ->
		preempts++;
		preempted = 1;
		HAPPENS(PREEMPT) }
	:: preempted -> preempted = 0
	od
}
#endif
