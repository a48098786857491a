/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who else wants the CPU, for spin: the scheduler's call (runnable() in
 * module/idle_pressure.c), the vCPU's context, and an agent, which publish
 * (publish_flags() in module/idle_page.c). Each access of what they share is a step.
 * What a CPU wrote may be seen by the others only at its next barrier.
 *
 *   TASKS	tasks that are queued, and may end, any time
 *   LOADS	how often the vCPU gets the CPU; it has it at the end
 *   LOOKS	of the agent
 *   UNMAPS	how often the page can't be reached for a while
 *
 * In the end a task that wants the CPU is known to the guest, or the vCPU has been asked
 * to publish. The other defines break something: see "run".
 */
#ifndef TASKS
#define TASKS	2
#endif
#ifndef LOADS
#define LOADS	2
#endif
#ifndef LOOKS
#define LOOKS	2
#endif
#ifndef UNMAPS
#define UNMAPS	1
#endif

byte nr;			/* tasks that are seen to want the CPU, the vCPU's apart */
bool loaded;			/* here.loaded, as it is seen */
bool here_lock, tv_lock;
bool flag;			/* TANDEM_PRESSURE */
bool request;			/* KVM_REQ_TANDEM */
bool unmapped;
byte tasks = TASKS;

#define LOCK(l)		atomic { !l -> l = true }
#define UNLOCK(l)	l = false

/* Under tv->lock. Reads the CPU, writes the flag, and looks again where it lowered it. */
inline publish(wanted, old)
{
	LOCK(tv_lock);
	wanted = nr > 0;
	old = flag;
	if
	:: old == wanted
	/* Or the hint in the same word has changed. */
	:: true ->
		flag = wanted;
		if
#if defined(NO_RECHECK)
		:: true
#elif defined(RECHECK_IF_LOWERED)
		:: old && !wanted && nr > 0 -> flag = true
		:: else
#else
		:: !wanted && nr > 0 -> flag = true
		:: else
#endif
		fi
	fi;
	UNLOCK(tv_lock)
}

/* A task is queued on this CPU: by any CPU, under rq->lock. */
proctype Waker()
{
	bool counted;

#if !defined(COUNT_LATE)
	nr++;
	counted = true;
#endif
	if
	:: loaded ->
		LOCK(here_lock);
		if
		:: loaded && !unmapped -> flag = true
#if defined(GIVE_UP)
		:: loaded && unmapped
#else
		:: loaded && unmapped -> request = true
#endif
		:: !loaded
		fi;
		UNLOCK(here_lock)
	:: !loaded
	fi;
	if
	:: !counted -> nr++
	:: else
	fi;
	/* It sleeps again, or not. */
	if
	:: nr--
	:: true
	fi
}

/* The vCPU's context: it loses the CPU and gets it, and does what it is asked. */
proctype Vcpu()
{
	bool wanted, old;
	byte loads = LOADS;

	do
	:: loads > 0 ->
		loads--;
		LOCK(here_lock);
		loaded = false;
		UNLOCK(here_lock);
		LOCK(here_lock);
#if !defined(LOAD_LATE)
		loaded = true;
#endif
		UNLOCK(here_lock);
#if !defined(LOAD_SILENTLY)
		if
		:: !unmapped -> publish(wanted, old)
		:: else -> request = true
		fi;
#endif
		loaded = true
	:: request && !unmapped ->
		request = false;
		publish(wanted, old)
	od
}

proctype Agent()
{
	bool wanted, old;
	byte looks = LOOKS;

	do
	:: looks > 0 ->
		looks--;
		if
		:: !unmapped -> publish(wanted, old)
		:: else
		fi
	:: looks == 0 -> break
	od
}

proctype Notifier()
{
	byte unmaps = UNMAPS;

	do
	:: unmaps > 0 ->
		unmaps--;
		unmapped = true;
		unmapped = false
	:: unmaps == 0 -> break
	od
}

init {
	byte i;

	atomic {
		run Vcpu();
		run Agent();
		run Notifier();
		for (i : 1 .. TASKS) {
			run Waker()
		}
	}
	timeout ->
	assert(!request);
	assert(!(nr > 0) || flag)
}
