/* SPDX-License-Identifier: MIT */
#include "rtp/assembly.h"

#include <stdlib.h>

enum { FIRST_CAP = 4096 };

void assembly_open(struct assembly *a, uint32_t rtp_time)
{
    a->len = 0;
    a->rtp_time = rtp_time;
    a->open = true;
    a->damaged = false;
    a->key = false;
}

/* Doubles the buffer until it holds 'need' bytes, at most UNPACKER_AU_MAX. */
static bool grow(struct assembly *a, size_t need)
{
    size_t cap = a->cap > 0 ? a->cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    cap = size_min(cap, UNPACKER_AU_MAX);
    uint8_t *data = realloc(a->data, cap);
    if (data == NULL)
        return false;
    a->data = data;
    a->cap = cap;
    return true;
}

bool assembly_reserve(struct assembly *a, size_t bytes)
{
    if (bytes <= a->cap - a->len)
        return true;
    if (bytes <= UNPACKER_AU_MAX - a->len && grow(a, a->len + bytes))
        return true;
    a->damaged = true;
    return false;
}

void assembly_append(struct assembly *a, struct slice bytes)
{
    if (bytes.len == 0 || !assembly_reserve(a, bytes.len))
        return;
    memcpy(a->data + a->len, bytes.ptr, bytes.len);
    a->len += bytes.len;
}

void assembly_deliver(struct assembly *a, uint32_t rtp_time, struct slice data)
{
    const struct access_unit au = {
        .rtp_time = rtp_time, .key = a->key, .new_timeline = a->new_timeline, .data = data};
    a->new_timeline = false;
    a->on_au(a->arg, &au);
}

void assembly_finish(struct assembly *a)
{
    a->open = false;
    if (a->damaged)
        a->dropped++;
    else
        assembly_deliver(a, a->rtp_time, slice_of(a->data, a->len));
}

void assembly_fini(struct assembly *a)
{
    free(a->data);
    *a = (struct assembly){0};
}
