/* SPDX-License-Identifier: MIT */
/*
 * How umbel-floor sends to UDP players: one socket that is connected to nobody, a message for a
 * player and many of its datagrams, and many messages a call. Nothing is paced, kept or sent again,
 * and what comes back is not read.
 */
#pragma once

#include <netinet/in.h>

#include "bench/floor_report.h"
#include "bench/port_pair.h"

enum { FLOOR_UDP_BATCH = 64 };

/* Where a player's RTP goes. */
union udp_place {
    struct sockaddr sa;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

struct floor_udp {
    struct port_pair ports;
    uint32_t count; /* messages that wait for the next call */
    struct mmsghdr message[FLOOR_UDP_BATCH];
    struct {
        const struct feed_image *whole; /* the image that it is the end of; NULL: of none */
        uint32_t packets;
    } about[FLOOR_UDP_BATCH];
};

/* Opens the sockets on this address, whatever its port. 0 or -errno. */
int floor_udp_init(struct floor_udp *u, const struct addr *at);
void floor_udp_fini(struct floor_udp *u);

/* A port of the host that this address names. */
union udp_place floor_udp_place(const struct addr *host, uint16_t port);

/* Sends an image to one player, sooner or later; both must stay as they are until the flush. */
void floor_udp_send(struct floor_udp *u, union udp_place *to, const struct feed_image *img,
                    struct tally *t);

/* Sends what waits. */
void floor_udp_flush(struct floor_udp *u, struct tally *t);
