/* SPDX-License-Identifier: MIT */
/*
 * A worker's listening socket: connections come in, up to the limit of the server. Belongs to its
 * worker.
 */
#pragma once

#include "rtsp/session/rtsp_worker.h"

struct acceptor {
    struct io io;
    struct rtsp_worker *worker;
    struct task accept_more; /* the queue is longer than one turn takes */
    struct tmr retry;        /* there were no descriptors or no memory */
};

/* Closed. */
void acceptor_init(struct acceptor *a);

/* Takes over a listening fd. 0 or -errno. */
int acceptor_open(struct acceptor *a, struct rtsp_worker *w, int fd);

/* Closes the socket; does nothing when it is closed. */
void acceptor_close(struct acceptor *a);
