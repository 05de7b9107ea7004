/* SPDX-License-Identifier: MIT */
/*
 * A queue of bytes in one piece: appended at the end, consumed from the front. Empty, it holds no
 * memory.
 *
 *   data          start            end            cap
 *    | consumed . . | waiting . . . | room . . . . |
 */
#pragma once

#include "core/base.h"

struct buf {
    uint8_t *data;
    uint32_t start, end, cap;
};

static inline struct slice buf_slice(const struct buf *b)
{
    return b->data ? slice_of(b->data + b->start, b->end - b->start) : (struct slice){0};
}

static inline size_t buf_len(const struct buf *b)
{
    return b->end - b->start;
}

/* Frees the memory; the buffer is then empty. */
void buf_reset(struct buf *b);

/* Makes sure that n bytes fit behind the end, moving and growing as needed. 0 or -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);

/* 0, or -ENOMEM and no change. */
int buf_append(struct buf *b, struct slice bytes);

/* Takes n bytes off the front; the memory goes with the last byte, unless keep is set. */
void buf_consume(struct buf *b, size_t n, bool keep);
