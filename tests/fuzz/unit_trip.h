/* SPDX-License-Identifier: MIT */
/*
 * Access units of NAL units or OBUs from hostile packets: each that comes out is looked at,
 * packetized for another payload size and unpacked again, which must give the same bytes. The first
 * byte of the input chooses the payload size, packets follow.
 */
#pragma once

#include "rtp/packer.h"
#include "rtp/unpacker.h"
#include "tests/fuzz/packet_feed.h"

struct unit_trip {
    enum codec codec;
    struct slice first; /* a payload that is a whole access unit: what follows is not in doubt */
    /* Aborts when it is not what may come out. True when it must survive the trip. */
    bool (*look)(const struct access_unit *au);
    size_t max_payload;
    bool survives;
    struct slice want; /* what is to come back next */
};

static inline void unit_trip_on_return(void *arg, const struct access_unit *au)
{
    struct unit_trip *t = arg;
    if (t->want.len > 0 && !slice_eq(au->data, t->want))
        abort();
    t->want = (struct slice){0};
}

/* Its payload lies in memory that has not a byte more than was measured. */
static inline bool unit_trip_next(const struct unit_trip *t, struct unpacker *u, struct packer *p,
                                  struct rtp_packet *pkt)
{
    struct packer measure = *p;
    size_t len = packer_next(&measure, NULL, &pkt->marker);
    uint8_t *payload = malloc(len);
    pkt->payload = slice_of(payload, len);
    pkt->seq++;
    if (len > p->max_payload || packer_next(p, payload, &pkt->marker) != len)
        abort();
    if (len > 0 && unpacker_push(u, pkt) != 0 && t->survives)
        abort();
    free(payload);
    return len > 0;
}

static inline void unit_trip_on_au(void *arg, const struct access_unit *au)
{
    struct unit_trip *t = arg;
    struct media_track track = {.codec = t->codec, .clock_rate = 90000};
    struct rtp_packet pkt = {.rtp_time = au->rtp_time + 1, .marker = true, .payload = t->first};
    struct packer p;
    if (au->data.len == 0 || au->data.len > UNPACKER_AU_MAX)
        abort();
    t->survives = t->look(au);
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, unit_trip_on_return, t);
    unpacker_push(u, &pkt);
    pkt.rtp_time = au->rtp_time;
    t->want = t->survives ? au->data : (struct slice){0};
    packer_init(&p, t->codec, au->data, t->max_payload);
    while (unit_trip_next(t, u, &p, &pkt))
        ;
    if (t->want.len > 0)
        abort();
    unpacker_end(u);
    unpacker_destroy(u);
}

static inline void unit_trip_run(struct unit_trip *t, struct slice input)
{
    struct media_track track = {.codec = t->codec, .clock_rate = 90000};
    if (input.len == 0)
        return;
    t->max_payload = PACKER_MIN_PAYLOAD + input.ptr[0] * 4U;
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, unit_trip_on_au, t);
    struct rtp_packet pkt = {0};
    input = slice_from(input, 1);
    while (feed_next(&input, &pkt))
        unpacker_push(u, &pkt);
    unpacker_end(u);
    unpacker_destroy(u);
}
