/* SPDX-License-Identifier: MIT */
#include "core/nal.h"

#include "core/bytes.h"

enum { START_CODE_BYTES = 3 };

static const uint8_t start_code[START_CODE_BYTES] = {0, 0, 1};

bool nal_next(struct slice *units, struct slice *nal)
{
    if (units->len < NAL_LENGTH_BYTES)
        return false;
    size_t len = get_be32(units->ptr);
    if (len > units->len - NAL_LENGTH_BYTES)
        return false;
    *nal = slice_of(units->ptr + NAL_LENGTH_BYTES, len);
    *units = slice_from(*units, NAL_LENGTH_BYTES + len);
    return true;
}

bool nal_append(uint8_t *dst, size_t cap, size_t *len, struct slice nal)
{
    size_t room = cap - *len;
    if (nal.len > UINT32_MAX || room < NAL_LENGTH_BYTES || room - NAL_LENGTH_BYTES < nal.len)
        return false;
    put_be32(dst + *len, (uint32_t)nal.len);
    if (nal.len > 0)
        memcpy(dst + *len + NAL_LENGTH_BYTES, nal.ptr, nal.len);
    *len += NAL_LENGTH_BYTES + nal.len;
    return true;
}

bool nal_contains(struct slice units, struct slice nal)
{
    struct slice unit;
    while (nal_next(&units, &unit))
        if (slice_eq(unit, nal))
            return true;
    return false;
}

bool rbsp_next(struct rbsp *r, uint8_t *byte)
{
    if (r->zeros >= 2 && r->rest.len > 0 && r->rest.ptr[0] == 3)
        *r = (struct rbsp){.rest = slice_from(r->rest, 1)};
    if (r->rest.len == 0)
        return false;
    *byte = r->rest.ptr[0];
    r->rest = slice_from(r->rest, 1);
    r->zeros = *byte == 0 ? r->zeros + 1 : 0;
    return true;
}

/* Bytes in front of the next emulation prevention, its zeros not included. */
static size_t bytes_to_emulation(struct slice s)
{
    static const uint8_t emulation[] = {0, 0, 3};
    const uint8_t *at = memmem(s.ptr, s.len, emulation, sizeof emulation);
    return at ? (size_t)(at - s.ptr) : s.len;
}

bool rbsp_skip(struct rbsp *r, size_t bytes)
{
    uint8_t byte;
    while (bytes > 0 && r->rest.len > 0) {
        size_t plain = 0;
        if (r->zeros == 0) /* else an emulation prevention may be under way */
            plain = size_min(bytes, bytes_to_emulation(slice_head(r->rest, bytes + 2)));
        if (plain > 0)
            r->rest = slice_from(r->rest, plain);
        else if (rbsp_next(r, &byte))
            plain = 1;
        bytes -= plain;
    }
    return bytes == 0;
}

/* Bytes in front of the next start code, or all of them when there is none. */
static size_t bytes_to_start_code(struct slice s)
{
    const uint8_t *at = memmem(s.ptr, s.len, start_code, START_CODE_BYTES);
    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

/* A NAL unit never ends in a zero byte: such bytes belong to the byte stream (B.1.1). */
static struct slice without_trailing_zeros(struct slice s)
{
    while (s.len > 0 && s.ptr[s.len - 1] == 0)
        s.len--;
    return s;
}

bool annexb_next(struct slice *stream, struct slice *nal)
{
    while (stream->len > 0) {
        size_t len = bytes_to_start_code(*stream);
        *nal = without_trailing_zeros(slice_head(*stream, len));
        *stream = slice_from(*stream, len + START_CODE_BYTES);
        if (nal->len > 0)
            return true;
    }
    return false;
}
