/* SPDX-License-Identifier: MIT */
/*
 * The UDP ends of a player or publisher: a pair of ports a track. What is read, a player takes by
 * the burst: the kernel joins datagrams of one size that came together (UDP_GRO of udp(7)), so that
 * an access unit is a read or two. RTCP ports are read seldom, when it is time to report.
 */
#pragma once

#include "bench/port_pair.h"
#include "bench/udp_ports.h"
#include "core/media.h"

struct load_udp_track {
    struct port_pair ours;
    struct udp_ports theirs; /* 0: the server told none */
};

struct load_udp {
    struct addr server;
    uint32_t ssrc; /* of our reports */
    bool stamped;
    unsigned count;
    struct load_udp_track track[MEDIA_TRACKS_MAX];
};

/* What a read brings: datagrams of one size, of which the last may be smaller. */
struct load_burst {
    struct slice bytes;
    size_t segment; /* the size of each */
    int64_t arrived_ns;
};

/* stamped: by the kernel, see bench/arrival.h. NULL without memory. */
struct load_udp *load_udp_create(bool stamped);

/* Closes all and forgets it; *u may be NULL. */
void load_udp_destroy(struct load_udp **u);

/* Opens the ports of the next track where the connection tcp_fd has its end. Their number, or
 * -errno. */
int load_udp_add(struct load_udp *u, int tcp_fd, struct port_range *range);

/* Watches the RTP ports. False when out of memory. */
bool load_udp_watch(const struct load_udp *u, int epoll, void *owner);

/* Discards what is there of all tracks, without copying it. Returns its bytes. */
uint64_t load_udp_discard(const struct load_udp *u);

/* Reads the next burst of a track into 'into'. 0 or -errno (-EAGAIN: there is none). */
int load_udp_read(const struct load_udp *u, unsigned track, uint8_t *into, size_t cap,
                  struct load_burst *burst);

/* Takes what RTCP came and reports back: a sign of life. Returns the RTCP packets that came. */
unsigned load_udp_report(const struct load_udp *u);

/* How often the kernel dropped something for our sake: a datagram or burst that found no room. */
uint64_t load_udp_overflows(const struct load_udp *u);

/* NULL, or why receive buffers are smaller than bursts need them. Good until the next call. */
const char *load_udp_check_room(void);
