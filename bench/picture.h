/* SPDX-License-Identifier: MIT */
/*
 * H.264 pictures of any size that decoders take: grey, with as many macroblocks sent as plain
 * samples (I_PCM, ITU-T H.264 clause 7.3.5) as shall cost bytes. The other macroblocks are
 * predicted without a residual in a key frame, and skipped elsewhere.
 */
#pragma once

#include "core/base.h"

enum {
    PICTURE_COLUMNS = 40, /* in macroblocks: 640 pixels */
    PICTURE_ROWS = 23,    /* 368 pixels, of which 360 are shown */
    PICTURE_MACROBLOCKS = PICTURE_COLUMNS * PICTURE_ROWS,
    PICTURE_MACROBLOCK_BYTES = 386, /* that a macroblock of samples takes */
    PICTURE_PARAMETER_SETS_MAX = 64,
};

struct picture {
    bool key;
    bool odd;           /* differs between key frames in a row (idr_pic_id) */
    uint16_t frame_num; /* pictures since the key frame, modulo 65536 */
    uint8_t grey;       /* 16 to 235 */
    uint32_t samples;   /* macroblocks of samples, up to PICTURE_MACROBLOCKS */
};

/* Writes SPS and PPS in the form of core/nal.h; returns the bytes. */
size_t picture_write_parameter_sets(uint8_t dst[PICTURE_PARAMETER_SETS_MAX]);

/* The slice NAL unit: its size, and its bytes. */
size_t picture_bytes(const struct picture *p);
size_t picture_write(uint8_t *dst, const struct picture *p);
