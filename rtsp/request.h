/* SPDX-License-Identifier: MIT */
/*
 * One request and the reply that it gets. The methods are in play.h and record.h; what they have in
 * common is here.
 */
#pragma once

#include "core/text.h"
#include "rtsp/conn.h"
#include "rtsp/url.h"

enum { REQUEST_BASE_MAX = 4096 };

struct request {
    struct conn *conn;
    const struct msg *msg;
    enum method method;
    struct rtsp_url url;
    struct text reply;
    struct lane *join; /* PLAY: to be joined once the reply is on its way */
};

/* Serves a complete request: the reply is sent, or on its way, when it returns. */
void request_serve(struct conn *c, const struct msg *msg);

/* Refuses what msg_read could not make sense of, and closes after the reply. */
void request_refuse(struct conn *c, const struct msg *msg, int status, const char *why);

/* -- for the methods -- */

/* A complete reply without a body. why: see reply_begin. */
void request_fail(struct request *rq, int status, const char *why);

/* 200 with the session, if there is one; headers may follow, then request_end. */
void request_ok(struct request *rq);
void request_end(struct request *rq, const char *content_type, struct slice body);

/*
 * The URL of the request as others should extend it: without query and control, with a trailing
 * slash (Content-Base, RTP-Info).
 */
void request_base(const struct request *rq, struct text *base);
