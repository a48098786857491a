// SPDX-License-Identifier: GPL-2.0
/*
 * How much CPU a group wants, and how sure that is. It wants what it runs and what
 * it waits for: on a full node only both together say what it would use elsewhere.
 */
#include "placement_load.h"

/* The mean is that of all samples at first, and then fades by an eighth each. */
#define SAMPLES_MAX	8
/* Samples are taken to differ by at least a sixteenth of their mean. */
#define SURE		16
/* So many deviations, or half of the mean, and half a CPU, are no noise. */
#define JUMP		8
#define JUMP_MIN	32768
/* What else runs counts where it does for two samples that are at least as long as this. */
#define REST_NS		10000000000ULL
/* 2048 CPUs: of a group, and of a sample. */
#define SAMPLE_MAX	(2048U << 16)

static __u32 abs_difference(__u32 a, __u32 b)
{
	return a > b ? a - b : b - a;
}

static __u32 towards(__u32 mean, __u32 value, __u32 samples)
{
	if (value > mean)
		return mean + (value - mean) / samples;
	return mean - (mean - value) / samples;
}

/* Few samples, or equal ones, don't say that the next will be the same. */
static __u32 deviation(const struct tandem_load *l)
{
	return l->deviation > l->mean / SURE ? l->deviation : l->mean / SURE;
}

/* Something else has begun. */
static _Bool jumped(const struct tandem_load *l, __u32 load)
{
	__u64 most = (__u64)JUMP * deviation(l);

	most = most < l->mean / 2 ? most : l->mean / 2;
	return abs_difference(load, l->mean) > most + JUMP_MIN;
}

/**
 * tandem_load_sample() - one more sample
 * @l:		what is known of the group
 * @load:	what it wanted since the last one, 1/65536 CPU
 *
 * After one that is far off from all before, only what follows counts. But what jumps
 * may jump again: the more often, the less sure it is.
 */
void tandem_load_sample(struct tandem_load *l, __u32 load)
{
	load = load < SAMPLE_MAX ? load : SAMPLE_MAX;
	if (jumped(l, load)) {
		l->samples = 0;
		l->deviation = l->deviation / 2 + abs_difference(load, l->mean) / 8;
	}
	if (l->samples < SAMPLES_MAX)
		l->samples++;
	if (l->samples > 1)
		l->deviation = towards(l->deviation, abs_difference(load, l->mean), l->samples);
	l->mean = towards(l->mean, load, l->samples);
}

/* 1/65536 CPU; a counter that ran 64 hours of CPU in an interval is nonsense. */
static __u32 rate(__u64 used_ns, __u64 elapsed_ns)
{
	__u64 most = ~0ULL >> 16;

	used_ns = used_ns < most ? used_ns : most;
	used_ns = (used_ns << 16) / elapsed_ns;
	return used_ns < SAMPLE_MAX ? used_ns : SAMPLE_MAX;
}

/**
 * tandem_load_saw() - read a group's counters
 * @l:		what is known of the group
 * @now_ns:	when, ns
 * @run_ns:	time its threads ran, ns, a counter
 * @wait_ns:	time they were runnable and did not run, ns, a counter
 *
 * Counters that went back (a thread is gone) start anew, and so does a clock that did:
 * there is no sample of that interval.
 */
void tandem_load_saw(struct tandem_load *l, __u64 now_ns, __u64 run_ns, __u64 wait_ns)
{
	__u64 ran = run_ns - l->run_ns, waited = wait_ns - l->wait_ns;

	if (l->at_ns && now_ns > l->at_ns && run_ns >= l->run_ns && wait_ns >= l->wait_ns &&
	    ran + waited >= ran)
		tandem_load_sample(l, rate(ran + waited, now_ns - l->at_ns));
	l->run_ns = run_ns;
	l->wait_ns = wait_ns;
	l->at_ns = now_ns;
}

/**
 * tandem_rest_saw() - what else a node's CPUs did
 * @r:		what is known of that
 * @elapsed_ns:	time since the last look, ns
 * @used_ns:	CPU time of what is no group's since then, ns
 *
 * Programs that start, such as the VMM of a VM that is not there yet, and what prepares
 * its disks, want much for some seconds, and VMs stay for hours. So a sample is no shorter
 * than REST_NS, however often it is looked, and counts as far as the one before did.
 */
void tandem_rest_saw(struct tandem_rest *r, __u64 elapsed_ns, __u64 used_ns)
{
	__u32 now;

	r->used_ns += used_ns;
	r->elapsed_ns += elapsed_ns;
	if (r->elapsed_ns < REST_NS)
		return;
	now = rate(r->used_ns, r->elapsed_ns);
	if (r->known)
		tandem_load_sample(&r->load, now < r->before ? now : r->before);
	r->before = now;
	r->known = 1;
	r->used_ns = 0;
	r->elapsed_ns = 0;
}

/**
 * tandem_load_mean() - what it wants
 * @l:		what is known of the group
 *
 * Return: 1/256 CPU
 */
__u32 tandem_load_mean(const struct tandem_load *l)
{
	return l->mean / 256;
}

/**
 * tandem_load_noise() - the standard error of that
 * @l:		what is known of the group
 *
 * Of independent samples with standard deviation s a mean that fades by 1/n has the
 * standard error s / sqrt(2n - 1), and that of n samples s / sqrt(n). The mean
 * deviation of what is normal is s * sqrt(2/pi).
 *
 * Return: 1/256 CPU
 */
__u32 tandem_load_noise(const struct tandem_load *l)
{
	/* 256 * sqrt(pi/2) / sqrt(n), and / sqrt(2n - 1) for the last */
	static const __u16 factor[SAMPLES_MAX + 1] = { 0, 321, 227, 185, 160, 143, 131, 121, 83 };
	__u32 samples = l->samples < SAMPLES_MAX ? l->samples : SAMPLES_MAX;

	return (__u64)deviation(l) * factor[samples] / 65536;
}

/**
 * tandem_load_rests() - is too little known of what a group uses to move it for that?
 * @l:		what is known of the group
 * @new:	it is so new that it is taken to use @assumed
 * @placed:	it has a home that was chosen for it
 * @assumed:	1/256 CPU
 *
 * A new one gets its home by what it may use. But what it does not use is no reason to move
 * it: nodes differ by that as VMs that do nothing cease to be new, one after the other. Of
 * one that was never measured and is not new nothing is known: it waits for that.
 *
 * Return: whether it is left where it is
 */
_Bool tandem_load_rests(const struct tandem_load *l, _Bool new, _Bool placed, __u32 assumed)
{
	if (!new)
		return !l->samples;
	return placed && (!l->samples || tandem_load_mean(l) < assumed / 2);
}
