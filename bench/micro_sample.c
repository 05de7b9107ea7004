/* SPDX-License-Identifier: MIT */
#include "bench/micro_sample.h"

#include <stdlib.h>

#include "bench/micro.h"
#include "bench/units.h"

const struct sample_kind sample_p_8k = {.track = SAMPLE_VIDEO, .bytes = 8 << 10};
const struct sample_kind sample_idr_60k = {.track = SAMPLE_VIDEO, .key = true, .bytes = 60 << 10};
const struct sample_kind sample_aac_200 = {.track = SAMPLE_AUDIO, .bytes = 200};

/* A trace of two access units, a key picture and the one in question: only the sizes are chosen. */
static void fill_video(struct sample *s)
{
    const struct sample_kind *kind = s->kind;
    const uint32_t key = UINT32_C(1) << 31;
    const uint32_t trace[] = {(uint32_t)sample_idr_60k.bytes | key, (uint32_t)kind->bytes};
    const struct units units = {.trace = trace, .trace_count = ARRAY_LEN(trace)};
    s->data = micro_need(malloc(units_max_bytes(&units)));
    s->len = units_write(s->data, &units, kind->key ? 0 : 1, 0);
}

/* Nothing on the way looks into sound. */
static void fill_audio(struct sample *s)
{
    s->len = s->kind->bytes;
    s->data = micro_need(malloc(s->len));
    for (size_t i = 0; i < s->len; i++)
        s->data[i] = (uint8_t)(i * 7 + 1);
}

void sample_init(struct sample *s, const struct sample_kind *kind)
{
    *s = (struct sample){.kind = kind};
    s->codec = kind->track == SAMPLE_VIDEO ? CODEC_H264 : CODEC_AAC;
    if (kind->track == SAMPLE_VIDEO)
        fill_video(s);
    else
        fill_audio(s);
}

void sample_fini(struct sample *s)
{
    free(s->data);
}

void sample_describe(struct media *media)
{
    /* AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3 section 1.6.2.1). */
    static const uint8_t audio_config[] = {0x11, 0x90};
    *media = (struct media){.track_count = 2};
    units_describe(&media->track[SAMPLE_VIDEO]);
    struct media_track *audio = &media->track[SAMPLE_AUDIO];
    *audio = (struct media_track){.codec = CODEC_AAC, .clock_rate = 48000, .channels = 2};
    media_track_set_config(audio, slice_of(audio_config, sizeof audio_config));
}
