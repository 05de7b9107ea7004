/* SPDX-License-Identifier: MIT */
/*
 * One request and the reply that it gets: what the methods (play.h, record.h) have in common.
 */
#pragma once

#include "core/text.h"
#include "rtsp/message/url.h"
#include "rtsp/session/conn.h"

enum { REQUEST_BASE_MAX = 4096 };

struct request {
    struct conn *conn;
    const struct msg *msg;
    enum method method;
    struct rtsp_url url;
    struct text reply;
    struct lane *join; /* PLAY: to be joined once the reply is on its way */
    bool later;        /* no reply yet: the request is shown again after conn_resume */
};

/* Status line and what every reply has; headers may follow, then request_end. why: see reply_begin.
 */
void request_begin(struct request *rq, int status, const char *why);

/* A complete reply without a body. */
void request_fail(struct request *rq, int status, const char *why);

/* Begins with 200. */
void request_ok(struct request *rq);
void request_end(struct request *rq, const char *content_type, struct slice body);

/*
 * The URL of the request as others should extend it: without query and control, with a trailing
 * slash (Content-Base, RTP-Info).
 */
void request_base(const struct request *rq, struct text *base);
