/* SPDX-License-Identifier: MIT */
/*
 * What the connections of one worker share: the worker itself, the server's configuration and
 * registry, and scratch memory for the request at hand. Belongs to the worker, but for what the
 * server lent it.
 */
#pragma once

#include "core/config.h"
#include "core/metrics.h"
#include "core/registry.h"
#include "net/splicer.h"
#include "net/worker.h"
#include "rtsp/fanout/multicast.h"
#include "rtsp/session/udp_port.h"
#include "rtsp/source/source.h"

struct conn_handlers;
struct pairing;

enum { READ_SCRATCH_BYTES = 64 << 10, REPLY_SCRATCH_BYTES = 64 << 10 };

struct rtsp_worker {
    struct worker base;
    const struct config *config; /* immutable */
    struct registry *registry;   /* any thread */
    struct pairing *pairing;     /* any thread */
    const struct conn_handlers *handlers;
    unsigned workers;          /* of the server */
    struct rtsp_worker **all;  /* of the server; of others only the mailbox is to be touched */
    _Atomic uint64_t *clients; /* of the server: connections open */
    struct metrics metrics;
    struct splicer splicer;
    struct udp_port udp;
    struct multicast_worker multicast;
    struct source_worker sources;
    struct list conns;
    struct list publishers; /* sessions, by session.publishing */
    bool draining;          /* shutting down: the loop stops with the last connection */
    uint8_t read_scratch[READ_SCRATCH_BYTES];
    char reply_scratch[REPLY_SCRATCH_BYTES];
};

static inline int64_t worker_now(const struct rtsp_worker *w)
{
    return w->base.loop.now_ns;
}
