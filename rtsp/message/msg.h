/* SPDX-License-Identifier: MIT */
/*
 * The RTSP request as it stands on the wire (RFC 2326 section 4 and 6): found in a growing buffer
 * without looking at a byte twice, split into its parts, and bounded in every dimension. A request
 * of HTTP/1.x looks the same and is read, too; its body is not.
 */
#pragma once

#include "core/base.h"

enum { MSG_HEADERS_MAX = 64 };

struct msg_limits {
    size_t uri_bytes;    /* over: 414 */
    size_t header_bytes; /* request line and all header lines; over: 431 */
    size_t body_bytes;   /* over: 413 */
};

struct msg_header {
    struct slice name;
    struct slice value; /* without white space around it */
};

enum msg_protocol { MSG_RTSP, MSG_HTTP_1_0, MSG_HTTP_1_1 };

/* Every slice points into the input of msg_read. */
struct msg {
    enum msg_protocol protocol; /* MSG_RTSP until a request line says otherwise */
    struct slice method;
    struct slice uri;
    unsigned header_count;
    struct msg_header header[MSG_HEADERS_MAX];
    struct slice body;
    int64_t cseq; /* -1: missing or not a number from 0 to 2^31 - 1 */
};

/* Where the reading of one request stands. Zero it before each request. */
struct msg_reader {
    size_t scanned;    /* bytes already searched for the end of the header */
    size_t header_end; /* 0: not found yet */
    size_t total;      /* once the header is read: header and body */
};

/*
 * Reads one request from the front of bytes, which hold everything received since the end of the
 * last one. Returns the bytes consumed; 0 when more must come first (call again with the same
 * reader and more bytes; reader->total, once not 0, says how many); -1 when it can't be understood:
 * then *status is the RTSP status to answer with (400, 413, 414, 431, 505), *why a reason to show,
 * and msg has the protocol and the CSeq if they could be found. Empty lines before a request are
 * skipped; LF alone ends a line. A header that occurs twice is listed twice. An HTTP request ends
 * with its header, whatever Content-Length says: in a tunnel, what follows has no end.
 */
int64_t msg_read(struct msg_reader *r, struct slice bytes, const struct msg_limits *limits,
                 struct msg *msg, int *status, const char **why);

/* The value of the first header of that name, or a slice with ptr NULL. Case does not matter. */
struct slice msg_get(const struct msg *msg, const char *name);
