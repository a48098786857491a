/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_PLACE_CASES_H
#define TANDEM_PLACE_CASES_H

#include "place_sim.h"

/**
 * struct place_figure - what somebody measured
 * @what:	the case
 * @policy:	who placed
 * @value:	throughput, in the unit of its source
 * @anchor:	the model was fitted to it
 * @source:	whose it is
 */
struct place_figure {
	const char *what;
	const char *policy;
	double value;
	bool anchor;
	const char *source;
};

extern const struct place_case place_cases[];
extern const struct place_policy *const place_policies[];
extern const struct place_figure place_figures[];

#endif
