/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_CHECK_H
#define TANDEM_POLICY_PLACEMENT_CHECK_H

#include "placement.h"

enum tandem_bad tandem_check_host(const struct tandem_snapshot *s,
				  const struct tandem_placement_knobs *knobs, __u32 *at);
enum tandem_bad tandem_check_group(const struct tandem_snapshot *s, __u32 at);

#endif
