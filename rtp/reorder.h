/* SPDX-License-Identifier: MIT */
/*
 * Packets of one source in order, out of those that UDP delivered. A packet that is the next one
 * goes straight through, uncopied. One that comes after a gap is copied and held until
 *
 *   - the gap is filled,
 *   - it has been held for hold_ns: then what is missing before it is given up, or
 *   - too much is held: then the oldest gap is given up.
 *
 * Duplicates, and packets that come after they were given up, are dropped. A packet of another
 * source, or whose sequence number leaps by more than REORDER_LEAP, is put aside, and believed once
 * the one that follows it comes next: then all that is held goes out, and these two. So one packet
 * that is forged or damaged displaces nothing, and none is lost at a true leap.
 */
#pragma once

#include "rtp/rtp.h"

enum {
    REORDER_PACKETS = 512,       /* from the awaited one on; a power of two */
    REORDER_BYTES_MAX = 1 << 20, /* of payload held, and one packet */
    REORDER_LEAP = 100,          /* as MAX_MISORDER in RFC 3550 A.1, in both directions */
};

/* Called for every packet, in order. The payload is valid during the call. */
typedef void reorder_on_packet(void *arg, const struct rtp_packet *pkt);

struct reorder_stats {
    uint64_t reordered;  /* came after a later one, but in time */
    uint64_t late;       /* dropped: came after they were given up */
    uint64_t duplicates; /* dropped */
    uint64_t given_up;   /* never came in time */
    uint64_t strays;     /* dropped: out of all order, and never believed */
    uint64_t restarts;   /* believed leaps */
    uint32_t held;       /* now */
    uint32_t held_bytes;
};

struct reorder;

/* hold_ns: 0 or more; 0 waits for nothing. NULL when out of memory. */
struct reorder *reorder_create(int64_t hold_ns, reorder_on_packet *on_packet, void *arg);

/* Drops what is held. */
void reorder_destroy(struct reorder *r);

/*
 * One packet as it arrived. May call on_packet any number of times, first for what is due before
 * it. on_packet must not call back.
 */
void reorder_push(struct reorder *r, const struct rtp_packet *pkt, int64_t now_ns);

/* When reorder_run is to be called; INT64_MAX when nothing is held. */
int64_t reorder_next_deadline(const struct reorder *r);

/* Lets out what has been held for hold_ns. */
void reorder_run(struct reorder *r, int64_t now_ns);

/* Lets out all that is held: no packet will come any more. */
void reorder_flush(struct reorder *r);

struct reorder_stats reorder_stats(const struct reorder *r);
