/* SPDX-License-Identifier: MIT */
/*
 * An RTSP connection: bytes in (intake.h), cut into requests and interleaved packets; bytes out, by
 * way of its viewer; and the deadlines by which a peer must have done its part. Belongs to the
 * worker that accepted it. One that begins with HTTP becomes half of a tunnel (tunnel.h).
 *
 *   OPEN ----> LINGERING ----> CLOSED
 *     |  all is said: our side is shut,     ^
 *     |  we wait a little for the peer's    |
 *     +-------------------------------------+
 *        the peer is gone, or takes too long
 *
 * Lingering is what lets the last reply or the BYE arrive: closing a socket with unread input makes
 * the kernel throw away what was sent.
 */
#pragma once

#include "core/buf.h"
#include "net/addr.h"
#include "rtsp/message/msg.h"
#include "rtsp/session/rtsp_worker.h"
#include "rtsp/session/session.h"
#include "rtsp/session/tunnel.h"

enum conn_phase { CONN_OPEN, CONN_LINGERING, CONN_CLOSED };

struct conn;

/* Who knows what messages mean (dispatch.h). On the connection's worker; each may close the
 * connection. */
struct conn_handlers {
    /* False: not now; the request is to be shown again after conn_resume. */
    bool (*on_request)(struct conn *c, const struct msg *msg);
    /* Input that is no request; nothing behind it can be made sense of. */
    void (*on_bad_request)(struct conn *c, const struct msg *msg, int status, const char *why);
    void (*on_packet)(struct conn *c, uint8_t channel, struct slice packet); /* interleaved */
    /* UDP; the session's owner is the connection. */
    void (*on_datagram)(struct udp_session *s, unsigned track, bool is_rtcp, struct slice bytes);
};

struct conn {
    struct io io;
    struct viewer viewer;
    struct rtsp_worker *worker;
    enum conn_phase phase;

    struct buf in; /* the beginning of a message that is not all there yet */
    struct msg_reader reader;
    bool has_spoken;             /* a whole RTSP message has come */
    bool held;                   /* a request waits for something: nothing is taken before it */
    int64_t incomplete_since_ns; /* a request is awaited or has begun; 0: none */
    int64_t heard_ns;            /* last sign of life */
    uint64_t sent_when_heard;    /* what the viewer had taken by then */
    int64_t linger_until_ns;
    struct tmr deadline;
    struct task read_more; /* there may be more input than one turn takes */
    struct litter litter;
    struct list link; /* in the worker's conns */

    struct session session;
    struct tunnel_end tunnel;
    char peer[ADDR_TEXT_MAX];
};

/* Takes over fd. 0, or -errno (fd is then closed). */
int conn_open(struct rtsp_worker *w, int fd);

/* There may be input: takes it, and whatever follows from it. May close the connection. */
void conn_read(struct conn *c);

/* True when requests come by HTTP: nothing but TCP will reach the client. */
static inline bool conn_is_tunnelled(const struct conn *c)
{
    return c->tunnel.role == TUNNEL_GET;
}

/* What a request waited for has come. May close c. */
void conn_resume(struct conn *c);

/* Ends the session: what was set up is gone, the connection stays. why: for the log. */
void conn_end_session(struct conn *c, const char *why);

/* Closes at once. why: for the log. */
void conn_close(struct conn *c, const char *why);

/* Says no more: closes when all is sent and the peer has closed its side, or soon. */
void conn_linger(struct conn *c, const char *why);

/*
 * Ends the connection, but for its descriptor, which is returned and no longer in the loop. It
 * still counts as a connection, until whoever closes it calls conn_uncount.
 */
int conn_release(struct conn *c);

/* A connection's descriptor is closed, on worker w: there is one connection less. */
void conn_uncount(struct rtsp_worker *w);
