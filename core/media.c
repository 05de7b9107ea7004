/* SPDX-License-Identifier: MIT */
#include "core/media.h"

static const struct {
    const char *name;
    enum media_kind kind;
} codecs[] = {
    [CODEC_H264] = {"H264", MEDIA_VIDEO},
    [CODEC_AAC] = {"mpeg4-generic", MEDIA_AUDIO},
};

const char *codec_name(enum codec codec)
{
    return codecs[codec].name;
}

enum media_kind codec_kind(enum codec codec)
{
    return codecs[codec].kind;
}

bool media_track_set_config(struct media_track *t, struct slice config)
{
    if (config.len > MEDIA_CONFIG_MAX)
        return false;
    if (config.len > 0)
        memcpy(t->config, config.ptr, config.len);
    t->config_len = (uint16_t)config.len;
    return true;
}

unsigned media_active_tracks(const struct media *m)
{
    unsigned active = 0;
    for (unsigned i = 0; i < m->track_count; i++)
        active += !m->track[i].inactive;
    return active;
}

bool media_is_complete(const struct media *m)
{
    for (unsigned i = 0; i < m->track_count; i++)
        if (!m->track[i].inactive && m->track[i].config_len == 0)
            return false;
    return media_active_tracks(m) > 0;
}

int media_video_track(const struct media *m)
{
    for (unsigned i = 0; i < m->track_count; i++)
        if (!m->track[i].inactive && codec_kind(m->track[i].codec) == MEDIA_VIDEO)
            return (int)i;
    return -1;
}
