/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct media_track *a, const struct media_track *b)
{
    return a->codec == b->codec && a->clock_rate == b->clock_rate && a->channels == b->channels &&
           media_track_kind(a) == media_track_kind(b) &&
           strcmp(media_track_encoding(a), media_track_encoding(b)) == 0 &&
           slice_eq(media_track_config(a), media_track_config(b));
}

/* What was understood must survive being written and read again. */
static void check_round_trip(const struct media *media)
{
    static const struct sdp_origin origin = {.address = "192.0.2.1"};
    static char buf[SDP_TEXT_MAX];
    static struct sdp again;
    struct text t;
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, media, &origin);
    if (t.cut || sdp_parse(text_slice(&t), &again) != 0 || again.track_count != media->track_count)
        abort();
    for (unsigned i = 0; i < media->track_count; i++) {
        const struct sdp_track *track = &again.track[i];
        if (!track->supported || !is_same(&track->media, &media->track[i]) ||
            track->payload_type != sdp_payload_type(media, i))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sdp sdp;
    static struct media media;
    if (sdp_parse(slice_of(data, size), &sdp) != 0)
        return 0;
    media.track_count = 0;
    for (unsigned i = 0; i < sdp.track_count; i++)
        if (sdp.track[i].supported)
            media.track[media.track_count++] = sdp.track[i].media;
    if (media.track_count > 0)
        check_round_trip(&media);
    return 0;
}
