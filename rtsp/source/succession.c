/* SPDX-License-Identifier: MIT */
#include "rtsp/source/succession.h"

#include "core/log.h"

/* Whoever asked for the stream comes at once, if at all. */
#define HAND_OVER_NS (5 * NS_PER_S)

/* A track that the last publisher announced, and then did not set up, this one may announce too. */
static bool continues(const struct media *media, const struct media *before)
{
    struct media now = *media;
    for (unsigned i = 0; i < now.track_count; i++)
        now.track[i].inactive |= before->track[i].inactive;
    return media_is_compatible(before, &now);
}

/* What the last publisher has said in-band is still true if this one does not say otherwise. */
static void inherit_config(struct media *media, const struct media *before)
{
    for (unsigned i = 0; i < media->track_count; i++)
        if (media->track[i].config_len == 0)
            media_track_set_config(&media->track[i], media_track_config(&before->track[i]));
}

/* False when there is none to go on with. */
static bool adopt(struct source_worker *w, const char *name, struct media *media,
                  struct stream **to)
{
    struct stream *s = registry_find(w->registry, name);
    if (!s || !stream_claim(s))
        return false;
    const struct media *before = stream_media(s, NULL);
    if (stream_state(s) == STREAM_LIVE && continues(media, before)) {
        LOG_INFO("another publisher goes on", log_str("stream", name));
        inherit_config(media, before);
        *to = stream_ref(s);
        return true;
    }
    LOG_INFO("another description: stream ended", log_str("stream", name));
    source_end_stream(w->registry, s);
    return false;
}

int succession_take(struct source_worker *w, const char *name, struct media *media,
                    struct stream **s, bool *goes_on)
{
    *goes_on = adopt(w, name, media, s);
    if (*goes_on)
        return 0;
    return source_make_stream(w, name, media, s);
}

/* How long players wait for a publisher. One that came and sent nothing does not make it longer:
 * else they could be held for ever by announcements alone. */
static int64_t grace_left(const struct source_worker *w, struct stream *s, bool hands_over)
{
    int64_t now_ns = w->loop->now_ns;
    int64_t grace = w->config->publisher_grace_ns;
    if (stream_wait_end_ns(s) != 0)
        return stream_wait_end_ns(s) - now_ns;
    if (hands_over && grace < HAND_OVER_NS)
        grace = HAND_OVER_NS;
    stream_set_wait_end_ns(s, now_ns + grace);
    return grace;
}

void succession_leave(struct source_worker *w, struct stream **s, bool hands_over)
{
    bool is_played = stream_state(*s) == STREAM_LIVE;
    orphans_add(&w->orphans, s, is_played ? grace_left(w, *s, hands_over) : 0);
}
