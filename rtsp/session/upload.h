/* SPDX-License-Identifier: MIT */
/*
 * The body of a tunnel's POST: what the client says, in base64, from a descriptor of its own. It
 * begins with what came together with the POST's header, on another worker perhaps, and moves to
 * the worker of the GET by mail. Belongs to one of them at a time.
 */
#pragma once

#include "core/base64.h"
#include "core/buf.h"
#include "net/addr.h"
#include "net/loop.h"

struct conn;
struct pair;
struct rtsp_worker;

struct upload {
    struct io io;
    struct buf early; /* of the body: was read before it got here */
    struct base64_stream base64;
    char peer[ADDR_TEXT_MAX];

    struct message message; /* on the way: to this worker, for this pair's GET */
    struct rtsp_worker *worker;
    struct pair *pair;

    struct conn *owner; /* arrived: the GET */
    struct litter litter;
};

/*
 * Reads some of the body, decoded, into dst. Bytes, at least one; 0 at the end; or -errno: -EAGAIN
 * for nothing there, -EINTR for nothing that decodes to a byte (read again), -EBADMSG for what is
 * not base64.
 */
ssize_t upload_read(struct upload *u, uint8_t *dst, size_t cap);

/* Closes it, and frees it when the turn of the loop is over. */
void upload_end(struct upload *u, struct loop *l);
