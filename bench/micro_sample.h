/* SPDX-License-Identifier: MIT */
/*
 * The access units that microbenchmarks pack, unpack and send: a common picture, a key picture and
 * a piece of sound, and the two tracks that they belong to.
 */
#pragma once

#include "core/media.h"

enum { SAMPLE_VIDEO, SAMPLE_AUDIO }; /* tracks */

enum { SAMPLE_PACKET_BYTES = 1360 }; /* an RTP packet at the most: what the server begins with */

struct sample_kind {
    unsigned track;
    bool key;
    size_t bytes; /* about, and never more */
};

extern const struct sample_kind sample_p_8k;
extern const struct sample_kind sample_idr_60k;
extern const struct sample_kind sample_aac_200;

struct sample {
    const struct sample_kind *kind;
    enum codec codec;
    uint8_t *data;
    size_t len;
};

void sample_init(struct sample *s, const struct sample_kind *kind);
void sample_fini(struct sample *s);

static inline struct slice sample_slice(const struct sample *s)
{
    return slice_of(s->data, s->len);
}

/* The description of a stream of both tracks. */
void sample_describe(struct media *media);
