/* SPDX-License-Identifier: MIT */
/*
 * What a stream consists of: its tracks, and of each the codec and what a decoder must know before
 * the first frame. A plain value: copied, compared, and immutable once a stream has published it.
 * Only a configuration of uncommon length is borrowed.
 */
#pragma once

#include "core/base.h"

enum {
    MEDIA_TRACKS_MAX = 8,
    MEDIA_CONFIG_MAX = 2048,       /* bytes of a track's decoder configuration */
    MEDIA_LONG_CONFIG_MAX = 16384, /* of all those together that are longer */
    MEDIA_ENCODING_MAX = 32,       /* of an encoding name, its NUL included */
};

enum media_kind { MEDIA_VIDEO, MEDIA_AUDIO, MEDIA_DATA };

/*
 * What a track's frames are made of, and what its configuration holds:
 *
 *                frame                                        configuration
 *   H264, H265   an access unit: NAL units as in nal.h        the parameter sets, as in nal.h
 *   AV1          a temporal unit: OBUs as in obu.h            the sequence header OBU, or nothing
 *   VP8, VP9     a frame as the codec defines it              nothing
 *   JPEG         RFC 2435's own form of it: rtp/jpeg.h        nothing
 *   AAC          an access unit                               the AudioSpecificConfig
 *   LATM         an AudioMuxElement                           the text of the format parameters
 *   OPUS         a packet                                     the text of the format parameters
 *   PCMU, PCMA, G722, L16   samples behind a byte, rtp/samples.c   nothing
 *   MPA, AC3     a frame as the codec defines it              nothing; AC3: format parameters
 *   OTHER        an RTP payload behind its marker, rtp/other.h  the text of the format parameters
 */
enum codec {
    CODEC_H264,
    CODEC_H265,
    CODEC_AV1,
    CODEC_VP8,
    CODEC_VP9,
    CODEC_JPEG,
    CODEC_AAC,
    CODEC_LATM,
    CODEC_OPUS,
    CODEC_PCMU,
    CODEC_PCMA,
    CODEC_G722,
    CODEC_L16,
    CODEC_MPA, /* MPEG-1 and MPEG-2 audio: MP3 and its elder kin */
    CODEC_AC3,
    CODEC_OTHER, /* whatever it is: goes through packet by packet */
    CODECS,
};

struct media_track {
    enum codec codec;
    bool inactive;       /* announced, but nothing of it will come: players are not told of it */
    uint32_t clock_rate; /* RTP clock, Hz */
    uint8_t channels;    /* audio only; 0: the description does not say */
    uint16_t config_len; /* 0: none, or not known yet */
    enum media_kind other_kind;              /* OTHER: see media_track_kind */
    char other_encoding[MEDIA_ENCODING_MAX]; /* OTHER: as rtpmap has it */
    uint8_t config[MEDIA_CONFIG_MAX];
    /* OTHER: a configuration that is longer (Vorbis and Theora have their tables in it). Lives as
     * long as whatever the track came from, see media_keep_long_configs. */
    struct slice long_config;
};

struct media {
    unsigned track_count;
    struct media_track track[MEDIA_TRACKS_MAX];
};

/* The encoding name as in rtpmap ("H264"); empty for CODEC_OTHER. */
const char *codec_name(enum codec codec);

/* Of video some frames are key frames, at which alone playing may start. */
enum media_kind media_track_kind(const struct media_track *t);

/* As in rtpmap. */
const char *media_track_encoding(const struct media_track *t);

static inline struct slice media_track_config(const struct media_track *t)
{
    return t->long_config.len > 0 ? t->long_config : slice_of(t->config, t->config_len);
}

/* Replaces the configuration. False, and no change, when it is longer than MEDIA_CONFIG_MAX. */
bool media_track_set_config(struct media_track *t, struct slice config);

/*
 * Makes it a track of CODEC_OTHER, which keeps its name and kind: for what umbel knows, but not in
 * this form. fmtp: its format parameters. False, and no change, when they are too long.
 */
bool media_track_pass_through(struct media_track *t, struct slice fmtp);

/* Bytes of the long configurations. */
size_t media_long_config_bytes(const struct media *m);

/* Copies these to dst, which must live as long as m from now on. */
void media_keep_long_configs(struct media *m, uint8_t *dst);

/* Tracks that are not inactive. */
unsigned media_active_tracks(const struct media *m);

/* True when players can be told everything that they need: no active track lacks a configuration
 * that its codec cannot do without. */
bool media_is_complete(const struct media *m);

/* The track that decides where a player may start: the first active video of a codec that is
 * known, else the first of any; -1: none. */
int media_key_track(const struct media *m);

/*
 * True when who plays 'a' can go on with 'b' without a new description: the same tracks, of the
 * same codecs and clocks. Parameter sets that travel in-band as well may differ.
 */
bool media_is_compatible(const struct media *a, const struct media *b);
