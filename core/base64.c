/* SPDX-License-Identifier: MIT */
#include "core/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to 3 bytes as the high bits of 24, zeros behind them. */
static uint32_t group_of(const uint8_t *p, size_t len)
{
    uint32_t bits = (uint32_t)p[0] << 16;
    if (len > 1)
        bits |= (uint32_t)p[1] << 8;
    if (len > 2)
        bits |= p[2];
    return bits;
}

void base64_encode(char *dst, struct slice in)
{
    for (size_t at = 0; at < in.len; at += 3) {
        size_t len = size_min(in.len - at, 3);
        uint32_t bits = group_of(in.ptr + at, len);
        *dst++ = alphabet[bits >> 18];
        *dst++ = alphabet[bits >> 12 & 63];
        *dst++ = len > 1 ? alphabet[bits >> 6 & 63] : '=';
        *dst++ = len > 2 ? alphabet[bits & 63] : '=';
    }
}

/* 0 to 63, or -1. */
static int digit_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static struct slice strip_padding(struct slice in)
{
    for (int i = 0; i < 2 && in.len > 0 && in.ptr[in.len - 1] == '='; i++)
        in.len--;
    return in;
}

int64_t base64_decode(uint8_t *dst, size_t cap, struct slice in)
{
    in = strip_padding(in);
    size_t tail = in.len % 4;
    size_t out = in.len / 4 * 3 + (tail > 0 ? tail - 1 : 0);
    if (tail == 1 || out > cap)
        return -1;

    uint32_t bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < in.len; i++) {
        int digit = digit_of(in.ptr[i]);
        if (digit < 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
        /* Each character but the first of four completes a byte; bits past the last are ignored. */
        if (i % 4 > 0)
            dst[written++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    return (int64_t)written;
}

static bool is_space(uint8_t c)
{
    return c == '\r' || c == '\n' || c == ' ' || c == '\t';
}

/* False when no padding can stand here. */
static bool take_pad(struct base64_stream *s)
{
    if (s->digits >= 2) {
        s->pads = s->digits == 2; /* one more makes it four */
        s->digits = 0;
        return true;
    }
    if (s->digits > 0 || s->pads == 0)
        return false;
    s->pads--;
    return true;
}

/* Each character but the first of four completes a byte. Returns the bytes written: 0 or 1. */
static size_t take_digit(struct base64_stream *s, uint32_t digit, uint8_t *dst)
{
    unsigned before = s->digits;
    s->bits = s->bits << 6 | digit;
    s->digits = (before + 1) & 3;
    s->pads = 0;
    if (before == 0)
        return 0;
    *dst = (uint8_t)(s->bits >> (6 - before * 2));
    return 1;
}

int64_t base64_stream_decode(struct base64_stream *s, uint8_t *dst, struct slice in)
{
    size_t written = 0;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        int digit = digit_of(c);
        if (digit >= 0)
            written += take_digit(s, (uint32_t)digit, dst + written);
        else if (!is_space(c) && !(c == '=' && take_pad(s)))
            return -1;
    }
    return (int64_t)written;
}
