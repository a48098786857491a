/* SPDX-License-Identifier: GPL-2.0 */
/* How many instructions a piece of code takes, by single steps of the CPU. */
#ifndef STEPS_H
#define STEPS_H

#include <signal.h>

#define TRAP_FLAG	0x100ULL

static volatile unsigned int steps_taken;

static inline void steps_one(int signal)
{
	(void)signal;
	steps_taken++;
}

static inline void steps_flag(int on)
{
	unsigned long long flags = __builtin_ia32_readeflags_u64() & ~TRAP_FLAG;

	__builtin_ia32_writeeflags_u64(on ? flags | TRAP_FLAG : flags);
}

static inline void steps_begin(void)
{
	signal(SIGTRAP, steps_one);
	steps_taken = 0;
	steps_flag(1);
}

static inline unsigned int steps_end(void)
{
	steps_flag(0);
	return steps_taken;
}

#endif
