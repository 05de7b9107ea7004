/* SPDX-License-Identifier: MIT */
/*
 * Two UDP sockets on neighbouring ports, the lower one even: for RTP, and for its RTCP (RFC 3550
 * section 11).
 */
#pragma once

#include "net/addr.h"

struct port_pair {
    int rtp_fd; /* -1: none */
    int rtcp_fd;
    uint16_t rtp_port; /* RTCP has the next one */
};

/* Where to look for the next pair; the caller keeps it, zero at first. */
struct port_range {
    uint16_t next;
};

/*
 * Opens a pair that is free on this address (its port does not matter), non-blocking. Ports of
 * pairs that were closed are used again as late as possible, so that what is still on its way to
 * them meets nobody. 0 or -errno: -EADDRINUSE when all pairs of the address are in use, -EMFILE
 * when the process may open nothing more.
 */
int port_pair_open(struct port_pair *pair, const struct addr *at, struct port_range *range);
void port_pair_close(struct port_pair *pair);
