/* SPDX-License-Identifier: MIT */
#include "core/bits.h"

void bits_init(struct bits *b, uint8_t *dst, size_t cap)
{
    *b = (struct bits){.dst = dst, .cap = cap};
}

static void store(struct bits *b, uint8_t byte)
{
    if (b->len == b->cap) {
        b->cut = true;
        return;
    }
    b->dst[b->len++] = byte;
    b->zeros = byte == 0 ? b->zeros + 1 : 0;
}

/* 00 00 followed by 00 to 03 would look like a start code: a 03 goes between. */
static void put_byte(struct bits *b, uint8_t byte)
{
    if (b->zeros >= 2 && byte <= 3)
        store(b, 3);
    store(b, byte);
}

void bits_u(struct bits *b, unsigned count, uint32_t value)
{
    b->held = b->held << count | value;
    b->held_count += count;
    while (b->held_count >= 8) {
        b->held_count -= 8;
        put_byte(b, (uint8_t)(b->held >> b->held_count));
    }
}

void bits_ue(struct bits *b, uint32_t value)
{
    unsigned leading_zeros = 31 - (unsigned)__builtin_clz(value + 1);
    bits_u(b, leading_zeros, 0);
    bits_u(b, leading_zeros + 1, value + 1);
}

/* Clause 9.1.1: 0, 1, -1, 2, -2 ... are numbered 0, 1, 2, 3, 4 ... */
void bits_se(struct bits *b, int32_t value)
{
    bits_ue(b, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

void bits_align_zero(struct bits *b)
{
    if (b->held_count > 0)
        bits_u(b, 8 - b->held_count, 0);
}

void bits_bytes(struct bits *b, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        put_byte(b, bytes.ptr[i]);
}

void bits_trailing(struct bits *b)
{
    bits_u(b, 1, 1);
    bits_align_zero(b);
}
