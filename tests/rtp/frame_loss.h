/* SPDX-License-Identifier: MIT */
/*
 * A frame between two others loses each of its packets in turn: only the others come out.
 */
#pragma once

#include "tests/rtp/video_trip.h"

enum { LOSS_NONE = -1, LOSS_STEP = 3000 };

/* Pushes a frame behind *last but for its packet number 'lost'. Returns how many packets it has. */
static inline int push_all_but(struct unpacker *u, struct packer p, struct rtp_packet *last,
                               int lost)
{
    int packets = 0;
    last->rtp_time += LOSS_STEP;
    last->marker = false;
    for (; (last->payload = next_payload(&p, &last->marker)).len > 0; packets++) {
        last->seq++;
        if (packets != lost)
            cr_assert_eq(unpacker_push(u, last), 0);
        shape_free(last->payload);
    }
    shape_free(last->payload);
    return packets;
}

/* Returns how many packets the frame has. */
static inline int lose_one(enum codec codec, struct slice frame, size_t max_payload, int lost)
{
    struct media_track track = {.codec = codec, .clock_rate = 90000};
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    struct rtp_packet last = {.seq = 0xfffe};
    struct packer p;
    packer_init(&p, codec, frame, max_payload);
    push_all_but(u, p, &last, LOSS_NONE);
    int packets = push_all_but(u, p, &last, lost);
    cr_assert_eq(c.count, 1, "without packet %d of %d", lost, packets);
    push_all_but(u, p, &last, LOSS_NONE);
    cr_assert_eq(c.count, 2, "behind packet %d of %d", lost, packets);
    cr_assert_eq(c.unit[1].rtp_time, 3 * LOSS_STEP);
    cr_assert(slice_eq(c.unit[1].data, frame));
    cr_assert_eq(unpacker_stats(u).dropped_aus, 1);
    unpacker_destroy(u);
    collected_free(&c);
    return packets;
}

static inline void lose_each(enum codec codec, struct slice frame, size_t max_payload)
{
    int packets = 3; /* at the least */
    for (int lost = 0; lost < packets; lost++)
        packets = lose_one(codec, frame, max_payload, lost);
}
