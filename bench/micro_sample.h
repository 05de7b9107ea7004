/* SPDX-License-Identifier: MIT */
/*
 * The frames that microbenchmarks pack, unpack and send: for each codec one or two of the sizes
 * that are common. They are whole as far as packing and unpacking look; only those of H.264 are
 * more, pictures that decode.
 */
#pragma once

#include "core/media.h"

enum { SAMPLE_PACKET_BYTES = 1360 }; /* an RTP packet at the most: what the server begins with */

struct sample_kind {
    enum codec codec;
    bool key;
    size_t bytes; /* about, and never more */
};

extern const struct sample_kind sample_h264_p;   /* 8 KB, as the other pictures but these: */
extern const struct sample_kind sample_h264_idr; /* 60 KB */
extern const struct sample_kind sample_h265_p;
extern const struct sample_kind sample_h265_idr; /* 60 KB, parameter sets first */
extern const struct sample_kind sample_av1;
extern const struct sample_kind sample_vp8;
extern const struct sample_kind sample_vp9;
extern const struct sample_kind sample_jpeg; /* 40 KB, with tables */
extern const struct sample_kind sample_aac;
extern const struct sample_kind sample_latm;
extern const struct sample_kind sample_opus;
extern const struct sample_kind sample_pcmu;  /* 20 ms */
extern const struct sample_kind sample_l16;   /* 20 ms of 16 kHz, stereo: a packet holds them */
extern const struct sample_kind sample_mpa;   /* MP3 of 128 kbit/s, 44.1 kHz */
extern const struct sample_kind sample_ac3;   /* 384 kbit/s, 48 kHz: two packets */
extern const struct sample_kind sample_other; /* seven packets of an MPEG transport stream */

struct sample {
    const struct sample_kind *kind;
    uint8_t *data;
    size_t len;
};

void sample_init(struct sample *s, const struct sample_kind *kind);
void sample_fini(struct sample *s);

static inline struct slice sample_slice(const struct sample *s)
{
    return slice_of(s->data, s->len);
}

/* The track that a frame of this kind belongs to. */
void sample_describe(const struct sample_kind *kind, struct media_track *track);
