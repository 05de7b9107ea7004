/* SPDX-License-Identifier: MIT */
/*
 * H.265 over RTP (RFC 7798), in decoding order: single NAL unit packets, aggregation packets and
 * fragmentation units, both ways. No PACI, which nobody sends.
 */
#include "core/nal.h"
#include "core/scan.h"
#include "core/sei.h"
#include "rtp/nal_payload.h"

#include <errno.h>

/* Payload types beyond the NAL unit types of H.265 itself (RFC 7798 section 4.4). */
enum {
    AGGREGATION = 48,
    FRAGMENT = 49,
    PACI = 50,
};

/* The fields of a NAL unit header (section 1.1.4). */
enum {
    F_BIT = 0x8000,
    TYPE_SHIFT = 9,
    TYPE_BITS = 0x3f,
    LAYER_BITS = 0x1f8,
    TID_BITS = 0x07,
};

static unsigned lesser(unsigned a, unsigned b, unsigned bits)
{
    return (a & bits) < (b & bits) ? a & bits : b & bits;
}

/* The F bit when any unit has it, and the lowest LayerId and TID (section 4.4.2). */
static unsigned merge_headers(unsigned a, unsigned b)
{
    return ((a | b) & F_BIT) | lesser(a, b, LAYER_BITS) | lesser(a, b, TID_BITS);
}

/*
 * A slice begins with first_slice_segment_in_pic_flag (ITU-T H.265 section 7.3.6.1). What begins a
 * picture of an upper layer does not begin an access unit.
 */
static unsigned slice_roles(unsigned header, struct slice body)
{
    unsigned type = header >> TYPE_SHIFT & TYPE_BITS;
    bool is_first = body.len > 0 && (body.ptr[0] & 0x80) != 0 && (header & LAYER_BITS) == 0;
    bool is_irap = type >= H265_NAL_IRAP_FIRST && type <= H265_NAL_IRAP_LAST;
    return NAL_SLICE | (is_first ? NAL_BEGINS_PICTURE : 0) | (is_first && is_irap ? NAL_IS_KEY : 0);
}

static unsigned roles(unsigned header, struct slice body)
{
    unsigned type = header >> TYPE_SHIFT & TYPE_BITS;
    bool is_base = (header & LAYER_BITS) == 0;
    if (type <= H265_NAL_VCL_LAST)
        return slice_roles(header, body);
    switch (type) {
    case H265_NAL_VPS:
    case H265_NAL_SPS:
    case H265_NAL_PPS:
    case H265_NAL_AUD:
        return NAL_IN_FRONT; /* as SEI: ITU-T H.265 section 7.4.2.4.4 */
    case H265_NAL_SEI:
        return NAL_IN_FRONT | (is_base && sei_has_recovery_point(body) ? NAL_IS_KEY : 0);
    case AGGREGATION:
    case FRAGMENT:
    case PACI:
        return NAL_NO_UNIT;
    default:
        return type > PACI ? NAL_UNUSED : 0;
    }
}

static const struct nal_format format = {
    .header_bytes = H265_NAL_HEADER_BYTES,
    .type_shift = TYPE_SHIFT,
    .type_mask = TYPE_BITS,
    .aggregation_type = AGGREGATION,
    .fragment_type = FRAGMENT,
    .merge_headers = merge_headers,
    .roles = roles,
};

static void pack_start(struct packer *p)
{
    nal_pack_start(p, &format);
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    return nal_pack_next(p, &format, dst, marker);
}

/* Where units come in another order than that of decoding, numbers stand between them that are not
 * understood here (section 7.1: sprop-max-don-diff). */
static int unpack_init(void *state, const struct media_track *track, struct slice fmtp)
{
    struct slice key, value;
    (void)state;
    (void)track;
    while (scan_param(&fmtp, &key, &value))
        if (slice_is_nocase(key, "sprop-max-don-diff") && !slice_is(value, "0"))
            return -EINVAL;
    return 0;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    return nal_unpack(state, &format, au, pkt, after_gap);
}

const struct rtp_codec rtp_h265 = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct nal_unpacking),
    .unpack_init = unpack_init,
    .unpack = unpack,
    .unpack_end = nal_unpack_end,
};
