/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648 section 4): a text as a whole, or a stream of it in pieces.
 */
#pragma once

#include "core/base.h"

/* Bytes that base64_encode writes for len bytes, without a NUL. */
static inline size_t base64_encoded_bytes(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes base64_encoded_bytes(in.len) characters, no NUL. */
void base64_encode(char *dst, struct slice in);

/*
 * Decodes into dst. Padding may be missing. Returns the bytes written, or -1 for a character
 * outside of the alphabet, an impossible length, or more than cap bytes.
 */
int64_t base64_decode(uint8_t *dst, size_t cap, struct slice in);

/* Where the reading of a stream stands. Zero it at its beginning. */
struct base64_stream {
    uint32_t bits;  /* of the characters of a group that have come */
    uint8_t digits; /* their number, 0 to 3 */
    uint8_t pads;   /* "=" that may still follow the one that ended a group */
};

/*
 * Decodes the next piece of a stream into dst, which has room for in.len bytes and may be in.ptr
 * itself. A byte comes out with the character that completes it. White space may stand anywhere,
 * and padding at the end of any group: after it the next text begins. Returns the bytes written, or
 * -1 for any other character, or padding where none can be.
 */
int64_t base64_stream_decode(struct base64_stream *s, uint8_t *dst, struct slice in);
