/* SPDX-License-Identifier: MIT */
/*
 * The built-in picture: H.264 access units made without an encoder. Colour bars, a frame counter
 * that moves, and the wall-clock time in an SEI. Pure: the same frame number and time give the same
 * bytes.
 */
#pragma once

#include "core/media.h"

enum {
    PATTERN_WIDTH = 640,
    PATTERN_HEIGHT = 360,
    PATTERN_FPS = 25,
    PATTERN_GOP = 50, /* frames from one IDR picture to the next */
    PATTERN_CLOCK_RATE = 90000,
};

/* Fills in the track: codec, clock rate and parameter sets. */
void pattern_describe(struct media_track *track);

/* An upper bound of the bytes that pattern_frame writes. */
size_t pattern_frame_max(void);

/*
 * Writes frame number n (from 0 on; an IDR picture when n is a multiple of PATTERN_GOP) to dst, as
 * NAL units in the form of core/nal.h. wall_ns: the time for the SEI, nanoseconds since 1970.
 * Returns the bytes. The picture shows n modulo 10^6. The SEI is user_data_unregistered with the
 * UUID c9a6c2f3-85b5-4d1f-b364-af8f041733b8 and a text such as
 *
 *     umbel frame=50 time=2023-11-14T22:13:20.123Z
 */
size_t pattern_frame(uint8_t *dst, uint64_t n, int64_t wall_ns);
