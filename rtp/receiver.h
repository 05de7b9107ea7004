/* SPDX-License-Identifier: MIT */
/*
 * What a receiver knows of one source, for its report blocks: losses, the highest sequence number
 * and the interarrival jitter (RFC 3550 sections 6.4.1, A.1, A.3 and A.8). Packets are shown to it
 * as they arrive, before they are put in order.
 */
#pragma once

#include "rtp/rtcp.h"
#include "rtp/rtp.h"

struct receiver {
    uint32_t rate; /* Hz */
    bool started;
    uint32_t ssrc;
    uint32_t wraps; /* of the sequence number, already shifted above its 16 bits */
    uint16_t highest_seq;
    uint32_t first_seq; /* extended */
    uint32_t received;
    uint32_t expected_before; /* at the last report */
    uint32_t received_before;
    bool doubted; /* the last packet was out of all order: */
    uint32_t doubted_ssrc;
    uint16_t doubted_seq;
    uint32_t transit;    /* of the last packet, in ticks: arrival - RTP time */
    uint64_t jitter_x16; /* ticks */
    uint32_t last_sr;
    int64_t last_sr_ns;
};

/* rate: of the RTP clock. */
void receiver_init(struct receiver *r, uint32_t rate);

/*
 * Times are of one clock, the monotonic one. A packet of another source, or one whose sequence
 * number leaps, is counted once the one that follows it has come (A.1): then all counts start anew.
 */
void receiver_on_packet(struct receiver *r, const struct rtp_packet *pkt, int64_t now_ns);

/* A sender report of the source, for the round trip time. ntp: as in the report. */
void receiver_on_sender_report(struct receiver *r, uint64_t ntp, int64_t now_ns);

/* Fills a block for a report that goes out now. False when there is no source yet. */
bool receiver_report(struct receiver *r, int64_t now_ns, struct rtcp_report_block *block);
