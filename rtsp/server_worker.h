/* SPDX-License-Identifier: MIT */
/*
 * One worker of the server, put together: its thread, its doors (TCP listeners, UDP ports), what
 * its connections share, and its end. Made and freed by the main thread, while no worker runs.
 */
#pragma once

#include "rtsp/session/acceptor.h"
#include "rtsp/session/rtsp_worker.h"

struct source_pattern;

/* What the server lends to all of its workers. */
struct server_shared {
    const struct config *config; /* immutable */
    struct registry *registry;
    struct pairing *pairing;
    struct groups *groups; /* NULL: no multicast */
    unsigned workers;
    struct rtsp_worker *all[CONFIG_WORKERS_MAX];
    _Atomic uint64_t clients; /* connections open */
};

struct server_worker {
    struct rtsp_worker worker;
    struct acceptor acceptor[CONFIG_LISTEN_MAX];
    struct source_pattern *pattern; /* NULL: none here */
    struct message stop;
    struct tmr drain; /* since the stop */
};

/* Enters itself into shared->all. cpu: to be pinned to, or -1. NULL when it cannot be made. */
struct server_worker *server_worker_create(struct server_shared *shared, unsigned id, int cpu);
/* Its thread has not run, or has ended. Accepts NULL. */
void server_worker_destroy(struct server_worker *sw);

/* Connections come by this listener, which becomes the worker's. 0 or -errno. */
int server_worker_listen(struct server_worker *sw, int fd);

/* Opens the worker's UDP ports as the configuration wants them, and lets it send to the server's
 * multicast groups. 0 or -errno: it has been logged. */
int server_worker_open_udp(struct server_worker *sw, struct groups *groups);

/* The demo stream comes from this worker. 0 or -errno. */
int server_worker_start_pattern(struct server_worker *sw);

/* Any thread: it takes no new connections, lets the others end, or ends them, and its thread
 * returns. */
void server_worker_stop(struct server_worker *sw);

/* Instead of server_worker_stop, when its thread has never run: the demo stream ends here. The
 * caller is registered with RCU. */
void server_worker_end_pattern(struct server_worker *sw);
