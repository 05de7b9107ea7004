/* SPDX-License-Identifier: MIT */
#include "core/media.h"

static const struct {
    const char *name;
    enum media_kind kind;
    bool needs_config;   /* players must be told it before the first frame */
    bool config_in_band; /* and may be told another one by a frame */
} codecs[CODECS] = {
    [CODEC_H264] = {"H264", MEDIA_VIDEO, .needs_config = true, true},
    [CODEC_H265] = {"H265", MEDIA_VIDEO, .needs_config = true, true},
    [CODEC_AV1] = {"AV1", MEDIA_VIDEO, .config_in_band = true},
    [CODEC_VP8] = {"VP8", MEDIA_VIDEO},
    [CODEC_VP9] = {"VP9", MEDIA_VIDEO},
    [CODEC_JPEG] = {"JPEG", MEDIA_VIDEO},
    [CODEC_AAC] = {"mpeg4-generic", MEDIA_AUDIO, .needs_config = true},
    [CODEC_LATM] = {"MP4A-LATM", MEDIA_AUDIO},
    [CODEC_OPUS] = {"opus", MEDIA_AUDIO},
    [CODEC_PCMU] = {"PCMU", MEDIA_AUDIO},
    [CODEC_PCMA] = {"PCMA", MEDIA_AUDIO},
    [CODEC_G722] = {"G722", MEDIA_AUDIO},
    [CODEC_L16] = {"L16", MEDIA_AUDIO},
    [CODEC_MPA] = {"MPA", MEDIA_AUDIO},
    [CODEC_AC3] = {"ac3", MEDIA_AUDIO},
    [CODEC_OTHER] = {"", MEDIA_DATA},
};

const char *codec_name(enum codec codec)
{
    return codecs[codec].name;
}

enum media_kind media_track_kind(const struct media_track *t)
{
    return t->codec == CODEC_OTHER ? t->other_kind : codecs[t->codec].kind;
}

const char *media_track_encoding(const struct media_track *t)
{
    return t->codec == CODEC_OTHER ? t->other_encoding : codecs[t->codec].name;
}

bool media_track_set_config(struct media_track *t, struct slice config)
{
    if (config.len > MEDIA_CONFIG_MAX)
        return false;
    if (config.len > 0)
        memcpy(t->config, config.ptr, config.len);
    t->config_len = (uint16_t)config.len;
    t->long_config = (struct slice){0};
    return true;
}

bool media_track_pass_through(struct media_track *t, struct slice fmtp)
{
    const char *name = codecs[t->codec].name;
    if (!media_track_set_config(t, fmtp))
        return false;
    t->other_kind = codecs[t->codec].kind;
    memcpy(t->other_encoding, name, strlen(name) + 1);
    t->codec = CODEC_OTHER;
    return true;
}

size_t media_long_config_bytes(const struct media *m)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < m->track_count; i++)
        bytes += m->track[i].long_config.len;
    return bytes;
}

void media_keep_long_configs(struct media *m, uint8_t *dst)
{
    for (unsigned i = 0; i < m->track_count; i++) {
        struct slice *config = &m->track[i].long_config;
        if (config->len == 0)
            continue;
        memcpy(dst, config->ptr, config->len);
        config->ptr = dst;
        dst += config->len;
    }
}

unsigned media_active_tracks(const struct media *m)
{
    unsigned active = 0;
    for (unsigned i = 0; i < m->track_count; i++)
        active += !m->track[i].inactive;
    return active;
}

static bool lacks_config(const struct media_track *t)
{
    return !t->inactive && codecs[t->codec].needs_config && t->config_len == 0;
}

bool media_is_complete(const struct media *m)
{
    for (unsigned i = 0; i < m->track_count; i++)
        if (lacks_config(&m->track[i]))
            return false;
    return media_active_tracks(m) > 0;
}

int media_key_track(const struct media *m)
{
    int other = -1;
    for (unsigned i = 0; i < m->track_count; i++) {
        const struct media_track *t = &m->track[i];
        if (t->inactive || media_track_kind(t) != MEDIA_VIDEO)
            continue;
        if (t->codec != CODEC_OTHER)
            return (int)i;
        other = other < 0 ? (int)i : other;
    }
    return other;
}

static bool is_same_track(const struct media_track *a, const struct media_track *b)
{
    if (a->codec != b->codec || media_track_kind(a) != media_track_kind(b) ||
        a->inactive != b->inactive || a->clock_rate != b->clock_rate ||
        a->channels != b->channels || strcmp(media_track_encoding(a), media_track_encoding(b)) != 0)
        return false;
    return codecs[a->codec].config_in_band ||
           slice_eq(media_track_config(a), media_track_config(b));
}

bool media_is_compatible(const struct media *a, const struct media *b)
{
    if (a->track_count != b->track_count)
        return false;
    for (unsigned i = 0; i < a->track_count; i++)
        if (!is_same_track(&a->track[i], &b->track[i]))
            return false;
    return true;
}
