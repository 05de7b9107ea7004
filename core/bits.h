/* SPDX-License-Identifier: MIT */
/*
 * Writes the syntax elements of an H.264 NAL unit bit by bit: fixed-length and Exp-Golomb codes
 * (ITU-T H.264 clauses 7.2 and 9.1). Emulation prevention bytes (clause 7.4.1) are put in on the
 * way, so that what comes out is the finished NAL unit. Nothing here allocates.
 */
#pragma once

#include "core/base.h"

struct bits {
    uint8_t *dst;
    size_t cap;
    size_t len;    /* whole bytes written */
    bool cut;      /* something did not fit */
    uint64_t held; /* the last held_count bits do not make a byte yet */
    unsigned held_count;
    unsigned zeros; /* zero bytes in a row at the end of dst */
};

/* Starts a NAL unit in dst. What does not fit into cap bytes is dropped, and cut says so. */
void bits_init(struct bits *b, uint8_t *dst, size_t cap);

/* u(count): the low 'count' bits of value, at most 32; the bits above them are zero. */
void bits_u(struct bits *b, unsigned count, uint32_t value);

/* ue(v) and se(v). The value is neither UINT32_MAX nor INT32_MIN: these have no code. */
void bits_ue(struct bits *b, uint32_t value);
void bits_se(struct bits *b, int32_t value);

/* Zero bits up to the next byte boundary; none when already there. */
void bits_align_zero(struct bits *b);

/* Whole bytes; only at a byte boundary. */
void bits_bytes(struct bits *b, struct slice bytes);

/* rbsp_trailing_bits: ends the NAL unit. */
void bits_trailing(struct bits *b);
