/* SPDX-License-Identifier: MIT */
/*
 * Session descriptions (RFC 8866): read leniently, as publishers and cameras write them; written
 * strictly, as the pickiest player wants them.
 */
#pragma once

#include "core/media.h"
#include "core/text.h"

struct sdp_track {
    bool supported; /* the codec is one that umbel carries: media is filled in */
    uint8_t payload_type;
    struct media_track media;
    struct slice encoding; /* "H264" as rtpmap has it; empty without one */
    struct slice fmtp;     /* "a=fmtp:96 " stripped: the parameters; empty without one */
    struct slice control;  /* a=control of this track; empty without one */
};

/* Slices point into the text that was parsed. */
struct sdp {
    unsigned track_count;
    struct sdp_track track[MEDIA_TRACKS_MAX];
};

/*
 * Reads an announced description. 0; -EBADMSG when it is no SDP or has no media; -E2BIG for more
 * tracks than MEDIA_TRACKS_MAX. H264: sprop-parameter-sets into media.config (bad base64 or Annex B
 * start codes within are tolerated). AAC (mpeg4-generic): config= into media.config.
 */
int sdp_parse(struct slice text, struct sdp *sdp);

/* What stands in the description beside the media. */
struct sdp_origin {
    const char *address; /* numeric, of the server as the client sees it */
    bool ipv6;
    uint64_t session_id; /* o= */
    uint64_t session_version;
    const char *name; /* s= */
};

/*
 * v o s c t, a=control:* and a=range:npt=now-, then per track m, b-less, a=rtpmap, a=fmtp and
 * a=control:trackID=N; inactive tracks are left out. The payload type of track N is
 * sdp_payload_type(N).
 */
void sdp_write(struct text *t, const struct media *media, const struct sdp_origin *origin);

static inline uint8_t sdp_payload_type(unsigned track)
{
    return (uint8_t)(96 + track);
}
