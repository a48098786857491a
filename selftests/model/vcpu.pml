/* SPDX-License-Identifier: GPL-2.0 */
/* The guest, and what the host does in the vCPU's context: module/vcpu.c. */

/* Guest code; "a request comes first" is EXIT. */
#define CALM (RUNS && pc == IDLE)

/* An exit drains the store buffer. */
inline exit_guest()
{
	if :: gb_full -> page = gb; gb_full = 0; gb = 0 :: else fi
}

inline enter_guest()
{
	mode = (req -> EXIT : GUEST)
}

inline begin()
{
	ops++;
	t = now;
	exits = 0;
	excused = 0;
	covered = 0;
	pc = BEGUN
}

inline done()
{
	pc = IDLE;
	pending = 0;
	d = 0;
	t = 0;
	l = 0
}

inline want(v)
{
	armed = v;
	state = (v != 0 -> ARMED : NONE);
	pending = 0;
	blind = 0
}

inline leave(where)
{
	exit_guest();
	if :: registered -> stop_serving(); drop = gone :: else fi;
	after = where;
	mode = HANDING
}

/* The registration goes, and with it all that the host knows. */
inline forget()
{
	serving = 0;
	consumed = 0;
	voided = 0;
	promised = 0;
	watch = 0;
	drop = 1;
	mode = HANDING
}

/* tandem_timer_refresh(), but for the agent that it left before. */
inline refresh()
{
	req = 0;
	exit_guest();
	if
	:: registered ->
		if
		:: !gone && !valid -> valid = 1; HAPPENS(REMAP)
		:: else
		fi;
		if
		:: !serving && MAY_RETURN -> took = stock; stock = 0; take_back()
		:: else
		fi;
		if
		:: gone || !MAY_SERVE ->
			if :: serving -> HAPPENS(DRAIN) :: else fi;
			stop_serving();
			drop = gone
		:: !gone && MAY_SERVE && !serving -> publish_never()
		:: !gone && MAY_SERVE && serving -> renew_promise()
		fi
	:: else
	fi;
	after = GUEST;
	mode = HANDING
}

/* On registration: what KVM's timer has is as good as handed over. */
#ifdef REGISTER_BLINDLY
#define KNOW_STOCK consumed = 0
#else
#define KNOW_STOCK consumed = (page == stock -> page : 0)
#endif

#define WRONG_AGENT (registered && on != 0 && on != AGENT_FOR(node))

proctype Vcpu()
{
end:
	do
	/* --- the guest --- */
	:: atomic { CALM && !native && ops < ARMS && now < LAST ->
		if
		:: d = now + 1
		:: now + FAR <= LAST -> d = now + FAR
		fi;
		if :: d == previous -> d++ :: else fi;
		HAPPENS(ARM);
		begin() }
	:: STEP { CALM && !native && ops < ARMS && state == ARMED ->
		HAPPENS(CANCEL);
		begin() }
	:: STEP { RUNS && pc == BEGUN ->
		want(d);
		if :: d != 0 -> previous = d :: else fi;
#ifdef NO_GUEST_BARRIER
		gb = d;
		gb_full = 1;
#else
		page = d;
#endif
		pc = WROTE }
	:: STEP { RUNS && pc == WROTE -> l = (gone -> NEVER : lease); pc = READ }
	:: STEP { RUNS && pc == READ ->
		if
		:: d != 0 && (t >= l || d < earliest) ->
			NEEDED;
			t = 0;
			l = (l != NEVER);
			pc = ANNOUNCE
		:: d == 0 && l == NEVER -> t = 0; pc = ANNOUNCE
		:: else -> done()
		fi }
	:: STEP { RUNS && pc == ANNOUNCE && FREE ->
		exit_guest();
		write_msr(d);
		done();
		enter_guest() }
#if FOREIGNS
	/* A value of its own: not the page's, and what is there is void. */
	:: atomic { CALM && foreigns < FOREIGNS && now < LAST && FREE ->
		foreigns++;
		if
		:: h_at = 0
		:: page != now + 1 -> h_at = now + 1
		:: now + FAR <= LAST && page != now + FAR -> h_at = now + FAR
		fi;
		want(h_at);
		write_msr(armed);
		enter_guest() }
#endif
#if VOIDS
	:: STEP { CALM && voids < VOIDS && FREE ->
		voids++;
		HAPPENS(VOID);
		want(0);
		if
		:: registered && serving && REACHED -> stop_serving(); over = 0
		:: registered && serving && !REACHED -> serving = 0; watch = 0; req = 1
		:: else
		fi;
		stock = 0;
		voided = registered;
		enter_guest() }
#endif
#if HLTS
	:: STEP { CALM && hlts < HLTS && FREE ->
		hlts++;
		HAPPENS(HLT);
		woken = 0;
		leave(BLOCKED) }
#endif
	/* --- the vCPU's context --- */
#if LEAVES
	:: STEP { (RUNS || mode == EXIT) && leaves < LEAVES && FREE -> leaves++; HAPPENS(LEAVE); leave(OUT) }
#endif
	:: STEP { mode == HANDING ->
		if :: over != 0 -> arm_stock(over); over = 0; HAPPENS(HAND_OVER) :: else fi;
		mode = (drop -> UNREGISTER : after);
		if :: mode == GUEST -> enter_guest() :: else fi }
	:: STEP { mode == UNREGISTER && !in_watch && (on == 0 || !a_lk[on]) ->
		drop = 0;
		promised = 0;
		watch = 0;
		on = 0;
		due = 0;
		registered = 0;
		mode = after;
		if :: mode == GUEST -> enter_guest() :: else fi }
	:: STEP { mode == OUT || mode == BLOCKED ->
		if
		:: MAY_RETURN -> took = stock; stock = 0; mode = ENTERING
		:: else -> enter_guest()
		fi }
	:: STEP { mode == ENTERING && FREE ->
		if :: !gone && !valid -> valid = 1 :: else fi;
		take_back();
		after = GUEST;
		drop = gone;
		mode = (gone -> UNREGISTER : (req -> EXIT : GUEST)) }
	/* kvm_tandem_kick(): at once if it executes, else before it does. */
	:: STEP { (RUNS || mode == EXIT) && req && WRONG_AGENT && FREE && !a_lk[on] ->
		HAPPENS(SEND_HOME);
		exit_guest();
		on = 0;
		due = 0;
#ifdef MOVE_WITHOUT_LOOK
		req = 0;
		mode = GUEST
#else
		mode = EXIT
#endif
		}
	:: STEP { (RUNS || mode == EXIT) && req && !WRONG_AGENT && FREE ->
		if :: mode == GUEST -> COUNT_EXIT :: else fi;
		refresh() }
#if MIGRATES
	/* The target has the page's content and KVM's timer, and not us. */
	:: STEP { mode == OUT && migrates < MIGRATES && !in_watch && (on == 0 || !a_lk[on]) ->
		migrates++;
		HAPPENS(MIGRATE);
		registered = 0;
		consumed = 0;
		voided = 0;
		promised = 0;
		on = 0;
		due = 0;
		watch = 0;
		req = 0 }
#endif
#if MIGRATES || SWITCHES
	/* The guest's lease is dead: it registers, where it may be registered. */
	:: STEP { RUNS && pc == ANNOUNCE && d != 0 && registers < 1 && l == NEVER && FREE && !module_gone ->
		registers++;
		HAPPENS(REGISTER);
		exit_guest();
		if
		:: !registered ->
			registered = 1;
			KNOW_STOCK;
			voided = 0;
			next_look = 0;
			lease = NEVER;
			earliest = 0
		:: else
		fi;
		if
		:: !serving && MAY_RETURN -> took = stock; stock = 0; take_back()
		:: else
		fi;
		enter_guest() }
#endif
#if RESETS
	/* All that was armed is gone, and soon the memory is used for something else. */
	:: STEP { mode == OUT && resets < RESETS && !native && FREE ->
		resets++;
		HAPPENS(RESET);
		want(0);
		done();
		native = 1;
		stock = 0;
		junk = 1;
		page = 1;
		lease = 255;
#ifdef RESET_WRITES
		publish_never();
#endif
		forget();
		after = OUT }
#endif
#if INITS
	:: STEP { RUNS && resets < INITS && !native && FREE ->
		resets++;
		HAPPENS(INIT);
		want(0);
		done();
		native = 1;
		stock = 0;
#ifndef INIT_KEEPS_SERVING
		forget();
#endif
		after = GUEST }
#endif
#if RESETS || INITS
	:: STEP { CALM && native && !junk ->
		junk = 1;
		page = 1;
		lease = 255 }
	:: STEP { CALM && native && now < LAST && ops < ARMS ->
		ops++;
		want(now + 1);
		arm_stock(armed) }
	/* The new kernel's module: what is armed goes into the page, then it registers. */
	:: STEP { CALM && native && FREE && !registered ->
		junk = 0;
		native = 0;
		page = stock;
		previous = stock;
		lease = NEVER;
		earliest = 0;
		HAPPENS(REGISTER);
		registered = 1;
		KNOW_STOCK;
		voided = 0;
		next_look = 0;
		if :: MAY_RETURN -> took = stock; stock = 0; take_back() :: else fi;
		enter_guest() }
#endif
	od
}
