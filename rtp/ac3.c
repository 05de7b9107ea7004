/* SPDX-License-Identifier: MIT */
/*
 * AC-3 (RFC 4184), both ways: out as one frame a packet, or a fragment of one; in as any number of
 * frames.
 */
#include "rtp/sized.h"

#include "rtp/codec.h"

/* The payload header (section 4.1.1): 6 bits that are zero, the frame type, and a count. */
enum { HEADER_BYTES = 2, TYPE_BITS = 0x03, COUNT_MAX = UINT8_MAX };

enum {
    TYPE_WHOLE = 0,       /* frames; the count is of frames */
    TYPE_FIRST = 1,       /* a fragment with the first 5/8 of a frame; the count is of fragments */
    TYPE_FIRST_SHORT = 2, /* the first fragment, but with less than that */
    TYPE_NEXT = 3,
};

/* Packing */

static size_t fragments(const struct packer *p)
{
    size_t part_bytes = p->max_payload - HEADER_BYTES;
    return (p->au.len + part_bytes - 1) / part_bytes;
}

static void pack_start(struct packer *p)
{
    if (fragments(p) > COUNT_MAX)
        p->rest = (struct slice){0};
}

/* The first 5/8 of a frame have a checksum of their own, and can be decoded alone. */
static uint8_t type_of(const struct packer *p, size_t part_bytes)
{
    if (part_bytes == p->au.len)
        return TYPE_WHOLE;
    if (p->rest.len < p->au.len)
        return TYPE_NEXT;
    return part_bytes * 8 >= p->au.len * 5 ? TYPE_FIRST : TYPE_FIRST_SHORT;
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice part = slice_head(p->rest, p->max_payload - HEADER_BYTES);
    if (dst != NULL) {
        dst[0] = type_of(p, part.len);
        dst[1] = (uint8_t)fragments(p);
        memcpy(dst + HEADER_BYTES, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    *marker = p->rest.len == 0;
    return HEADER_BYTES + part.len;
}

/* Unpacking */

/* syncinfo and the start of bsi (ATSC A/52 sections 5.3.1 and 5.3.2). */
enum {
    SYNC_1 = 0x0b,
    SYNC_2 = 0x77,
    CODES_AT = 4,
    BSID_AT = 5,
    SYNC_INFO_BYTES = 6,
    BSID_FULL_RATE = 8,
    BSID_MAX = 10, /* beyond it begins E-AC-3 */
    SAMPLES = 1536,
};

/* By frmsizecod / 2 (A/52 table 5.18). */
static const uint16_t bitrates[] = {32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                    192, 224, 256, 320, 384, 448, 512, 576, 640};

/* By fscod. */
static const uint32_t sampling_rates[] = {48000, 44100, 32000};

/* At 44.1 kHz a frame is no whole number of words; the size code says whether one is added. */
static size_t frame_words(unsigned size_code, uint32_t sampling_rate)
{
    size_t bits = (size_t)bitrates[size_code / 2] * 1000 * SAMPLES / sampling_rate;
    return bits / 16 + (sampling_rate == 44100 && size_code % 2 != 0);
}

static bool read_frame(struct slice data, struct sized_frame *f)
{
    if (data.len < SYNC_INFO_BYTES || data.ptr[0] != SYNC_1 || data.ptr[1] != SYNC_2)
        return false;
    unsigned rate_code = data.ptr[CODES_AT] >> 6, size_code = data.ptr[CODES_AT] & 0x3f;
    unsigned bsid = data.ptr[BSID_AT] >> 3;
    if (rate_code >= ARRAY_LEN(sampling_rates) || size_code / 2 >= ARRAY_LEN(bitrates) ||
        bsid > BSID_MAX)
        return false;
    /* bsid 9 and 10 are in use for a half and a quarter of the rate, in frames of the same size. */
    unsigned halvings = bsid > BSID_FULL_RATE ? bsid - BSID_FULL_RATE : 0;
    f->bytes = 2 * frame_words(size_code, sampling_rates[rate_code]);
    f->samples = SAMPLES;
    f->sampling_rate = sampling_rates[rate_code] >> halvings;
    return true;
}

/* The counts are not looked at: frames say their sizes, and a gap is known from its number. */
static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)after_gap; /* a fragment says whether it is the first */
    struct sized_part part = {0};
    if (pkt->payload.len > HEADER_BYTES) {
        part.data = slice_from(pkt->payload, HEADER_BYTES);
        if ((pkt->payload.ptr[0] & TYPE_BITS) == TYPE_NEXT)
            part.offset = SIZED_OFFSET_UNKNOWN;
    }
    return sized_unpack(state, au, pkt, part, read_frame);
}

const struct rtp_codec rtp_ac3 = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct sized_unpacking),
    .unpack_init = sized_unpack_init,
    .unpack = unpack,
    .unpack_end = sized_unpack_end,
};
