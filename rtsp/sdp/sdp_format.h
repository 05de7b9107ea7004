/* SPDX-License-Identifier: MIT */
/*
 * How each codec stands in a description: its rtpmap (RFC 8866 section 6.6), its format parameters,
 * and the payload types that RFC 3551 gave away for good. Reading and writing share it.
 */
#pragma once

#include "core/media.h"
#include "core/text.h"

/* "L16/44100/2". */
struct sdp_rtpmap {
    struct slice encoding;
    uint32_t clock_rate; /* Hz */
    uint8_t channels;    /* 0: it does not say */
};

struct sdp_format {
    const char *synonym; /* an encoding name seen in the field, beside codec_name(); may be NULL */
    uint32_t clock_rate; /* the only one there is; 0: any */
    uint8_t channels;    /* rtpmap says so, whatever the sound is; 0: those of the track */
    bool in_rfc3551;     /* there may be a static payload type for it */
    /*
     * Takes over what the format parameters tell; the rest of the track is filled in. False when
     * they ask for more than umbel knows of the codec. NULL: they tell nothing that matters.
     */
    bool (*read)(struct media_track *track, struct slice fmtp);
    /* Adds the format parameters; nothing when there are none. NULL: there are never any. */
    void (*write)(struct text *t, const struct media_track *track);
};

const struct sdp_format *sdp_format(enum codec codec);

/* CODEC_OTHER for a name that is none of ours. */
enum codec sdp_codec(struct slice encoding);

/* What rtpmap says of a track. The encoding points into the track. */
struct sdp_rtpmap sdp_rtpmap_of(const struct media_track *track);

/* What RFC 3551 says of a payload type. False when it says nothing. */
bool sdp_static_rtpmap(uint8_t payload_type, struct sdp_rtpmap *map);

/* Finds a format parameter: "config" in "mode=AAC-hbr; config=1190". */
bool sdp_find_param(struct slice fmtp, const char *name, struct slice *value);

/* sdp_sprop.c: H264 (RFC 6184 section 8.1) and H265 (RFC 7798 section 7.1). */
bool sdp_h264_read(struct media_track *track, struct slice fmtp);
void sdp_h264_write(struct text *t, const struct media_track *track);
bool sdp_h265_read(struct media_track *track, struct slice fmtp);
void sdp_h265_write(struct text *t, const struct media_track *track);

/* sdp_aac.c: mpeg4-generic (RFC 3640 section 4.1). */
bool sdp_aac_read(struct media_track *track, struct slice fmtp);
void sdp_aac_write(struct text *t, const struct media_track *track);
