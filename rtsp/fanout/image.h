/* SPDX-License-Identifier: MIT */
/*
 * An image: the wire bytes of one frame for one lane. Images of a lane form a chain, oldest first;
 * each keeps the one behind it alive, so what nobody points at or before is gone by itself:
 *
 *     [gop]--->[ ]--->[ ]--->[ ]--->[newest]---> NULL
 *       ^              ^              ^    ^
 *     a joiner     a slow player     the lane and all who are up to date
 *
 * Belongs to one worker: counts are plain. For TCP an image is a sequence of whole interleaved
 * packets (RFC 2326 section 10.12); for UDP it is the datagrams of one track, in runs.
 */
#pragma once

#include "rtp/batch.h"

struct image {
    struct image *next; /* a reference, once there is one */
    uint32_t refs;
    uint32_t len;
    uint64_t pos;        /* of the frame, in the stream's ring */
    int64_t arrival_ns;  /* of the frame */
    uint64_t sum_before; /* bytes of the lane before this image; only differences mean something */
    /* UDP only */
    bool is_control; /* RTCP: one datagram */
    uint8_t track;
    uint32_t runs;
    struct batch_run *run; /* behind the data */
    uint8_t data[];
};

/* One reference, room for len bytes. NULL when memory is out. */
struct image *image_create(size_t len);
/* The same, and room for so many runs. */
struct image *image_create_runs(size_t len, size_t runs);
struct image *image_ref(struct image *img);
/* Gives *img back, with all behind it that nobody else holds, and sets it to NULL. *img may be
 * NULL. */
void image_unref(struct image **img);

/* Makes next the one after img, which has none yet; takes a reference of its own. */
void image_link(struct image *img, struct image *next);

/* The end of the packet that byte 'offset' is in; offset itself when a packet begins (or the image
 * ends) there. */
uint32_t image_packet_end(const struct image *img, uint32_t offset);

/* Where somebody stands in a chain. at is a reference, or NULL: nowhere yet. */
struct cursor {
    struct image *at;
    uint32_t offset;
};

/* Moves on by n bytes, which the chain has. */
void cursor_advance(struct cursor *c, size_t n);

/* Leaves the chain. */
void cursor_drop(struct cursor *c);

/* True when nothing is left to send. */
static inline bool cursor_at_end(const struct cursor *c)
{
    return !c->at || (c->offset == c->at->len && !c->at->next);
}
