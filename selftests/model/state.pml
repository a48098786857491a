/* SPDX-License-Identifier: GPL-2.0 */
/* Bounds, state, and the properties. */

/* How often each disturbance may happen; 0 leaves its process out. */
#ifndef ARMS
#define ARMS 3		/* what the guest arms or cancels through the page */
#endif
#ifndef HLTS
#define HLTS 0		/* the guest executes HLT */
#endif
#ifndef LEAVES
#define LEAVES 0	/* KVM_RUN ends, and begins again */
#endif
#ifndef FOREIGNS
#define FOREIGNS 0	/* the MSR is written with what isn't the page's */
#endif
#ifndef VOIDS
#define VOIDS 0		/* LVTT leaves TSC-deadline mode, and is back */
#endif
#ifndef SWITCHES
#define SWITCHES 0	/* mode=off, mode=timer */
#endif
#ifndef THROTTLES
#define THROTTLES 0	/* the VM is beyond its share for a while */
#endif
#ifndef UNLOADS
#define UNLOADS 0	/* the module is unloaded */
#endif
#ifndef POLLS
#define POLLS 0		/* mode=poll, mode=timer */
#endif
#ifndef AGENTS
#define AGENTS 1
#endif
#ifndef MOVES
#define MOVES 0		/* the vCPU moves to the other node */
#endif
#ifndef HANGS
#define HANGS 0		/* an agent's CPU hangs */
#endif
#ifndef UNMAPS
#define UNMAPS 0	/* the page can't be reached until the vCPU maps it again */
#endif
#ifndef VANISHES
#define VANISHES 0	/* the page is gone for good */
#endif
#ifndef MIGRATES
#define MIGRATES 0	/* to another host, with or without Tandem */
#endif
#ifndef RESETS
#define RESETS 0	/* the VMM replaces the LAPIC, the memory is someone else's */
#endif
#ifndef INITS
#define INITS 0		/* the same by INIT, in the middle of KVM_RUN */
#endif
#ifndef PREEMPTS
#define PREEMPTS 0	/* the vCPU's thread does not run, its timers do */
#endif
#ifndef PERIODS
#define PERIODS 1	/* 2: each look may choose a short or a long period */
#endif

#ifndef END
#define END 8		/* the last moment */
#endif
#define PERIOD 2	/* longest time until the next look */
#define LATE (1 + (POLLS != 0))	/* how long a promise outlives that look */
#define FAR 3		/* a deadline beyond any promise; the other kind is 1 away */
/* What is armed later may rightly be looked at after the end. */
#define LAST (END - PERIOD - (HANGS != 0) - 1)

#define NEVER 0
#define NONE 0
#define ARMED 1
#define FIRED 2

/* What must never be: one variable each, so that spin names the one it finds. */
bit lost, early, late, twice, stale, costly, needless, recycled, unloaded, stuck;
#ifdef ONLY
/* A mutant may break several: -DONLY=IS_lost looks for that one. */
#define IS_lost 1
#define IS_early 2
#define IS_late 3
#define IS_twice 4
#define IS_stale 5
#define IS_costly 6
#define IS_needless 7
#define IS_recycled 8
#define IS_unloaded 9
#define IS_stuck 10
#define CHECK(name, good) name = (ONLY == IS_##name && !(good)); assert(!name)
#else
#define CHECK(name, good) name = !(good); assert(!name)
#endif

/* What happened in any of the runs, counted outside of the state. */
c_decl {
	enum { ARM, CANCEL, ANNOUNCED, DELIVERED, FOREIGN, SERVE, NOT_SERVED, HAND_OVER,
	       TAKE_BACK, VISIT, JOIN, WAKE, SLEEP, WATCHED, STOCK, HLT, LEAVE, DRAIN,
	       RESUME, UNLOAD, THROTTLE, MOVE, SEND_HOME, DIE, BURY, ORPHAN, REVIVE, UNMAP,
	       UNREACHED, REMAP, LAST_WORD, BLIND, MIGRATE, REGISTER, RESET, INIT, PREEMPT,
	       POLL, GOODBYE, VOID, RACED, PENDING, EVENTS };
	static const char *const tandem_event[EVENTS] = {
	       "arm", "cancel", "announced", "delivered", "foreign", "serve", "not-served",
	       "hand-over", "take-back", "visit", "join", "wake", "sleep", "watched", "stock",
	       "hlt", "leave", "drain", "resume", "unload", "throttle", "move", "send-home",
	       "die", "bury", "orphan", "revive", "unmap", "unreached", "remap", "last-word",
	       "blind", "migrate", "register", "reset", "init", "preempt", "poll", "goodbye",
	       "void", "raced", "pending" };
	static unsigned long tandem_happened[EVENTS];
	static void __attribute__((destructor)) tandem_tell(void)
	{
		int i;

		for (i = 0; i < EVENTS; i++)
			if (tandem_happened[i])
				printf("happened: %s\n", tandem_event[i]);
	}
};
#define HAPPENS(event) c_code { tandem_happened[event]++; }

byte now = 1;

/* --- the page --- */
byte page;			/* guest.deadline */
byte lease, earliest;		/* host.* */
bit valid = 1;			/* the host has it mapped */
bit gone;			/* the guest has it no more */
bit junk;			/* the memory is someone else's */
bit gb_full; byte gb;		/* guest's store buffer, where its barrier is missing */

/* --- the guest --- */
#define IDLE 0
#define BEGUN 1			/* has read the TSC; interrupts are off from here on */
#define WROTE 2			/* the deadline is in the page */
#define READ 3			/* the lease was read */
#define ANNOUNCE 4		/* the MSR will be written */
byte pc, d, t, l;		/* where it is, deadline, TSC, lease */
byte previous;			/* the last deadline armed */
byte ops;			/* arms and cancels so far */
bit native;			/* after a reset: the kernel does not use the page yet */

/* --- what is true, whoever knows it --- */
byte armed; byte state;		/* what shall fire, and whether it did */
bit pending;			/* it is in the IRR, interrupts are off */
bit covered;			/* what is about to be armed was fired a moment ago: in the IRR */
bit blind;			/* it was fired blindly: the real one may follow */
bit excused;			/* the guest was held up while it armed */
byte exits;			/* that this arm cost */

/* --- the vCPU in the host --- */
#define GUEST 0			/* executes, or would if it weren't preempted */
#define EXIT 1			/* a request comes before it executes */
#define HANDING 2		/* tandem_timer_leave(): not served, not handed over yet */
#define ENTERING 3		/* tandem_timer_enter(): KVM's timer was taken back */
#define OUT 4			/* outside KVM_RUN */
#define BLOCKED 5
#define UNREGISTER 6
byte mode = OUT, after;		/* @after: where HANDING and UNREGISTER lead to */
byte over, took;		/* on its way to and from KVM's timer */
bit drop;			/* unregister after HANDING */
bit woken, preempted, req;
byte node = 1;

bit registered = 1, allowed = 1, share_used;
bit lk;				/* tv->lock, held by the watch or an agent */
bit serving;
bit promised;			/* a lease is out, kept or not */
bit voided;			/* what the page holds is void: wait for the next deadline */
byte on;			/* tv->agent, 0 = the watch looks */
byte consumed, next_look, due;
byte watch; bit in_watch;	/* when it expires, 0 = not armed; its callback runs */
byte stock;			/* KVM's own timer */

/* --- the agents, from 1 --- */
bit a_lk[3], a_awake[3], a_ipi[3], a_hung[3], a_dead[3], a_stopped[3];
byte a_expires[3], a_tm[3];	/* @expires; and the timer, 0 = not armed */
bit polled = (POLLS != 0);
bit switching, module_gone;

/* Spent budgets. */
byte hlts, leaves, foreigns, voids, throttles, migrates, registers, resets;

/* Good only within one step. */
hidden byte h_at, h_v;
