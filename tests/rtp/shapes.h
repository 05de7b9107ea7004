/* SPDX-License-Identifier: MIT */
/*
 * Access units of chosen shapes: what packers and unpackers are tried with. Their bytes are never
 * zero, so that nothing in them looks like a start code.
 */
#pragma once

#include "core/bytes.h"
#include "core/nal.h"

#include <stdlib.h>

struct shape {
    const uint8_t *header; /* a NAL header each, or its first byte */
    const size_t *bytes;   /* a size each, the header included */
    size_t count;
};

static inline void fill_nonzero(uint8_t *dst, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = (uint8_t)(1 + (i * 7 + i / 251 + seed * 31) % 255);
}

/* The NAL units of a shape in the form of core/nal.h. Their slices begin a picture. Free it with
 * shape_free. */
static inline struct slice shape_nals(const struct shape *shape, size_t header_bytes)
{
    size_t total = 0;
    for (size_t i = 0; i < shape->count; i++)
        total += NAL_LENGTH_BYTES + shape->bytes[i];
    uint8_t *au = malloc(total);
    uint8_t *p = au;
    for (size_t i = 0; i < shape->count; i++) {
        put_be32(p, (uint32_t)shape->bytes[i]);
        p += NAL_LENGTH_BYTES;
        fill_nonzero(p, shape->bytes[i], (unsigned)i);
        p[0] = shape->header[i];
        if (header_bytes > 1)
            p[1] = 1; /* H.265: the lowest layer */
        if (shape->bytes[i] > header_bytes)
            p[header_bytes] |= 0x80;
        p += shape->bytes[i];
    }
    return slice_of(au, total);
}

static inline struct slice shape_h264(const struct shape *shape)
{
    return shape_nals(shape, 1);
}

static inline struct slice shape_aac(size_t bytes)
{
    uint8_t *au = malloc(bytes);
    fill_nonzero(au, bytes, 1);
    return slice_of(au, bytes);
}

/* A frame of that many bytes which begins with that one. Free it with
 * shape_free. */
static inline struct slice shape_frame(uint8_t first, size_t bytes)
{
    uint8_t *frame = malloc(bytes);
    fill_nonzero(frame, bytes, 1);
    frame[0] = first;
    return slice_of(frame, bytes);
}

static inline void shape_free(struct slice au)
{
    free((void *)(uintptr_t)au.ptr);
}
