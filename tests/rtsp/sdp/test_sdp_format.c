/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp_format.h"

#include "rtsp/sdp/sdp.h"
#include "tests/rtsp/sdp/sdp_sets.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { ENCODING_LEN_MAX = MEDIA_ENCODING_MAX - 1 };

/* A track as a publisher announces it, what umbel makes of it, and how players are told. */
struct row {
    const char *in;
    enum codec codec;
    uint32_t clock_rate;
    uint8_t channels;
    struct slice config;
    const char *out; /* up to the control attribute */
};

static const struct row rows[] = {
    {"m=video 0 RTP/AVP 99\na=rtpmap:99 h264/90000\n"
     "a=fmtp:99 sprop-parameter-sets=" SPS_B64 "," PPS_B64 ";packetization-mode=0\n",
     CODEC_H264, 90000, 0, SLICE_LIT(SETS),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
     "a=fmtp:96 packetization-mode=1; profile-level-id=64001f; "
     "sprop-parameter-sets=" SPS_B64 "," PPS_B64 "\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n", CODEC_H264, 90000, 0, SLICE_LIT(""),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 HEVC/90000\n"
     "a=fmtp:96 sprop-max-don-diff=0;sprop-pps=" PPS5_B64 "," PPS5_B64 ";sprop-sps=" SPS5_B64
     ";sprop-vps=" VPS5_B64 "\n",
     CODEC_H265, 90000, 0, SLICE_LIT(SETS5),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
     "a=fmtp:96 sprop-vps=" VPS5_B64 "; sprop-sps=" SPS5_B64 "; sprop-pps=" PPS5_B64 "\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 profile-id=1\n", CODEC_H265, 90000, 0,
     SLICE_LIT(""), "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 AV1/90000\na=fmtp:96 profile=0; level-idx=5; tier=0\n",
     CODEC_AV1, 90000, 0, SLICE_LIT(""), "m=video 0 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 AV1X/90000\n", CODEC_AV1, 90000, 0, SLICE_LIT(""),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 VP8-DRAFT-IETF-01/90000\na=fmtp:96 max-fr=30\n", CODEC_VP8,
     90000, 0, SLICE_LIT(""), "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 VP9/90000\na=fmtp:96 profile-id=0\n", CODEC_VP9, 90000, 0,
     SLICE_LIT(""), "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP9/90000\r\n"},
    {"m=video 0 RTP/AVP 26\n", CODEC_JPEG, 90000, 0, SLICE_LIT(""),
     "m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/44100\n"
     "a=fmtp:97 mode=AAC-lbr;sizelength=6;indexlength=2;indexdeltalength=2;config=1208\n",
     CODEC_AAC, 44100, 1, SLICE_LIT("\x12\x08"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/44100\r\n"
     "a=fmtp:96 profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; "
     "indexdeltalength=3; config=1208\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 mp4a-latm/48000/2\n"
     "a=fmtp:97 profile-level-id=15;cpresent=0;config=400023203fc0\n",
     CODEC_LATM, 48000, 2, SLICE_LIT("profile-level-id=15;cpresent=0;config=400023203fc0"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/48000/2\r\n"
     "a=fmtp:96 profile-level-id=15;cpresent=0;config=400023203fc0\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000\na=fmtp:97 useinbandfec=1\n", CODEC_OPUS, 48000,
     2, SLICE_LIT("useinbandfec=1"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 X-GST-OPUS-DRAFT-SPITTKA-00/48000/1\n", CODEC_OPUS, 48000,
     2, SLICE_LIT(""), "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"},
    {"m=audio 0 RTP/AVP 0\na=fmtp:0 ptime=20\n", CODEC_PCMU, 8000, 1, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMU/16000/2\n", CODEC_PCMU, 16000, 2, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000/2\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 pcma/8000/1\n", CODEC_PCMA, 8000, 1, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"},
    {"m=audio 0 RTP/AVP 9\na=rtpmap:9 G722/8000/1\n", CODEC_G722, 8000, 1, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"},
    {"m=audio 0 RTP/AVP 11\n", CODEC_L16, 44100, 1, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 11\r\na=rtpmap:11 L16/44100\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/44100/2\n", CODEC_L16, 44100, 2, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 10\r\na=rtpmap:10 L16/44100/2\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/48000/6\n", CODEC_L16, 48000, 6, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 L16/48000/6\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 MPA/90000/2\na=fmtp:97 layer=3\n", CODEC_MPA, 90000, 1,
     SLICE_LIT(""), "m=audio 0 RTP/AVP 14\r\na=rtpmap:14 MPA/90000\r\n"},
    {"m=audio 0 RTP/AVP 97\na=rtpmap:97 AC3/48000/6\n", CODEC_AC3, 48000, 6, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 ac3/48000/6\r\n"},
};

/* What umbel does not look into. */
static const struct row others[] = {
    {"m=application 0 RTP/AVP 98\na=rtpmap:98 vnd.onvif.metadata/90000/2\n", CODEC_OTHER, 90000, 0,
     SLICE_LIT(""), "m=application 0 RTP/AVP 96\r\na=rtpmap:96 vnd.onvif.metadata/90000\r\n"},
    {"m=video 0 RTP/AVP 33\n", CODEC_OTHER, 90000, 0, SLICE_LIT(""),
     "m=video 0 RTP/AVP 33\r\na=rtpmap:33 MP2T/90000\r\n"},
    {"m=video 0 RTP/AVP 96\na=rtpmap:96 MP4V-ES/90000\n"
     "a=fmtp:96 profile-level-id=1;config=000001b0\n",
     CODEC_OTHER, 90000, 0, SLICE_LIT("profile-level-id=1;config=000001b0"),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n"
     "a=fmtp:96 profile-level-id=1;config=000001b0\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 speex/16000\n", CODEC_OTHER, 16000, 0, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 speex/16000\r\n"},
    {"m=audio 0 RTP/AVP 3\na=rtpmap:3 gsm/8000/1\n", CODEC_OTHER, 8000, 1, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 3\r\na=rtpmap:3 gsm/8000/1\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 multiopus/48000/6\n"
     "a=fmtp:96 channel_mapping=0,4,1,2,3,5;num_streams=4;coupled_streams=2\n",
     CODEC_OTHER, 48000, 6,
     SLICE_LIT("channel_mapping=0,4,1,2,3,5;num_streams=4;coupled_streams=2"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 multiopus/48000/6\r\n"
     "a=fmtp:96 channel_mapping=0,4,1,2,3,5;num_streams=4;coupled_streams=2\r\n"},
    /* Known codecs in ways of their own. */
    {"m=video 0 RTP/AVP 97\na=rtpmap:97 H264/90000\n"
     "a=fmtp:97 packetization-mode=2;sprop-parameter-sets=" SPS_B64 "\n",
     CODEC_OTHER, 90000, 0, SLICE_LIT("packetization-mode=2;sprop-parameter-sets=" SPS_B64),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
     "a=fmtp:96 packetization-mode=2;sprop-parameter-sets=" SPS_B64 "\r\n"},
    {"m=video 0 RTP/AVP 97\na=rtpmap:97 hevc/90000\na=fmtp:97 sprop-max-don-diff=1\n", CODEC_OTHER,
     90000, 0, SLICE_LIT("sprop-max-don-diff=1"),
     "m=video 0 RTP/AVP 96\r\na=rtpmap:96 hevc/90000\r\na=fmtp:96 sprop-max-don-diff=1\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/8000\n"
     "a=fmtp:96 mode=CELP-vbr;config=440E00\n",
     CODEC_OTHER, 8000, 0, SLICE_LIT("mode=CELP-vbr;config=440E00"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/8000\r\n"
     "a=fmtp:96 mode=CELP-vbr;config=440E00\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/48000/2\na=fmtp:96 mode=AAC-hbr\n",
     CODEC_OTHER, 48000, 2, SLICE_LIT("mode=AAC-hbr"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000/2\r\na=fmtp:96 mode=AAC-hbr\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/48000\na=fmtp:96 mode=AAC-hbr;config=119\n",
     CODEC_OTHER, 48000, 0, SLICE_LIT("mode=AAC-hbr;config=119"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000\r\n"
     "a=fmtp:96 mode=AAC-hbr;config=119\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 opus/16000\n", CODEC_OTHER, 16000, 0, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/16000\r\n"},
    {"m=audio 0 RTP/AVP 9\na=rtpmap:9 G722/16000\n", CODEC_OTHER, 16000, 0, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 G722/16000\r\n"},
    {"m=audio 0 RTP/AVP 96\na=rtpmap:96 L16/48000/2\na=fmtp:96 emphasis=50-15\n", CODEC_OTHER,
     48000, 2, SLICE_LIT("emphasis=50-15"),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 L16/48000/2\r\na=fmtp:96 emphasis=50-15\r\n"},
    {"m=audio 0 RTP/AVP 14\na=rtpmap:14 MPA/44100\n", CODEC_OTHER, 44100, 0, SLICE_LIT(""),
     "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MPA/44100\r\n"},
    {"m=video 0 RTP/AVP 0\n", CODEC_OTHER, 8000, 0, SLICE_LIT(""),
     "m=video 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"},
};

static void assert_media(const struct media_track *got, const struct row *row)
{
    cr_assert_eq(got->codec, row->codec, "%s", row->in);
    cr_assert_eq(got->clock_rate, row->clock_rate, "%s", row->in);
    cr_assert_eq(got->channels, row->channels, "%s", row->in);
    cr_assert(slice_eq(media_track_config(got), row->config), "%s", row->in);
}

static void assert_written(const struct media_track *track, const struct row *row)
{
    static const char session[] = "v=0\r\no=- 0 0 IN IP4 h\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                                  "a=tool:umbel\r\na=control:*\r\na=range:npt=now-\r\n";
    static const struct sdp_origin origin = {.address = "h"};
    struct media media = {.track_count = 1, .track = {*track}};
    char got[1024], want[1024];
    struct text t;
    struct sdp again;
    snprintf(want, sizeof want, "%s%sa=control:trackID=0\r\n", session, row->out);
    text_init(&t, got, sizeof got);
    sdp_write(&t, &media, &origin);
    cr_assert_str_eq(got, want);
    cr_assert_eq(sdp_parse(text_slice(&t), &again), 0);
    cr_assert(again.track[0].supported);
    assert_media(&again.track[0].media, row);
}

static void assert_both_ways(const struct row *row)
{
    struct sdp sdp;
    cr_assert_eq(sdp_parse(slice_str(row->in), &sdp), 0);
    cr_assert(sdp.track[0].supported, "%s", row->in);
    assert_media(&sdp.track[0].media, row);
    assert_written(&sdp.track[0].media, row);
}

static void assert_prefixes_are_bounded(const struct row *row)
{
    struct slice whole = slice_str(row->in);
    for (size_t len = 0; len <= whole.len; len++) {
        struct slice text = guard_copy(slice_head(whole, len));
        struct sdp sdp;
        sdp_parse(text, &sdp);
        guard_free(text);
    }
}

Test(sdp_format, each_codec_is_read_and_written)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_both_ways(&rows[i]);
}

Test(sdp_format, every_codec_has_a_row)
{
    bool has[CODECS] = {[CODEC_OTHER] = true};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        has[rows[i].codec] = true;
    for (enum codec c = 0; c < CODECS; c++)
        cr_assert(has[c], "%s", codec_name(c));
}

Test(sdp_format, what_is_not_known_goes_through_as_it_stands)
{
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_both_ways(&others[i]);
}

Test(sdp_format, every_prefix_ends_within_its_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_prefixes_are_bounded(&rows[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_prefixes_are_bounded(&others[i]);
}

static bool is_supported(struct slice text)
{
    struct sdp sdp;
    cr_assert_eq(sdp_parse(text, &sdp), 0);
    return sdp.track[0].supported;
}

/* Nothing that a publisher says may become a line or a field of its own in a player's hands. */
Test(sdp_format, no_byte_of_other_codecs_can_be_more_than_text)
{
    char buf[256];
    for (int c = 0; c < 256; c++) {
        bool is_name = c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]", c);
        bool is_text = (c >= ' ' && c < 0x7f) || c == '\n'; /* at that the line ends */
        int len = snprintf(buf, sizeof buf,
                           "m=video 0 RTP/AVP 96\na=rtpmap:96 X%cY/90000\na=fmtp:96 a=1\n", c);
        cr_assert_eq(is_supported(slice_of(buf, (size_t)len)), is_name, "%d", c);
        len = snprintf(buf, sizeof buf,
                       "m=video 0 RTP/AVP 96\na=rtpmap:96 X/90000\na=fmtp:96 a=%c2\n", c);
        cr_assert_eq(is_supported(slice_of(buf, (size_t)len)), is_text, "%d", c);
    }
}

Test(sdp_format, a_name_that_does_not_fit_is_not_supported)
{
    for (int len = 0; len <= ENCODING_LEN_MAX + 1; len++) {
        char buf[128];
        struct text t;
        text_init(&t, buf, sizeof buf);
        text_addf(&t, "m=audio 0 RTP/AVP 96\na=rtpmap:96 %.*s/8000\n", len,
                  "a-name-of-32-characters-and-more-");
        cr_assert_eq(is_supported(text_slice(&t)), len >= 1 && len <= ENCODING_LEN_MAX);
    }
}

/* A track with parameters of so many bytes. */
static void add_long_track(struct text *t, const char *rtpmap, size_t len)
{
    text_addf(t, "m=audio 0 RTP/AVP 96\na=rtpmap:96 %s\na=fmtp:96 ", rtpmap);
    for (size_t n = 0; n < len; n++)
        text_add(t, "x");
    text_add(t, "\n");
}

/* Those of known codecs are kept in the track, and where they do not fit the codec is no longer
 * known. */
Test(sdp_format, long_parameters_are_those_of_what_passes_through)
{
    static const char *const kept[] = {"MP4A-LATM/48000", "opus/48000/2", "ac3/48000", "x/8000"};
    static const size_t lens[] = {MEDIA_CONFIG_MAX, MEDIA_CONFIG_MAX + 1, MEDIA_LONG_CONFIG_MAX,
                                  MEDIA_LONG_CONFIG_MAX + 1};
    static char buf[MEDIA_LONG_CONFIG_MAX + 128];
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        for (size_t n = 0; n < ARRAY_LEN(lens); n++) {
            struct text t;
            struct sdp sdp;
            text_init(&t, buf, sizeof buf);
            add_long_track(&t, kept[i], lens[n]);
            cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
            const struct media_track *got = &sdp.track[0].media;
            bool is_long = lens[n] > MEDIA_CONFIG_MAX;
            cr_assert_eq(sdp.track[0].supported, lens[n] <= MEDIA_LONG_CONFIG_MAX);
            if (!sdp.track[0].supported)
                continue;
            cr_assert_eq(got->codec == CODEC_OTHER, is_long || i == 3, "%s", kept[i]);
            cr_assert_eq(got->long_config.len, is_long ? lens[n] : 0);
            cr_assert_eq(media_track_config(got).len, lens[n]);
        }
    }
}

Test(sdp_format, long_parameters_share_their_room)
{
    static char buf[2 * MEDIA_LONG_CONFIG_MAX];
    struct text t;
    struct sdp sdp;
    text_init(&t, buf, sizeof buf);
    add_long_track(&t, "a/8000", MEDIA_LONG_CONFIG_MAX - 3000);
    add_long_track(&t, "b/8000", 3001);
    add_long_track(&t, "c/8000", 3000);
    add_long_track(&t, "d/8000", MEDIA_CONFIG_MAX);
    cr_assert_not(t.cut);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    cr_assert(sdp.track[0].supported);
    cr_assert_not(sdp.track[1].supported);
    cr_assert(sdp.track[2].supported);
    cr_assert(sdp.track[3].supported);
}

/* Of codecs whose parameters are not kept, their size does not matter. */
Test(sdp_format, long_parameters_do_not_disturb_where_they_are_not_kept)
{
    char buf[2 * MEDIA_CONFIG_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    text_add(&t, "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000\na=fmtp:96 ");
    for (size_t n = 0; n <= MEDIA_CONFIG_MAX; n++)
        text_add(&t, "x");
    cr_assert(is_supported(text_slice(&t)));
}
