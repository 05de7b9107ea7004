/* SPDX-License-Identifier: MIT */
/*
 * AV1 open bitstream units, one after the other, each with its obu_size: the low-overhead format
 * (AV1 specification section 5.2), in which a temporal unit travels through umbel, without temporal
 * delimiters, and in which a track keeps its sequence header.
 */
#pragma once

#include "core/base.h"

/* obu_type (section 6.2.2), those that umbel tells apart. */
enum obu_type {
    OBU_SEQUENCE_HEADER = 1,
    OBU_TEMPORAL_DELIMITER = 2,
    OBU_FRAME_HEADER = 3,
    OBU_TILE_GROUP = 4,
    OBU_FRAME = 6, /* a frame header and its tiles */
    OBU_TILE_LIST = 8,
    OBU_PADDING = 15,
};

/* Of obu_header (section 5.3.2). */
enum {
    OBU_TYPE_SHIFT = 3,
    OBU_HAS_EXTENSION = 0x04,
    OBU_HAS_SIZE = 0x02,
};

struct obu {
    uint8_t header;    /* as it was read: OBU_HAS_SIZE says nothing any more */
    uint8_t extension; /* temporal_id and spatial_id, when there is OBU_HAS_EXTENSION */
    struct slice payload;
};

static inline enum obu_type obu_type(const struct obu *obu)
{
    return (enum obu_type)(obu->header >> OBU_TYPE_SHIFT & 0x0f);
}

/* Of its header and extension. */
static inline size_t obu_header_bytes(const struct obu *obu)
{
    return obu->header & OBU_HAS_EXTENSION ? 2 : 1;
}

/* Numbers of 32 bits at the most, 7 bits in a byte, the lowest first (section 4.10.5). */
enum { LEB128_BYTES_MAX = 5 };
size_t leb128_bytes(uint32_t value);
/* Returns the bytes, which are leb128_bytes(value). */
size_t leb128_write(uint8_t *dst, uint32_t value);
/* Takes one off the front. False, and no change, when there is none. */
bool leb128_read(struct slice *bytes, uint32_t *value);

/*
 * Takes the next unit off the front of *obus. False at the end, and also when what is left is not
 * well-formed: the caller has then seen every whole unit. The payload points into the input.
 */
bool obu_next(struct slice *obus, struct obu *obu);

/*
 * Reads a unit that is known to be alone in bytes, so that it may lack its size. False when it is
 * not well-formed. What is behind the size that it gives is passed over.
 */
bool obu_parse(struct slice bytes, struct obu *obu);

/*
 * Appends a unit with its size at dst + *len. False, and no change, when it would pass cap. The
 * payload may lie anywhere in dst: it is moved first.
 */
bool obu_append(uint8_t *dst, size_t cap, size_t *len, const struct obu *obu);

/* What a temporal unit is to somebody who wants to start decoding (section 7.6). */
struct obu_summary {
    bool has_sequence_header;
    bool has_frame; /* or some of one; its first frame header says: */
    bool is_key;    /* the frame's type is KEY_FRAME */
    bool is_shown;  /* at once, and not by a later frame header that refers to it */
};

struct obu_summary obu_summarize(struct slice obus);
