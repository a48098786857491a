/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_SHARE_H
#define TANDEM_POLICY_PLACEMENT_SHARE_H

#include "placement.h"

void tandem_sketch_add(__u32 sketch[TANDEM_SKETCH], __u64 frame);
__u32 tandem_kind_of(struct tandem_plan *p, __u32 g);

#endif
