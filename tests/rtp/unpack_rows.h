/* SPDX-License-Identifier: MIT */
/*
 * Rows for unpackers: packets in, access units out. A row runs whole, and then again with each of
 * its packets cut short at every byte, in memory that ends at a guard page.
 */
#pragma once

#include "rtp/unpacker.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* An access unit that is no key frame. */
#define OUT(time, text)                                                                            \
    {                                                                                              \
        time, false, BYTES(text)                                                                   \
    }

/*
 * Rows about what comes between a whole access unit, a key frame of time 100, and a next one of
 * time 300: both must come out. A program that has such rows defines of which payload, and which
 * bytes, they are: WHOLE_PAYLOAD, WHOLE_UNIT, NEXT_PAYLOAD, NEXT_UNIT and, for the key of the next
 * one, NEXT_KEY.
 */
#define WHOLE(seq)                                                                                 \
    {                                                                                              \
        seq, 100, true, BYTES(WHOLE_PAYLOAD)                                                       \
    }
#define WHOLE_OUT                                                                                  \
    {                                                                                              \
        100, true, BYTES(WHOLE_UNIT)                                                               \
    }
#define NEXT(seq)                                                                                  \
    {                                                                                              \
        seq, 300, true, BYTES(NEXT_PAYLOAD)                                                        \
    }
#define NEXT_OUT                                                                                   \
    {                                                                                              \
        300, NEXT_KEY, BYTES(NEXT_UNIT)                                                            \
    }
/* A payload between them that is not taken. */
#define MALFORMED(name, payload)                                                                   \
    {                                                                                              \
        name, {WHOLE(0), {1, 200, true, BYTES(payload), true}, NEXT(2)}, {WHOLE_OUT, NEXT_OUT}, 1  \
    }

enum { ROW_PACKETS_MAX = 10, ROW_UNITS_MAX = 4, COLLECTED_MAX = 256 };

struct row_packet {
    uint16_t seq;
    uint32_t rtp_time;
    bool marker;
    struct slice payload;
    bool bad; /* unpacker_push says -EBADMSG */
};

struct row {
    const char *name;
    struct row_packet packet[ROW_PACKETS_MAX]; /* ends at an empty payload */
    struct access_unit unit[ROW_UNITS_MAX];    /* ends at empty data */
    unsigned dropped;
};

struct collected {
    unsigned count;
    struct access_unit unit[COLLECTED_MAX]; /* their data is malloc'ed */
};

static inline void collect(void *arg, const struct access_unit *au)
{
    struct collected *c = arg;
    cr_assert_lt(c->count, COLLECTED_MAX);
    cr_assert_gt(au->data.len, 0);
    uint8_t *copy = malloc(au->data.len);
    memcpy(copy, au->data.ptr, au->data.len);
    c->unit[c->count] = *au;
    c->unit[c->count++].data.ptr = copy;
}

static inline void collected_free(struct collected *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free((void *)(uintptr_t)c->unit[i].data.ptr);
    c->count = 0;
}

/* Goes through the wire format, in memory that ends where the packet ends. */
static inline int push_wire(struct unpacker *u, const struct rtp_packet *pkt, size_t wire_bytes)
{
    uint8_t *wire = malloc(RTP_HEADER_BYTES + pkt->payload.len);
    rtp_write_header(wire, pkt);
    if (pkt->payload.len > 0)
        memcpy(wire + RTP_HEADER_BYTES, pkt->payload.ptr, pkt->payload.len);
    struct slice copy = guard_copy(slice_of(wire, wire_bytes));
    free(wire);
    struct rtp_packet parsed;
    int err = rtp_parse(copy, &parsed);
    if (err == 0)
        err = unpacker_push(u, &parsed);
    guard_free(copy);
    return err;
}

static inline struct rtp_packet row_rtp(const struct row_packet *p)
{
    return (struct rtp_packet){.payload_type = 96,
                               .marker = p->marker,
                               .seq = p->seq,
                               .rtp_time = p->rtp_time,
                               .ssrc = 1,
                               .payload = p->payload};
}

static inline void assert_row_units(const struct row *row, const struct collected *c)
{
    unsigned n = 0;
    for (; n < ROW_UNITS_MAX && row->unit[n].data.len > 0; n++) {
        cr_assert_lt(n, c->count, "%s: unit %u is missing", row->name, n);
        const struct access_unit *want = &row->unit[n], *got = &c->unit[n];
        cr_assert_eq(got->rtp_time, want->rtp_time, "%s: time of unit %u", row->name, n);
        cr_assert_eq(got->key, want->key, "%s: key of unit %u", row->name, n);
        cr_assert(slice_eq(got->data, want->data), "%s: bytes of unit %u", row->name, n);
    }
    cr_assert_eq(c->count, n, "%s: %u units", row->name, c->count);
}

static inline void run_row(const struct row *row, const struct media_track *track,
                           struct slice fmtp)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(track, fmtp, collect, &c);
    for (size_t i = 0; i < ROW_PACKETS_MAX && row->packet[i].payload.len > 0; i++) {
        struct rtp_packet pkt = row_rtp(&row->packet[i]);
        int err = push_wire(u, &pkt, RTP_HEADER_BYTES + pkt.payload.len);
        cr_assert_eq(err != 0, row->packet[i].bad, "%s: packet %zu: %d", row->name, i, err);
    }
    assert_row_units(row, &c);
    cr_assert_eq(unpacker_stats(u).dropped_aus, row->dropped, "%s: dropped", row->name);
    unpacker_destroy(u);
    collected_free(&c);
}

/* All packets of the row, number 'which' cut to 'bytes'. */
static inline void run_row_cut(const struct row *row, const struct media_track *track,
                               struct slice fmtp, size_t which, size_t bytes)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(track, fmtp, collect, &c);
    for (size_t i = 0; i < ROW_PACKETS_MAX && row->packet[i].payload.len > 0; i++) {
        struct rtp_packet pkt = row_rtp(&row->packet[i]);
        push_wire(u, &pkt, i == which ? bytes : RTP_HEADER_BYTES + pkt.payload.len);
    }
    unpacker_destroy(u);
    collected_free(&c);
}

static inline void run_row_prefixes(const struct row *row, const struct media_track *track,
                                    struct slice fmtp)
{
    for (size_t i = 0; i < ROW_PACKETS_MAX && row->packet[i].payload.len > 0; i++)
        for (size_t n = 0; n < RTP_HEADER_BYTES + row->packet[i].payload.len; n++)
            run_row_cut(row, track, fmtp, i, n);
}

static inline void run_rows(const struct row *rows, size_t count, const struct media_track *track,
                            struct slice fmtp)
{
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i], track, fmtp);
}

static inline void run_rows_prefixes(const struct row *rows, size_t count,
                                     const struct media_track *track, struct slice fmtp)
{
    for (size_t i = 0; i < count; i++)
        run_row_prefixes(&rows[i], track, fmtp);
}
