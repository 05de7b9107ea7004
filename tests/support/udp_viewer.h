/* SPDX-License-Identifier: MIT */
/*
 * A player over UDP as a lane sees one, and where its datagrams arrive. What came is kept as the
 * interleaved packets that the same player would have got over TCP, with the layout both_tracks, so
 * that the two can be compared.
 */
#pragma once

#include "tests/support/ear.h"
#include "tests/support/spectator.h"

struct udp_viewer {
    struct viewer viewer;
    struct udp_target target;
    struct ear rtp, rtcp; /* of all tracks */
    struct udp_addr rtp_addr, rtcp_addr;
    struct buf got;     /* all RTP that came, and what came with it */
    struct buf reports; /* what came to the RTCP address */
    struct addr from;   /* of the last datagram */
    unsigned ends;      /* calls of on_end */
    enum viewer_end why;
};

/* udp: the socket that will send to it. host: where it is; ours: our address as it knows it. */
void udp_viewer_open(struct udp_viewer *s, const struct udp *udp, const char *host,
                     const char *ours);
void udp_viewer_close(struct udp_viewer *s);

/* From now on RTCP comes where RTP does, so that their order can be seen. */
void udp_viewer_mux(struct udp_viewer *s);

/* Takes what has come by now. */
void udp_viewer_hear(struct udp_viewer *s, const struct feed *f);

/* Forgets what came. */
void udp_viewer_clear(struct udp_viewer *s);

/* The RTP that came, or is still to come, is these frames, byte for byte. */
void udp_viewer_expect(struct udp_viewer *s, const struct feed *f, uint64_t from, uint64_t upto);
