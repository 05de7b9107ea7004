/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"

#include "rtsp/sdp/sdp_format.h"

#include <assert.h>
#include <inttypes.h>

enum { FMTP_MAX = MEDIA_LONG_CONFIG_MAX + 128 };

static_assert((int)FMTP_MAX >= 2 * MEDIA_CONFIG_MAX + 128, "that of AAC fits");

/* RFC 8866 section 5.7: only IPv4 has a time to live here. */
static void write_connection(struct text *t, const struct sdp_origin *origin)
{
    const struct sdp_group *group = origin->group;
    if (!group)
        text_addf(t, "c=IN %s\r\n", origin->ipv6 ? "IP6 ::" : "IP4 0.0.0.0");
    else if (strchr(group->address, ':'))
        text_addf(t, "c=IN IP6 %s\r\n", group->address);
    else
        text_addf(t, "c=IN IP4 %s/%u\r\n", group->address, group->ttl);
}

/* RFC 8866 section 5 asks for v, o, s and t in this order; ExoPlayer insists on t=. */
static void write_session(struct text *t, const struct sdp_origin *origin)
{
    const char *family = origin->ipv6 ? "IP6" : "IP4";
    text_add(t, "v=0\r\n");
    text_addf(t, "o=- %" PRIu64 " %" PRIu64 " IN %s %s\r\n", origin->session_id,
              origin->session_version, family, origin->address);
    text_addf(t, "s=%s\r\n", origin->name && origin->name[0] ? origin->name : "-");
    write_connection(t, origin);
    text_add(t, "t=0 0\r\n");
    text_add(t, "a=tool:umbel\r\n");
    text_add(t, "a=control:*\r\n");
    text_add(t, "a=range:npt=now-\r\n");
}

static void write_rtpmap(struct text *t, const struct media_track *track, unsigned payload_type)
{
    struct sdp_rtpmap map = sdp_rtpmap_of(track);
    text_addf(t, "a=rtpmap:%u ", payload_type);
    text_add_slice(t, map.encoding);
    text_addf(t, "/%" PRIu32, map.clock_rate);
    if (map.channels > 0)
        text_addf(t, "/%u", map.channels);
    text_add(t, "\r\n");
}

/* No parameters, no line: an empty one upsets players. */
static void write_fmtp(struct text *t, const struct media_track *track, unsigned payload_type)
{
    char buf[FMTP_MAX];
    struct text parameters;
    if (!sdp_format(track->codec)->write)
        return;
    text_init(&parameters, buf, sizeof(buf));
    sdp_format(track->codec)->write(&parameters, track);
    if (parameters.len > 0)
        text_addf(t, "a=fmtp:%u %s\r\n", payload_type, buf);
    t->cut |= parameters.cut;
}

static void write_track(struct text *t, const struct media *media, unsigned number,
                        const struct sdp_group *group)
{
    static const char *const kinds[] = {
        [MEDIA_VIDEO] = "video", [MEDIA_AUDIO] = "audio", [MEDIA_DATA] = "application"};
    const struct media_track *track = &media->track[number];
    unsigned payload_type = sdp_payload_type(media, number);
    unsigned port = group ? group->port + 2 * number : 0;
    text_addf(t, "m=%s %u RTP/AVP %u\r\n", kinds[media_track_kind(track)], port, payload_type);
    write_rtpmap(t, track, payload_type);
    write_fmtp(t, track, payload_type);
    text_addf(t, "a=control:trackID=%u\r\n", number);
}

void sdp_write(struct text *t, const struct media *media, const struct sdp_origin *origin)
{
    write_session(t, origin);
    for (unsigned i = 0; i < media->track_count; i++)
        if (!media->track[i].inactive)
            write_track(t, media, i, origin->group);
}
