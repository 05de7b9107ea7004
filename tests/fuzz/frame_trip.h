/* SPDX-License-Identifier: MIT */
/*
 * Frames of video from hostile packets: each that comes out is looked at, packetized for another
 * payload size and unpacked again, which must give the same bytes. The first byte of the input
 * chooses the payload size, packets follow.
 */
#pragma once

#include "rtp/packer.h"
#include "rtp/unpacker.h"
#include "tests/fuzz/packet_feed.h"

typedef void frame_trip_look(const struct access_unit *au);

struct frame_trip {
    struct media_track track;
    size_t max_payload;
    frame_trip_look *look;
    const struct access_unit *want; /* what is to come back */
};

static inline void frame_trip_on_return(void *arg, const struct access_unit *au)
{
    struct frame_trip *t = arg;
    if (t->want == NULL || !slice_eq(au->data, t->want->data) || au->key != t->want->key)
        abort();
    t->want = NULL;
}

/* Its payload lies in memory that has not a byte more than was measured. */
static inline bool frame_trip_next(struct unpacker *u, struct packer *p, struct rtp_packet *pkt)
{
    struct packer measure = *p;
    size_t len = packer_next(&measure, NULL, &pkt->marker);
    if (len > p->max_payload)
        abort();
    uint8_t *payload = malloc(len);
    pkt->payload = slice_of(payload, len);
    if (packer_next(p, payload, &pkt->marker) != len)
        abort();
    if (len > 0 && unpacker_push(u, pkt) != 0)
        abort();
    pkt->seq++;
    free(payload);
    return len > 0;
}

static inline void frame_trip_on_frame(void *arg, const struct access_unit *au)
{
    struct frame_trip *t = arg;
    struct packer p;
    struct rtp_packet pkt = {.rtp_time = au->rtp_time};
    if (au->data.len == 0 || au->data.len > UNPACKER_AU_MAX)
        abort();
    t->look(au);
    packer_init(&p, t->track.codec, au->data, t->max_payload);
    if (packer_next(&p, NULL, &pkt.marker) == 0)
        return; /* its payload format cannot express it */
    struct unpacker *u = unpacker_create(&t->track, (struct slice){0}, frame_trip_on_return, t);
    t->want = au;
    packer_init(&p, t->track.codec, au->data, t->max_payload);
    while (frame_trip_next(u, &p, &pkt))
        ;
    if (t->want != NULL)
        abort();
    unpacker_end(u);
    unpacker_destroy(u);
}

static inline void frame_trip_run(enum codec codec, frame_trip_look *look, struct slice input)
{
    if (input.len == 0)
        return;
    struct frame_trip t = {
        .track = {.codec = codec, .clock_rate = 90000},
        .max_payload = PACKER_MIN_PAYLOAD + input.ptr[0] * 4U,
        .look = look,
    };
    struct unpacker *u = unpacker_create(&t.track, (struct slice){0}, frame_trip_on_frame, &t);
    struct rtp_packet pkt = {0};
    input = slice_from(input, 1);
    while (feed_next(&input, &pkt))
        unpacker_push(u, &pkt);
    unpacker_end(u);
    unpacker_destroy(u);
}
