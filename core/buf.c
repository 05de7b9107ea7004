/* SPDX-License-Identifier: MIT */
#include "core/buf.h"

#include <errno.h>
#include <stdlib.h>

enum { BUF_MIN = 512, BUF_MAX = 1 << 30 };

void buf_reset(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

int buf_reserve(struct buf *b, size_t n)
{
    size_t len = buf_len(b);
    if (n <= b->cap - b->end)
        return 0;
    if (n > BUF_MAX - len)
        return -ENOMEM;
    /* Moving costs what it brings only while the consumed part outweighs what waits. */
    if (len + n <= b->cap && len <= b->start) {
        memmove(b->data, b->data + b->start, len);
        b->start = 0;
        b->end = (uint32_t)len;
        return 0;
    }
    size_t cap = b->cap > 0 ? b->cap : BUF_MIN;
    while (cap < len + n)
        cap *= 2;
    uint8_t *data = malloc(cap);
    if (!data)
        return -ENOMEM;
    if (len > 0)
        memcpy(data, b->data + b->start, len);
    free(b->data);
    *b = (struct buf){.data = data, .end = (uint32_t)len, .cap = (uint32_t)cap};
    return 0;
}

int buf_append(struct buf *b, struct slice bytes)
{
    int err = buf_reserve(b, bytes.len);
    if (err || bytes.len == 0)
        return err;
    memcpy(b->data + b->end, bytes.ptr, bytes.len);
    b->end += (uint32_t)bytes.len;
    return 0;
}

void buf_consume(struct buf *b, size_t n, bool keep)
{
    b->start += (uint32_t)n;
    if (b->start < b->end)
        return;
    b->start = b->end = 0;
    if (!keep)
        buf_reset(b);
}
