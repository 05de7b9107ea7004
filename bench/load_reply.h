/* SPDX-License-Identifier: MIT */
/*
 * The RTSP response as it stands on the wire (RFC 2326 section 7), as a client reads it.
 */
#pragma once

#include "core/base.h"

enum { LOAD_REPLY_HEADER_MAX = 16 << 10, LOAD_REPLY_BODY_MAX = 32 << 10 };

/* Slices point into the input. Those of headers that are missing are empty. */
struct load_reply {
    int status;
    struct slice reason;
    struct slice session; /* without parameters */
    struct slice transport;
    struct slice content_base; /* or Content-Location */
    struct slice body;
};

/*
 * Reads one response from the front of bytes. Returns the bytes consumed, 0 when more must come
 * first, -1 when it is none or beyond the bounds above.
 */
int64_t load_reply_read(struct slice bytes, struct load_reply *reply);
