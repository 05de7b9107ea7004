/* SPDX-License-Identifier: MIT */
/*
 * What little HTTP/1.x an RTSP port speaks: the GET and the POST of a tunnel (Apple, "Tunnelling
 * RTSP and RTP through HTTP"), and clear words for everybody else.
 */
#pragma once

#include "core/text.h"
#include "rtsp/message/msg.h"

enum { HTTP_COOKIE_MAX = 128 };

/* What a request asks for, if status is 200. */
struct http_request {
    bool post;           /* else GET */
    struct slice cookie; /* 1 to HTTP_COOKIE_MAX printable characters, within the message */
    int status;
    const char *why; /* fixed text */
};

struct http_request http_judge(const struct msg *msg);

/* The reply to a GET: RTSP follows, without end. */
void http_write_tunnel(struct text *t, enum msg_protocol protocol);

/* A whole reply, with the reason as a text for a person. The connection ends behind it. */
void http_write_refusal(struct text *t, enum msg_protocol protocol, int status, const char *why);
