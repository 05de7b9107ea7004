/* SPDX-License-Identifier: MIT */
/*
 * H.264 over RTP (RFC 6184), packetization-mode 1: single NAL unit packets, STAP-A and FU-A, both
 * ways.
 */
#include "core/nal.h"
#include "core/sei.h"
#include "rtp/nal_payload.h"

/* Payload types beyond the NAL unit types of H.264 itself (RFC 6184 table 1). */
enum {
    STAP_A = 24,
    FU_A = 28,
    FU_B = 29,
};

/* Slice data partitions, of which only the first begins with the slice header (ITU-T H.264 table
 * 7-1). */
enum { PARTITION_A = 2, PARTITION_B = 3, PARTITION_C = 4 };

enum {
    F_BIT = 0x80,
    NRI_BITS = 0x60,
    TYPE_BITS = 0x1f,
};

/* The F bit when any unit has it, and the highest NRI (RFC 6184 section 5.7). */
static unsigned merge_headers(unsigned a, unsigned b)
{
    unsigned nri = (a & NRI_BITS) > (b & NRI_BITS) ? a & NRI_BITS : b & NRI_BITS;
    return ((a | b) & F_BIT) | nri;
}

/*
 * True for the first slice of a picture: first_mb_in_slice, the first element of a slice header, is
 * 0, of which the Exp-Golomb code is a single 1 bit (ITU-T H.264 sections 7.3.3 and 9.1).
 */
static bool is_first_slice(struct slice body)
{
    return body.len > 0 && (body.ptr[0] & 0x80) != 0;
}

static unsigned roles(unsigned header, struct slice body)
{
    unsigned type = header & TYPE_BITS;
    unsigned slice = NAL_SLICE | (is_first_slice(body) ? NAL_BEGINS_PICTURE : 0);
    switch (type) {
    case H264_NAL_SLICE:
    case PARTITION_A:
        return slice;
    case PARTITION_B:
    case PARTITION_C:
        return NAL_SLICE;
    case H264_NAL_IDR:
        return slice | (is_first_slice(body) ? NAL_IS_KEY : 0);
    case H264_NAL_SEI:
        return NAL_IN_FRONT | (sei_has_recovery_point(body) ? NAL_IS_KEY : 0);
    case H264_NAL_SPS:
    case H264_NAL_PPS:
    case H264_NAL_AUD:
        return NAL_IN_FRONT; /* as SEI: ITU-T H.264 section 7.4.1.2.3 */
    case 0:
    case 30:
    case 31:
        return NAL_UNUSED; /* RFC 6184 section 5.4, table 3 */
    default:
        return type >= STAP_A && type <= FU_B ? NAL_NO_UNIT : 0;
    }
}

static const struct nal_format format = {
    .header_bytes = 1,
    .type_mask = TYPE_BITS,
    .aggregation_type = STAP_A,
    .fragment_type = FU_A,
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

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    return nal_unpack(state, &format, au, pkt, after_gap);
}

const struct rtp_codec rtp_h264 = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct nal_unpacking),
    .unpack = unpack,
    .unpack_end = nal_unpack_end,
};
