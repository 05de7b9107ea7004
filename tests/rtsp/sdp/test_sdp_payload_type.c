/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"
#include "rtsp/sdp/sdp_format.h"

#include <criterion/criterion.h>

static struct media_track track_of(uint8_t payload_type)
{
    struct sdp sdp;
    char line[64];
    struct text t;
    text_init(&t, line, sizeof line);
    text_addf(&t, "m=audio 0 RTP/AVP %u\n", payload_type);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    return sdp.track[0].media;
}

Test(sdp_payload_type, every_static_one_comes_back)
{
    unsigned known = 0;
    for (unsigned pt = 0; pt < 128; pt++) {
        struct sdp_rtpmap map;
        if (!sdp_static_rtpmap((uint8_t)pt, &map))
            continue;
        struct media media = {.track_count = 1, .track = {track_of((uint8_t)pt)}};
        cr_assert_eq(sdp_payload_type(&media, 0), pt);
        known++;
    }
    cr_assert_eq(known, 24); /* RFC 3551 tables 4 and 5 */
}

Test(sdp_payload_type, dynamic_ones_never_look_like_rtcp)
{
    struct media media = {.track_count = MEDIA_TRACKS_MAX};
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        media.track[i] = (struct media_track){.codec = CODEC_H264, .clock_rate = 90000};
        cr_assert_eq(sdp_payload_type(&media, i), SDP_DYNAMIC_PAYLOAD_TYPES + i);
    }
}

Test(sdp_payload_type, a_static_one_goes_to_the_first_of_its_kind)
{
    const struct media_track pcmu = {.codec = CODEC_PCMU, .clock_rate = 8000, .channels = 1};
    struct media media = {.track_count = 4, .track = {pcmu, pcmu, track_of(8), pcmu}};
    media.track[0].inactive = true; /* no matter: who plays must not see numbers change */
    cr_assert_eq(sdp_payload_type(&media, 0), 0);
    cr_assert_eq(sdp_payload_type(&media, 1), 97);
    cr_assert_eq(sdp_payload_type(&media, 2), 8);
    cr_assert_eq(sdp_payload_type(&media, 3), 99);
}

Test(sdp_payload_type, a_static_one_needs_its_clock_and_channels)
{
    static const struct media_track tracks[] = {
        {.codec = CODEC_PCMU, .clock_rate = 16000, .channels = 1},
        {.codec = CODEC_PCMA, .clock_rate = 8000, .channels = 2},
        {.codec = CODEC_L16, .clock_rate = 48000, .channels = 2},
        {.codec = CODEC_OTHER, .clock_rate = 48000, .other_encoding = "GSM"},
    };
    for (size_t i = 0; i < ARRAY_LEN(tracks); i++) {
        struct media media = {.track_count = 1, .track = {tracks[i]}};
        cr_assert_eq(sdp_payload_type(&media, 0), SDP_DYNAMIC_PAYLOAD_TYPES);
    }
}
