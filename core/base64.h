/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648 section 4).
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
