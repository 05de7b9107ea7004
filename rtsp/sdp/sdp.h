/* SPDX-License-Identifier: MIT */
/*
 * Session descriptions (RFC 8866): read leniently, as publishers and cameras write them; written
 * strictly, as the pickiest player wants them.
 */
#pragma once

#include "core/media.h"
#include "core/text.h"

enum {
    SDP_DYNAMIC_PAYLOAD_TYPES = 96, /* the first of them (RFC 3551 section 3) */
    /* Bytes of any description that sdp_write makes, the NUL included, if neither the address nor
     * the name is longer than 256. The longest configuration is that of AAC, in two digits a byte;
     * but for those that are borrowed (core/media.h). */
    SDP_TEXT_MAX = 1024 + MEDIA_TRACKS_MAX * (2 * MEDIA_CONFIG_MAX + 256) + MEDIA_LONG_CONFIG_MAX,
};

struct sdp_track {
    bool supported; /* umbel can carry it: media is filled in */
    uint8_t payload_type;
    struct media_track media;
    struct slice fmtp;    /* "a=fmtp:96 " stripped: the parameters; empty without one */
    struct slice control; /* a=control of this track; empty without one */
};

/* Slices point into the text that was parsed. */
struct sdp {
    unsigned track_count;
    struct sdp_track track[MEDIA_TRACKS_MAX];
};

/*
 * Reads an announced description. 0; -EBADMSG when it is no SDP or has no media; -E2BIG for more
 * tracks than MEDIA_TRACKS_MAX. What the format parameters tell goes into media.config, see
 * core/media.h; parameter sets may be in bad base64 (left out) and have Annex B start codes.
 *
 * Supported is whatever goes over plain RTP and has a readable rtpmap, or a payload type that RFC
 * 3551 explains. A codec used in a way that umbel does not know, say H264 with interleaved units,
 * is CODEC_OTHER, as are codecs that it does not know at all; their encoding name must be a token,
 * and their parameters printable ASCII. These may be long, but not longer than
 * MEDIA_LONG_CONFIG_MAX in all tracks together: media.long_config points into the text then.
 */
int sdp_parse(struct slice text, struct sdp *sdp);

/* Where the media goes to, if that is not for SETUP to say: a multicast group. */
struct sdp_group {
    const char *address; /* numeric; its family need not be that of the server's address */
    uint8_t ttl;         /* IPv4 only */
    uint16_t port;       /* of track 0; track N has port + 2 * N, and RTCP the next one */
};

/* What stands in the description beside the media. */
struct sdp_origin {
    const char *address; /* numeric, of the server as the client sees it */
    bool ipv6;
    uint64_t session_id; /* o= */
    uint64_t session_version;
    const char *name;              /* s= */
    const struct sdp_group *group; /* NULL: unicast */
};

/*
 * v o s c t, a=control:* and a=range:npt=now-, then per track m, b-less, a=rtpmap, a=fmtp if it has
 * parameters, and a=control:trackID=N; inactive tracks are left out.
 */
void sdp_write(struct text *t, const struct media *media, const struct sdp_origin *origin);

/*
 * The payload type of a track, here and in its packets. It is the static one where RFC 3551 has one
 * for its encoding, clock and channels: FFmpeg knows MPA, MP2T, MPV and H263 by the number only,
 * and simple players all of them. The first track of several of a kind gets it. All else is
 * dynamic.
 */
uint8_t sdp_payload_type(const struct media *media, unsigned track);
