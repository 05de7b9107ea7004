/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"

#include "core/bytes.h"
#include "core/nal.h"
#include "tests/rtsp/sdp/sdp_sets.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct media_track video_track(struct slice config)
{
    struct media_track t = {.codec = CODEC_H264, .clock_rate = 90000};
    media_track_set_config(&t, config);
    return t;
}

static struct media_track audio_track(struct slice config)
{
    struct media_track t = {.codec = CODEC_AAC, .clock_rate = 48000, .channels = 2};
    media_track_set_config(&t, config);
    return t;
}

static const struct sdp_origin origin = {
    .address = "192.0.2.1", .session_id = 7, .session_version = 2, .name = "live/cam"};

Test(sdp_write, written_description_says_all_that_players_want)
{
    char buf[2048];
    struct text t;
    struct media media = {
        .track_count = 2,
        .track = {video_track(SLICE_LIT(SETS)), audio_track(SLICE_LIT("\x11\x90"))}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_not(t.cut);
    cr_assert_str_eq(buf, "v=0\r\n"
                          "o=- 7 2 IN IP4 192.0.2.1\r\n"
                          "s=live/cam\r\n"
                          "c=IN IP4 0.0.0.0\r\n"
                          "t=0 0\r\n"
                          "a=tool:umbel\r\n"
                          "a=control:*\r\n"
                          "a=range:npt=now-\r\n"
                          "m=video 0 RTP/AVP 96\r\n"
                          "a=rtpmap:96 H264/90000\r\n"
                          "a=fmtp:96 packetization-mode=1; profile-level-id=64001f; "
                          "sprop-parameter-sets=" SPS_B64 "," PPS_B64 "\r\n"
                          "a=control:trackID=0\r\n"
                          "m=audio 0 RTP/AVP 97\r\n"
                          "a=rtpmap:97 mpeg4-generic/48000/2\r\n"
                          "a=fmtp:97 profile-level-id=1; mode=AAC-hbr; sizelength=13; "
                          "indexlength=3; indexdeltalength=3; config=1190\r\n"
                          "a=control:trackID=1\r\n");
}

Test(sdp_write, ipv6_and_a_session_without_a_name)
{
    char buf[512];
    struct text t;
    struct sdp_origin v6 = {.address = "2001:db8::1", .ipv6 = true, .name = ""};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &(struct media){0}, &v6);
    cr_assert_str_eq(buf, "v=0\r\n"
                          "o=- 0 0 IN IP6 2001:db8::1\r\n"
                          "s=-\r\n"
                          "c=IN IP6 ::\r\n"
                          "t=0 0\r\n"
                          "a=tool:umbel\r\n"
                          "a=control:*\r\n"
                          "a=range:npt=now-\r\n");
}

Test(sdp_write, what_is_not_known_is_left_out)
{
    char buf[2048];
    struct text t;
    struct media media = {
        .track_count = 2,
        .track = {video_track(SLICE_LIT("\0\0\0\x06" PPS)), video_track((struct slice){0})}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_not_null(
        strstr(buf, "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=" PPS_B64 "\r\n"));
    cr_assert_not_null(strstr(buf, "a=fmtp:97 packetization-mode=1\r\n"));
}

Test(sdp_write, what_is_inactive_is_left_out_and_the_others_keep_their_numbers)
{
    char buf[1024];
    struct text t;
    struct media media = {
        .track_count = 2,
        .track = {video_track(SLICE_LIT(SETS)), audio_track(SLICE_LIT("\x11\x90"))}};
    media.track[0].inactive = true;
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_null(strstr(buf, "m=video"));
    cr_assert_not_null(strstr(buf, "m=audio 0 RTP/AVP 97\r\n"));
    cr_assert_not_null(strstr(buf, "a=control:trackID=1\r\n"));
}

/* A group says where it is, of whatever family the server's own address is. */
Test(sdp_write, a_multicast_group_says_where_it_is)
{
    static const struct {
        struct sdp_group group;
        const char *connection;
    } rows[] = {
        {{"232.1.2.3", 16, 5004}, "\r\nc=IN IP4 232.1.2.3/16\r\nt=0 0\r\n"},
        {{"ff3e::8000:1", 16, 5004}, "\r\nc=IN IP6 ff3e::8000:1\r\nt=0 0\r\n"},
    };
    struct media media = {.track_count = 3,
                          .track = {video_track(SLICE_LIT(SETS)), video_track((struct slice){0}),
                                    audio_track(SLICE_LIT("\x11\x90"))}};
    media.track[1].inactive = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char buf[2048];
        struct text t;
        struct sdp_origin to_group = origin;
        to_group.group = &rows[i].group;
        text_init(&t, buf, sizeof(buf));
        sdp_write(&t, &media, &to_group);
        cr_assert_not_null(strstr(buf, rows[i].connection));
        cr_assert_not_null(strstr(buf, "\r\nm=video 5004 RTP/AVP 96\r\n"));
        cr_assert_not_null(strstr(buf, "\r\nm=audio 5008 RTP/AVP 98\r\n"));
    }
}

static void assert_same_track(const struct media_track *a, const struct media_track *b)
{
    cr_assert_eq(a->codec, b->codec);
    cr_assert_eq(a->clock_rate, b->clock_rate);
    cr_assert_eq(a->channels, b->channels);
    cr_assert(slice_eq(media_track_config(a), media_track_config(b)));
}

Test(sdp_write, written_and_read_again_gives_the_same_media)
{
    char buf[8192];
    struct text t;
    struct sdp sdp;
    struct media media = {.track_count = 4,
                          .track = {audio_track(SLICE_LIT("\x11\x90\x56\xe5\x00")),
                                    video_track(SLICE_LIT(SETS)), video_track((struct slice){0}),
                                    video_track(SLICE_LIT("\0\0\0\x01\x67" SETS))}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    cr_assert_eq(sdp.track_count, media.track_count);
    for (unsigned i = 0; i < media.track_count; i++) {
        char control[32];
        snprintf(control, sizeof(control), "trackID=%u", i);
        cr_assert(sdp.track[i].supported);
        cr_assert_eq(sdp.track[i].payload_type, sdp_payload_type(&media, i));
        cr_assert(slice_is(sdp.track[i].control, control));
        assert_same_track(&sdp.track[i].media, &media.track[i]);
    }
}

Test(sdp_write, longest_configuration_survives_the_round_trip)
{
    char buf[4096];
    struct text t;
    struct sdp sdp;
    uint8_t config[MEDIA_CONFIG_MAX];
    put_be32(config, sizeof(config) - NAL_LENGTH_BYTES);
    memset(config + NAL_LENGTH_BYTES, 0x67, sizeof(config) - NAL_LENGTH_BYTES);
    struct media media = {.track_count = 1,
                          .track = {video_track(slice_of(config, sizeof(config)))}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_not(t.cut);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    assert_same_track(&sdp.track[0].media, &media.track[0]);
}

/* In each codec that has one, with all else as long as it gets. */
Test(sdp_write, the_longest_description_fits_into_what_it_is_said_to_need)
{
    static char buf[SDP_TEXT_MAX];
    char long_text[257];
    uint8_t units[MEDIA_CONFIG_MAX] = {0};
    static char parameters[MEDIA_LONG_CONFIG_MAX];
    static struct media media = {.track_count = MEDIA_TRACKS_MAX};
    memset(parameters, 'x', sizeof(parameters));
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[256] = '\0';
    for (size_t i = 0; i + 6 <= sizeof(units); i += 6) /* each a PPS of H.264 and of H.265 */
        memcpy(units + i, "\0\0\0\x02\x68\x44", 6);
    const struct sdp_group group = {.address = long_text, .ttl = 255, .port = 60000};
    const struct sdp_origin longest = {.address = long_text,
                                       .session_id = UINT64_MAX,
                                       .session_version = UINT64_MAX,
                                       .name = long_text,
                                       .group = &group};
    for (enum codec c = 0; c < CODECS; c++) {
        struct text t;
        struct media_track track = {.codec = c,
                                    .clock_rate = UINT32_MAX,
                                    .channels = UINT8_MAX,
                                    .other_kind = MEDIA_DATA,
                                    .other_encoding = "a-name-that-is-31-bytes-long..."};
        cr_assert(media_track_set_config(&track, slice_of(units, sizeof(units))));
        for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
            media.track[i] = track;
        if (c == CODEC_OTHER)
            media.track[0].long_config = slice_of((uint8_t *)parameters, sizeof(parameters));
        text_init(&t, buf, sizeof(buf));
        sdp_write(&t, &media, &longest);
        cr_assert_not(t.cut, "%s", codec_name(c));
    }
}

Test(sdp_write, long_parameters_survive_the_round_trip)
{
    static char buf[SDP_TEXT_MAX], parameters[MEDIA_LONG_CONFIG_MAX];
    struct text t;
    struct sdp sdp;
    memset(parameters, 'x', sizeof(parameters));
    struct media media = {
        .track_count = 1,
        .track = {{.codec = CODEC_OTHER,
                   .clock_rate = 48000,
                   .channels = 2,
                   .other_kind = MEDIA_AUDIO,
                   .other_encoding = "vorbis",
                   .long_config = slice_of((uint8_t *)parameters, sizeof(parameters))}}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_not(t.cut);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    assert_same_track(&sdp.track[0].media, &media.track[0]);
}
