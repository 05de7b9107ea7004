/* SPDX-License-Identifier: MIT */
/*
 * What MPEG audio and AC-3 have in common on the way in. Their frames say in their first bytes how
 * long they are, in bytes and in samples; a packet has whole ones, or a fragment of one. Each frame
 * becomes an access unit.
 */
#pragma once

#include "rtp/assembly.h"

struct sized_frame {
    size_t bytes; /* 0: it does not say */
    uint32_t samples;
    uint32_t sampling_rate; /* Hz */
};

/* Reads the header of the frame that data begins with. False when it is none. */
typedef bool sized_reader(struct slice data, struct sized_frame *f);

/* The state of such a codec. */
struct sized_unpacking {
    uint32_t clock_rate;
    size_t whole_bytes; /* of the open access unit; 0: its frame does not say */
};

/* What is behind the payload header, and where in its frame it belongs. */
struct sized_part {
    struct slice data; /* empty: the payload is malformed */
    size_t offset;     /* 0: data begins with a frame */
};

#define SIZED_OFFSET_UNKNOWN SIZE_MAX /* of a fragment that is not the first */

/* unpack_init() of struct rtp_codec. */
int sized_unpack_init(void *state, const struct media_track *track, struct slice fmtp);

/* unpack() of struct rtp_codec, behind the payload header. Several frames of a packet have their
 * times from one base, so that rounding does not add up. */
int sized_unpack(struct sized_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
                 struct sized_part part, sized_reader *read);

/* unpack_end() of struct rtp_codec. */
void sized_unpack_end(void *state, struct assembly *au);
