/* SPDX-License-Identifier: MIT */
#include "bench/micro_sample.h"

#include <stdlib.h>

#include "bench/micro.h"
#include "bench/units.h"
#include "core/bytes.h"
#include "core/nal.h"
#include "core/obu.h"
#include "rtp/other.h"

enum { P_BYTES = 8 << 10, IDR_BYTES = 60 << 10, JPEG_BYTES = 40 << 10 };

enum { TICK_FIELD_BYTES = 1 }; /* in front of samples (rtp/samples.c) */

const struct sample_kind sample_h264_p = {CODEC_H264, .bytes = P_BYTES};
const struct sample_kind sample_h264_idr = {CODEC_H264, .key = true, .bytes = IDR_BYTES};
const struct sample_kind sample_h265_p = {CODEC_H265, .bytes = P_BYTES};
const struct sample_kind sample_h265_idr = {CODEC_H265, .key = true, .bytes = IDR_BYTES};
const struct sample_kind sample_av1 = {CODEC_AV1, .bytes = P_BYTES};
const struct sample_kind sample_vp8 = {CODEC_VP8, .bytes = P_BYTES};
const struct sample_kind sample_vp9 = {CODEC_VP9, .bytes = P_BYTES};
const struct sample_kind sample_jpeg = {CODEC_JPEG, .key = true, .bytes = JPEG_BYTES};
const struct sample_kind sample_aac = {CODEC_AAC, .bytes = 200};
const struct sample_kind sample_latm = {CODEC_LATM, .bytes = 300};
const struct sample_kind sample_opus = {CODEC_OPUS, .bytes = 160};
const struct sample_kind sample_pcmu = {CODEC_PCMU, .bytes = TICK_FIELD_BYTES + 160};
const struct sample_kind sample_l16 = {CODEC_L16, .bytes = TICK_FIELD_BYTES + 1280};
const struct sample_kind sample_mpa = {CODEC_MPA, .bytes = 417};
const struct sample_kind sample_ac3 = {CODEC_AC3, .bytes = 1536};
const struct sample_kind sample_other = {CODEC_OTHER, .key = true,
                                         .bytes = OTHER_FLAGS_BYTES + 1316};

/* Of each codec: its track, and how a frame must begin that is not made up of units. */
static const struct {
    uint32_t clock_rate;
    uint8_t channels;
    uint8_t head_bytes;
    uint8_t head[12];
} forms[CODECS] = {
    [CODEC_H264] = {90000},
    [CODEC_H265] = {90000},
    [CODEC_AV1] = {90000},
    [CODEC_VP8] = {90000, 0, 1, {0x31}}, /* no key frame, shown */
    [CODEC_VP9] = {90000, 0, 1, {0x86}}, /* the same */
    /* 4:2:0, 1280 x 720 pixels, tables of 128 bytes: those of luminance and of chrominance. */
    [CODEC_JPEG] = {90000, 0, 12, {0, 0, 0, 0, 1, 255, 160, 90, 0, 0, 0, 128}},
    [CODEC_AAC] = {48000, 2},
    [CODEC_LATM] = {48000, 2},
    [CODEC_OPUS] = {48000, 2},
    /* Bytes a tick. */
    [CODEC_PCMU] = {8000, 1, 1, {1}},
    [CODEC_L16] = {16000, 2, 1, {4}},
    /* Both say what size they have. */
    [CODEC_MPA] = {90000, 0, 4, {0xff, 0xfb, 0x90, 0x64}},
    [CODEC_AC3] = {48000, 2, 6, {0x0b, 0x77, 0, 0, 0x1c, 0x40}},
    [CODEC_OTHER] = {90000, 0, 1, {0}}, /* no marker */
};

/* Never two zeros in a row, as in a start code. */
static void fill(uint8_t *dst, size_t len)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = (uint8_t)(i * 7 + 1);
}

/* A trace of two access units, a key picture and the one in question: only the sizes are chosen. */
static void make_h264(struct sample *s)
{
    const uint32_t key = UINT32_C(1) << 31;
    const uint32_t trace[] = {IDR_BYTES | key, (uint32_t)s->kind->bytes};
    const struct units units = {.trace = trace, .trace_count = ARRAY_LEN(trace)};
    s->data = micro_need(malloc(units_max_bytes(&units)));
    s->len = units_write(s->data, &units, s->kind->key ? 0 : 1, 0);
}

/* A NAL unit that takes so many bytes, its length included. */
static void append_nal(struct sample *s, unsigned type, size_t bytes)
{
    uint8_t *nal = s->data + s->len + NAL_LENGTH_BYTES;
    put_be32(nal - NAL_LENGTH_BYTES, (uint32_t)(bytes - NAL_LENGTH_BYTES));
    fill(nal, bytes - NAL_LENGTH_BYTES);
    put_be16(nal, (uint16_t)(type << 9 | 1)); /* layer 0, temporal layer 0 */
    nal[H265_NAL_HEADER_BYTES] |= 0x80;       /* a slice: first_slice_segment_in_pic_flag */
    s->len += bytes;
}

static void make_h265(struct sample *s)
{
    enum { TRAIL_R = 1, IDR_W_RADL = 19 }; /* ITU-T H.265 table 7-1 */
    s->data = micro_need(malloc(s->kind->bytes));
    if (s->kind->key) {
        append_nal(s, H265_NAL_VPS, 28);
        append_nal(s, H265_NAL_SPS, 48);
        append_nal(s, H265_NAL_PPS, 12);
    }
    append_nal(s, s->kind->key ? IDR_W_RADL : TRAIL_R, s->kind->bytes - s->len);
}

/* A frame in one unit: show_existing_frame 0, frame_type INTER_FRAME, show_frame 1. */
static void make_av1(struct sample *s)
{
    enum { FRONT_MAX = 1 + LEB128_BYTES_MAX };
    s->data = micro_need(malloc(s->kind->bytes));
    uint8_t *payload = s->data + FRONT_MAX;
    size_t bytes = s->kind->bytes - FRONT_MAX;
    fill(payload, bytes);
    payload[0] = 0x30;
    const struct obu obu = {OBU_FRAME << OBU_TYPE_SHIFT, .payload = slice_of(payload, bytes)};
    obu_append(s->data, s->kind->bytes, &s->len, &obu);
}

static void make_plain(struct sample *s)
{
    enum codec codec = s->kind->codec;
    s->len = s->kind->bytes;
    s->data = micro_need(malloc(s->len));
    fill(s->data, s->len);
    memcpy(s->data, forms[codec].head, forms[codec].head_bytes);
}

void sample_init(struct sample *s, const struct sample_kind *kind)
{
    *s = (struct sample){.kind = kind};
    if (kind->codec == CODEC_H264)
        make_h264(s);
    else if (kind->codec == CODEC_H265)
        make_h265(s);
    else if (kind->codec == CODEC_AV1)
        make_av1(s);
    else
        make_plain(s);
}

void sample_fini(struct sample *s)
{
    free(s->data);
}

void sample_describe(const struct sample_kind *kind, struct media_track *track)
{
    /* AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3 section 1.6.2.1). */
    static const uint8_t aac_config[] = {0x11, 0x90};
    *track = (struct media_track){.codec = kind->codec,
                                  .clock_rate = forms[kind->codec].clock_rate,
                                  .channels = forms[kind->codec].channels};
    if (kind->codec == CODEC_H264)
        units_describe(track);
    if (kind->codec == CODEC_AAC)
        media_track_set_config(track, slice_of(aac_config, sizeof aac_config));
}
