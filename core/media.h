/* SPDX-License-Identifier: MIT */
/*
 * What a stream consists of: its tracks, and of each the codec and what a decoder must know before
 * the first frame. A plain value: copied, compared, and immutable once a stream has published it.
 */
#pragma once

#include "core/base.h"

enum {
    MEDIA_TRACKS_MAX = 8,
    MEDIA_CONFIG_MAX = 1024, /* bytes of a track's decoder configuration */
};

enum media_kind { MEDIA_VIDEO, MEDIA_AUDIO };
enum codec { CODEC_H264, CODEC_AAC };

struct media_track {
    enum codec codec;
    bool inactive;       /* announced, but nothing of it will come: players are not told of it */
    uint32_t clock_rate; /* RTP clock, Hz */
    uint8_t channels;    /* audio only */
    uint16_t config_len; /* 0: not known yet */
    /* H264: the SPS and PPS NAL units, in the form of nal.h. AAC: the AudioSpecificConfig. */
    uint8_t config[MEDIA_CONFIG_MAX];
};

struct media {
    unsigned track_count;
    struct media_track track[MEDIA_TRACKS_MAX];
};

/* The encoding name as in rtpmap ("H264"), and audio or video. */
const char *codec_name(enum codec codec);
enum media_kind codec_kind(enum codec codec);

static inline struct slice media_track_config(const struct media_track *t)
{
    return slice_of(t->config, t->config_len);
}

/* Replaces the configuration. False, and no change, when it is longer than MEDIA_CONFIG_MAX. */
bool media_track_set_config(struct media_track *t, struct slice config);

/* Tracks that are not inactive. */
unsigned media_active_tracks(const struct media *m);

/* True when players can be told everything that they need: no active track lacks its
 * configuration. */
bool media_is_complete(const struct media *m);

/* The first active video track, or -1. */
int media_video_track(const struct media *m);
