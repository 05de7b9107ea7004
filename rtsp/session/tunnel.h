/* SPDX-License-Identifier: MIT */
/*
 * RTSP through HTTP (Apple, "Tunnelling RTSP and RTP through HTTP"), as a connection sees it. The
 * client opens two connections, which name the same x-sessioncookie:
 *
 *   GET    its reply never ends: RTSP replies and interleaved packets       server --> client
 *   POST   its body never ends: requests and interleaved packets, base64    server <-- client
 *
 * The GET is the RTSP connection: all that is true of others is true of it, but that its input
 * comes from its POST. A POST is closed and opened again as the client likes (QuickTime and live555
 * do so at its Content-Length, which says nothing), so that for a while there may be several; the
 * session ends with the GET. What the client sends on the GET after its header is dropped.
 *
 * The two may be accepted by two workers. The POST's descriptor then moves, by mail:
 *
 *   worker B, POST            the table (pairing.h)           worker A, GET
 *   tunnel_serve       -----> GET is there: on worker A
 *   (or waits          <----- GET has come)            <----- tunnel_serve
 *   hands over the descriptor and what was read -------------> on_arrival
 *
 * To --max-clients and to the metrics a connection is a TCP connection: a tunnel with a POST counts
 * as two.
 */
#pragma once

#include <sys/types.h>

#include "rtsp/message/msg.h"

struct conn;
struct pair;
struct upload;

enum tunnel_role {
    TUNNEL_NONE,
    TUNNEL_GET,  /* for good */
    TUNNEL_POST, /* until it is handed over: nothing of its body is taken */
};

enum { TUNNEL_POSTS_MAX = 4 };

/* Embedded in the connection. */
struct tunnel_end {
    enum tunnel_role role;
    struct pair *pair; /* NULL once left */
    /* Of a GET: its POSTs, first the one that was read last. */
    struct upload *upload[TUNNEL_POSTS_MAX];
    unsigned uploads;
    struct upload *speaker; /* brought what came last; NULL when it is closed */
};

/* True while HTTP may come: nothing has come yet. */
bool tunnel_may_begin(const struct conn *c);

/* Takes the HTTP request that c begins with: c becomes half of a tunnel, or the client is told why
 * not. */
void tunnel_serve(struct conn *c, const struct msg *msg);
void tunnel_refuse(struct conn *c, const struct msg *msg, int status, const char *why);

/*
 * What the POSTs of a GET bring: see upload_read. An end is no end, as another POST may come. A
 * message that began in one POST ends there, or, if that one is closed, in another.
 */
ssize_t tunnel_receive(struct conn *c, uint8_t *dst, size_t cap);

/* What is left to do of c's own input: a GET's is dropped, its end is the end; a POST's moves to
 * its GET. May close c. */
void tunnel_read_on(struct conn *c);

/* The tunnel takes no new POST and its cookie is free; a POST does not wait any more. Harmless
 * without a tunnel. */
void tunnel_leave(struct conn *c);

/* The end of the connection. */
void tunnel_close_posts(struct conn *c);
