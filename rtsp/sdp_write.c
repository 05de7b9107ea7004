/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp.h"

#include "core/base64.h"
#include "core/nal.h"

#include <inttypes.h>

enum { SET_TEXT_MAX = (MEDIA_CONFIG_MAX + 2) / 3 * 4 };

/* RFC 8866 section 5 asks for v, o, s and t in this order; ExoPlayer insists on t=. */
static void write_session(struct text *t, const struct sdp_origin *origin)
{
    const char *family = origin->ipv6 ? "IP6" : "IP4";
    text_add(t, "v=0\r\n");
    text_addf(t, "o=- %" PRIu64 " %" PRIu64 " IN %s %s\r\n", origin->session_id,
              origin->session_version, family, origin->address);
    text_addf(t, "s=%s\r\n", origin->name && origin->name[0] ? origin->name : "-");
    text_addf(t, "c=IN %s %s\r\n", family, origin->ipv6 ? "::" : "0.0.0.0");
    text_add(t, "t=0 0\r\n");
    text_add(t, "a=tool:umbel\r\n");
    text_add(t, "a=control:*\r\n");
    text_add(t, "a=range:npt=now-\r\n");
}

/* RFC 6184 section 8.1: the three bytes behind the header of the first SPS. */
static void write_profile_level_id(struct text *t, struct slice units)
{
    struct slice nal;
    while (nal_next(&units, &nal)) {
        if (h264_nal_type(nal) != H264_NAL_SPS || nal.len < 4)
            continue;
        text_addf(t, "; profile-level-id=%02x%02x%02x", nal.ptr[1], nal.ptr[2], nal.ptr[3]);
        return;
    }
}

static void write_parameter_sets(struct text *t, struct slice units)
{
    char base64[SET_TEXT_MAX];
    struct slice nal;
    const char *separator = "; sprop-parameter-sets=";
    while (nal_next(&units, &nal)) {
        base64_encode(base64, nal);
        text_add(t, separator);
        text_add_slice(t, slice_of(base64, base64_encoded_bytes(nal.len)));
        separator = ",";
    }
}

static void write_h264(struct text *t, const struct media_track *track)
{
    text_add(t, "packetization-mode=1");
    write_profile_level_id(t, media_track_config(track));
    write_parameter_sets(t, media_track_config(track));
}

/* RFC 3640 sections 3.3.6 and 4.1: what the AAC packetizer makes is the high bit rate mode. */
static void write_aac(struct text *t, const struct media_track *track)
{
    text_add(t, "profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; "
                "indexdeltalength=3");
    if (track->config_len > 0)
        text_add(t, "; config=");
    for (size_t i = 0; i < track->config_len; i++)
        text_addf(t, "%02x", track->config[i]);
}

static const struct {
    const char *kind;
    void (*write_fmtp)(struct text *t, const struct media_track *track);
} writers[] = {
    [CODEC_H264] = {"video", write_h264},
    [CODEC_AAC] = {"audio", write_aac},
};

static void write_track(struct text *t, const struct media_track *track, unsigned number)
{
    unsigned payload_type = sdp_payload_type(number);
    text_addf(t, "m=%s 0 RTP/AVP %u\r\n", writers[track->codec].kind, payload_type);
    text_addf(t, "a=rtpmap:%u %s/%" PRIu32, payload_type, media_track_encoding(track),
              track->clock_rate);
    if (media_track_kind(track) == MEDIA_AUDIO)
        text_addf(t, "/%u", track->channels);
    text_addf(t, "\r\na=fmtp:%u ", payload_type);
    writers[track->codec].write_fmtp(t, track);
    text_addf(t, "\r\na=control:trackID=%u\r\n", number);
}

void sdp_write(struct text *t, const struct media *media, const struct sdp_origin *origin)
{
    write_session(t, origin);
    for (unsigned i = 0; i < media->track_count; i++)
        if (!media->track[i].inactive)
            write_track(t, &media->track[i], i);
}
