/* SPDX-License-Identifier: MIT */
#include "rtsp/session/session.h"

#include <errno.h>
#include <stdlib.h>

#include "core/random.h"
#include "rtsp/session/reception.h"
#include "rtsp/session/takeover.h"

int session_bind(struct session *s, const struct stream *stream)
{
    char *name = strdup(stream_name(stream));
    if (!name)
        return -ENOMEM;
    free(s->name);
    s->name = name;
    s->stream_id = stream_id(stream);
    return 0;
}

void session_name(struct session *s)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (s->id[0] != '\0')
        return;
    uint8_t random[SESSION_ID_CHARS];
    random_bytes(random, sizeof random);
    for (unsigned i = 0; i < SESSION_ID_CHARS; i++)
        s->id[i] = digits[random[i] & 31];
    s->id[SESSION_ID_CHARS] = '\0';
}

bool session_matches(const struct session *s, struct slice header)
{
    size_t len = 0;
    while (len < header.len && header.ptr[len] != ';' && header.ptr[len] != ' ')
        len++;
    return s->id[0] != '\0' && slice_is(slice_head(header, len), s->id);
}

static bool is_set(const struct session *s, unsigned track)
{
    return s->layout.tracks >> track & 1;
}

static bool uses(const struct session *s, unsigned track, uint8_t channel)
{
    return is_set(s, track) &&
           (s->layout.channel[track].rtp == channel || s->layout.channel[track].rtcp == channel);
}

bool session_set_track(struct session *s, unsigned track, uint8_t rtp, uint8_t rtcp)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        if (i != track && (uses(s, i, rtp) || uses(s, i, rtcp)))
            return false;
    s->layout.tracks |= 1u << track;
    s->layout.channel[track].rtp = rtp;
    s->layout.channel[track].rtcp = rtcp;
    return true;
}

uint8_t session_free_channels(const struct session *s)
{
    for (unsigned channel = 0;; channel += 2) {
        bool used = false;
        for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
            used |= uses(s, i, (uint8_t)channel) || uses(s, i, (uint8_t)(channel + 1));
        if (!used)
            return (uint8_t)channel; /* eight tracks cannot use up 256 channels */
    }
}

unsigned session_track_count(const struct session *s)
{
    return (unsigned)__builtin_popcount(s->layout.tracks);
}

int session_track_of_channel(const struct session *s, uint8_t channel, bool *rtcp)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        if (!uses(s, i, channel))
            continue;
        *rtcp = s->layout.channel[i].rtp != channel;
        return (int)i;
    }
    return -1;
}

void session_clear_tracks(struct session *s)
{
    s->layout = (struct lane_layout){0};
    reception_destroy(s->reception);
    s->reception = NULL;
    udp_session_destroy(s->udp);
    s->udp = NULL;
    multicast_leave(&s->member);
    group_put(&s->group);
}

void session_note_quality(struct session *s, unsigned track, struct quality quality)
{
    if (!s->quality)
        s->quality = calloc(MEDIA_TRACKS_MAX, sizeof *s->quality);
    if (s->quality)
        s->quality[track] = quality;
}

uint64_t session_reported_lost(const struct session *s)
{
    uint64_t lost = 0;
    for (unsigned i = 0; s->quality && i < MEDIA_TRACKS_MAX; i++)
        lost += s->quality[i].lost > 0 ? (uint64_t)s->quality[i].lost : 0;
    return lost;
}

void session_reset(struct session *s)
{
    takeover_forget(s->takeover);
    session_clear_tracks(s);
    if (s->publisher)
        list_remove(&s->publishing);
    publisher_destroy(s->publisher);
    free(s->name);
    free(s->quality);
    *s = (struct session){0};
}
