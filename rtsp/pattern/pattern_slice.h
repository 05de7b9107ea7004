/* SPDX-License-Identifier: MIT */
/*
 * How a picture of the built-in pattern is written as one H.264 slice, without an encoder. A key
 * picture predicts each one-coloured macroblock from its neighbour; the others skip what is as it
 * was in the frame before. Everything else is sent as plain samples (I_PCM), and there is no
 * deblocking: what is decoded is what was drawn, pixel by pixel.
 */
#pragma once

#include "core/bits.h"

/* Writes the slice of frame number n as one finished NAL unit. */
void pattern_slice(struct bits *b, uint64_t n);

/* An upper bound of the bytes that pattern_slice writes. */
size_t pattern_slice_max(void);
