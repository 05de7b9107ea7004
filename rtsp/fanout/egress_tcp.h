/* SPDX-License-Identifier: MIT */
/*
 * The last step to a TCP player: as much as the socket takes, with as few system calls as possible.
 */
#pragma once

#include "core/buf.h"
#include "rtsp/fanout/image.h"

enum egress_result {
    EGRESS_DONE,   /* everything is with the kernel */
    EGRESS_FULL,   /* the socket is full: EPOLLOUT will say when to go on */
    EGRESS_BROKEN, /* the connection is gone */
};

/*
 * Sends *out first (replies and the rest of a packet), then the chain from *c on. Both may be
 * empty. *sent grows by the bytes that went out.
 */
enum egress_result egress_tcp_flush(int fd, struct buf *out, struct cursor *c, uint64_t *sent);
