/* SPDX-License-Identifier: MIT */
/*
 * The RTSP response, written into a text (RFC 2326 section 7).
 */
#pragma once

#include "core/text.h"

/* The reason phrase of RFC 2326 section 7.1.1 (and the few statuses that came later). */
const char *reply_reason(int status);

/*
 * Status line, CSeq (left out when negative) and Server. why: NULL, or what a person should read
 * behind the reason phrase; fixed text of ours, never a peer's.
 */
void reply_begin(struct text *t, int status, const char *why, int64_t cseq);
void reply_header(struct text *t, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Content-Type and Content-Length (both left out when body is empty), the empty line, the body. */
void reply_end(struct text *t, const char *content_type, struct slice body);
