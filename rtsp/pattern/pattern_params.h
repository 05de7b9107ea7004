/* SPDX-License-Identifier: MIT */
/*
 * The parameter sets of the built-in pattern: H.264 Constrained Baseline, level 3.0 (ITU-T H.264
 * clauses 7.3.2.1 and 7.3.2.2). The slices rely on what they say.
 */
#pragma once

#include "core/bits.h"

enum {
    PATTERN_FRAME_NUM_BITS = 6, /* log2_max_frame_num: a group of pictures does not wrap it */
    PATTERN_NAL_REF = 0x3 << 5, /* nal_ref_idc in the first byte of all units that decoding needs */
};

/* Each writes one finished NAL unit. */
void pattern_sps(struct bits *b);
void pattern_pps(struct bits *b);
