/* SPDX-License-Identifier: MIT */
/*
 * MPEG audio, layers I to III (RFC 2250 sections 3.2 and 3.5), both ways: out as one frame a
 * packet, or a fragment of one; in as any number of frames.
 */
#include "rtp/sized.h"

#include "core/bytes.h"
#include "rtp/codec.h"

enum {
    HEADER_BYTES = 4, /* 16 bits that are zero, and where in its frame the payload begins */
    OFFSET_MAX = UINT16_MAX,
};

/* Packing */

static void pack_start(struct packer *p)
{
    if (p->au.len > OFFSET_MAX)
        p->rest = (struct slice){0};
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice part = slice_head(p->rest, p->max_payload - HEADER_BYTES);
    if (dst != NULL) {
        put_be32(dst, (uint32_t)(p->au.len - p->rest.len));
        memcpy(dst + HEADER_BYTES, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    *marker = false; /* no talkspurt is known to begin (section 3.3) */
    return HEADER_BYTES + part.len;
}

/* Unpacking */

enum { VERSION_2_5, VERSION_RESERVED, VERSION_2, VERSION_1 };
enum { LAYER_RESERVED, LAYER_3, LAYER_2, LAYER_1, LAYERS };
enum { RATE_INDEX_RESERVED = 3, BITRATE_INDEX_BAD = 15, FRAME_HEADER_BYTES = 4, SYNC = 0x7ff };

/* ISO/IEC 11172-3 section 2.4.2.3 and 13818-3 section 2.4.2.3: kbit/s by bitrate_index. Index 0 is
 * the free format, of which only the encoder knows the bit rate. */
static const uint16_t bitrates_1[LAYERS][BITRATE_INDEX_BAD] = {
    [LAYER_1] = {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
    [LAYER_2] = {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
    [LAYER_3] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
};
static const uint16_t bitrates_2[LAYERS][BITRATE_INDEX_BAD] = {
    [LAYER_1] = {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
    [LAYER_2] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
    [LAYER_3] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
};

static uint32_t samples_of(unsigned version, unsigned layer)
{
    if (layer == LAYER_1)
        return 384;
    return layer == LAYER_3 && version != VERSION_1 ? 576 : 1152;
}

static uint32_t sampling_rate_of(unsigned version, unsigned index)
{
    static const uint32_t rates[] = {44100, 48000, 32000};
    unsigned halvings = version == VERSION_1 ? 0 : version == VERSION_2 ? 1 : 2;
    return rates[index] >> halvings;
}

/* A frame is a whole number of slots, 4 bytes each in layer I, and one more for padding. */
static size_t frame_bytes(unsigned layer, uint32_t kbps, bool padding, const struct sized_frame *f)
{
    size_t slot_bytes = layer == LAYER_1 ? 4 : 1;
    size_t slots = f->samples / 8 * kbps * 1000 / (slot_bytes * f->sampling_rate);
    return kbps > 0 ? (slots + padding) * slot_bytes : 0;
}

static bool read_frame(struct slice data, struct sized_frame *f)
{
    if (data.len < FRAME_HEADER_BYTES)
        return false;
    uint32_t header = get_be32(data.ptr);
    unsigned version = header >> 19 & 3, layer = header >> 17 & 3;
    unsigned bitrate_index = header >> 12 & 15, rate_index = header >> 10 & 3;
    bool padding = (header >> 9 & 1) != 0;
    if (header >> 21 != SYNC || version == VERSION_RESERVED || layer == LAYER_RESERVED ||
        bitrate_index == BITRATE_INDEX_BAD || rate_index == RATE_INDEX_RESERVED)
        return false;
    uint32_t kbps = (version == VERSION_1 ? bitrates_1 : bitrates_2)[layer][bitrate_index];
    f->samples = samples_of(version, layer);
    f->sampling_rate = sampling_rate_of(version, rate_index);
    f->bytes = frame_bytes(layer, kbps, padding, f);
    return true;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)after_gap; /* a fragment says whether it is the first */
    struct sized_part part = {0};
    if (pkt->payload.len > HEADER_BYTES) {
        part.data = slice_from(pkt->payload, HEADER_BYTES);
        part.offset = get_be16(pkt->payload.ptr + 2);
    }
    return sized_unpack(state, au, pkt, part, read_frame);
}

const struct rtp_codec rtp_mpa = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct sized_unpacking),
    .unpack_init = sized_unpack_init,
    .unpack = unpack,
    .unpack_end = sized_unpack_end,
};
