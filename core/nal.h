/* SPDX-License-Identifier: MIT */
/*
 * NAL units one after the other, each behind its length as 4 big-endian bytes: the form in which an
 * access unit of H.264 or H.265 travels through umbel (ISO/IEC 14496-15 calls it a sample), and in
 * which a track keeps its parameter sets. Also the way in from Annex B byte streams.
 */
#pragma once

#include "core/base.h"

enum { NAL_LENGTH_BYTES = 4 };

/* H.264 nal_unit_type (ITU-T H.264 table 7-1), those that umbel tells apart. */
enum h264_nal_type {
    H264_NAL_SLICE = 1,
    H264_NAL_IDR = 5,
    H264_NAL_SEI = 6,
    H264_NAL_SPS = 7,
    H264_NAL_PPS = 8,
    H264_NAL_AUD = 9,
};

static inline enum h264_nal_type h264_nal_type(struct slice nal)
{
    return nal.len > 0 ? (enum h264_nal_type)(nal.ptr[0] & 0x1f) : (enum h264_nal_type)0;
}

/* True for slices (types 1 to 5): the units that carry a picture. */
static inline bool h264_nal_is_vcl(struct slice nal)
{
    return h264_nal_type(nal) >= H264_NAL_SLICE && h264_nal_type(nal) <= H264_NAL_IDR;
}

enum { H265_NAL_HEADER_BYTES = 2 };

/* H.265 nal_unit_type (ITU-T H.265 table 7-1), those that umbel tells apart. */
enum h265_nal_type {
    H265_NAL_IRAP_FIRST = 16, /* a decoder may start at these: BLA, IDR and CRA pictures */
    H265_NAL_IRAP_LAST = 23,
    H265_NAL_VCL_LAST = 31,
    H265_NAL_VPS = 32,
    H265_NAL_SPS = 33,
    H265_NAL_PPS = 34,
    H265_NAL_AUD = 35,
    H265_NAL_SEI = 39,  /* what stands in front of a picture; 40 is what follows one */
    H265_NAL_NONE = 64, /* no unit: it is shorter than its header */
};

static inline enum h265_nal_type h265_nal_type(struct slice nal)
{
    return nal.len >= H265_NAL_HEADER_BYTES ? (enum h265_nal_type)(nal.ptr[0] >> 1 & 0x3f)
                                            : H265_NAL_NONE;
}

/* True for the units that carry a picture. */
static inline bool h265_nal_is_vcl(struct slice nal)
{
    return (unsigned)h265_nal_type(nal) <= H265_NAL_VCL_LAST;
}

/*
 * Takes the next unit off the front of *units. False at the end, and also when what is left is not
 * well-formed (a length beyond the end): the caller has then seen every whole unit.
 * *nal points into the input.
 */
bool nal_next(struct slice *units, struct slice *nal);

/* Appends nal with its length at dst + *len. False, and no change, when it would pass cap. */
bool nal_append(uint8_t *dst, size_t cap, size_t *len, struct slice nal);

/* True when units holds a unit that equals nal byte for byte. */
bool nal_contains(struct slice units, struct slice nal);

/*
 * What is in a unit, byte by byte, without the emulation prevention bytes that keep start codes out
 * of it: 03 behind two zeros (ITU-T H.264 and H.265, section 7.4.1). Starts as {.rest = the bytes}.
 */
struct rbsp {
    struct slice rest;
    unsigned zeros; /* in a row, right before rest */
};

/* False at the end. */
bool rbsp_next(struct rbsp *r, uint8_t *byte);

/* Passes over so many bytes; false when there are fewer. */
bool rbsp_skip(struct rbsp *r, size_t bytes);

/*
 * Takes the next NAL unit out of an Annex B byte stream: what stands between two start codes (ITU-T
 * H.264 annex B), without trailing zero bytes. Bytes before the first start code are one unit of
 * their own, so that a bare NAL unit comes out as it is. False at the end.
 */
bool annexb_next(struct slice *stream, struct slice *nal);
