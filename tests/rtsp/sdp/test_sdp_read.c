/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"

#include "tests/rtsp/sdp/sdp_rows.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>

/* The sets of H.264 behind Annex B start codes, in two values and in one. */
#define ANNEXB_SPS_B64  "AAAAAWdkAB+s2UBQBbsBEAAAAwAQAAADAyDxgxlg"
#define ANNEXB_PPS_B64  "AAAAAWjr48siwA=="
#define ANNEXB_BOTH_B64 "AAAAAWdkAB+s2UBQBbsBEAAAAwAQAAADAyDxgxlgAAABaOvjyyLA"
#define SEI_B64         "BgX/AQE="
#define ANNEXB_H265_B64                                                                            \
    "AAAAAUABDAH//wFgAAADAJAAAAMAAAMAXZWYCQAAAAFCAQEBYAAAAwCQAAADAAADAF2gAoCALRZZWaSTK8BAQAAAAwBA" \
    "AAAHggAAAUQBwXK0YkA="

/* Oddities, one a row. */
static const struct announcement oddities[] = {
    {"a dynamic payload type without rtpmap",
     "m=video 0 RTP/AVP 96\na=fmtp:96 sprop-parameter-sets=" SPS_B64 "\n",
     1,
     {{.payload_type = 96}}},
    {"a payload type that RFC 3551 leaves open",
     "m=video 0 RTP/AVP 0/0\nm=video 0 RTP/AVP 35\n",
     2,
     {{0}, {.payload_type = 35}}},
    {"no line end at the end", "m=audio 0 RTP/AVP 0", 1, {{AUDIO(0, CODEC_PCMU, 8000, 1, "", "")}}},
    {"port with a count, case, spaces, no session lines",
     "m = Video  0/0  rtp/avp  96 97\r\n"
     "a = RTPMAP: 96  h264 / 90000 \r\n"
     "a=Fmtp : 96  Packetization-Mode=1 ;  Sprop-Parameter-Sets= " SPS_B64 " , " PPS_B64 " ; \r\n"
     "a=Control: t1 \r\n",
     1,
     {{H264(96, "t1")}}},
    {"attributes of other payload types",
     "m=video 0 RTP/AVP 96 97\r\n"
     "a=rtpmap:97 VP8/90000\r\na=fmtp:97 sprop-parameter-sets=" SEI_B64 "\r\n"
     "a=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=" SPS_B64 "," PPS_B64 "\r\n"
     "a=rtpmap:98 H265/90000\r\n",
     1,
     {{H264(96, "")}}},
    {"attributes twice: the first rtpmap and fmtp, the last control",
     "m=video 0 RTP/AVP 96\r\n"
     "a=control:1\r\n"
     "a=rtpmap:96 H264/90000\r\na=rtpmap:96 H265/90000\r\n"
     "a=fmtp:96 sprop-parameter-sets=" SPS_B64 "," PPS_B64 "\r\na=fmtp:96 x=1\r\n"
     "a=control:2\r\n",
     1,
     {{H264(96, "2")}}},
    {"an rtpmap that cannot be read is none",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/0\n"
     "m=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA/8000/0\n",
     3,
     {{.payload_type = 96}, {.payload_type = 96}, {AUDIO(8, CODEC_PCMA, 8000, 1, "", "")}}},
    {"rtpmap wins over the payload type",
     "m=audio 0 RTP/AVP 0\na=rtpmap:0 PCMA/16000/2\n",
     1,
     {{AUDIO(0, CODEC_PCMA, 16000, 2, "", "")}}},
    {"each set once",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "a=fmtp:96 sprop-parameter-sets=" SPS_B64 "," PPS_B64 "," SPS_B64 "," PPS_B64 "\n",
     1,
     {{H264(96, "")}}},
    {"start codes in each set",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "a=fmtp:96 sprop-parameter-sets=" ANNEXB_SPS_B64 "," ANNEXB_PPS_B64 "\n",
     1,
     {{H264(96, "")}}},
    {"both sets in one, trailing comma",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "a=fmtp:96 sprop-parameter-sets=" ANNEXB_BOTH_B64 ",\n",
     1,
     {{H264(96, "")}}},
    {"all sets of H265 in one, with start codes",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n"
     "a=fmtp:96 sprop-vps=" ANNEXB_H265_B64 "\n",
     1,
     {{H265(96, "")}}},
    {"bad base64, empty and foreign units are passed over",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "a=fmtp:96 sprop-parameter-sets=%%%%,," SPS_B64 ",A," SEI_B64 "," PPS_B64 "\n"
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n"
     "a=fmtp:96 sprop-vps=%," VPS5_B64 ";sprop-sps=" SPS5_B64 "," SPS_B64 ";sprop-pps=Q," PPS5_B64
     ",QA==\n",
     2,
     {{H264(96, "")}, {H265(96, "")}}},
    {"H264 with a clock of its own",
     "m=video 0 RTP/AVPF 96\na=rtpmap:96 H264/1000\n",
     1,
     {{.supported = true, .payload_type = 96, .codec = CODEC_H264, .clock_rate = 1000}}},
    {"H264 as something else than video, encrypted, or without RTP",
     "m=audio 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\n"
     "m=video 0 UDP *\na=rtpmap:96 H264/90000\n",
     3,
     {{AUDIO(96, CODEC_OTHER, 90000, 0, "", ""), .encoding = "H264"}, {0}, {0}}},
    {"kinds that are neither audio nor video",
     "m=text 0 RTP/AVP 98\na=rtpmap:98 t140/90000\n"
     "m=APPLICATION 0 RTP/AVP 98\na=rtpmap:98 t140/90000\n",
     2,
     {{DATA(98, "t140", "", "")}, {DATA(98, "t140", "", "")}}},
    {"payload type that is none",
     "m=video 0 RTP/AVP 128\na=rtpmap:128 H264/90000\n"
     "m=video 0 RTP/AVP\na=rtpmap:0 H264/90000\nm=\na=control:x\n",
     3,
     {{0}, {0}, {.control = "x"}}},
};

static void assert_track(const struct sdp_track *got, const struct expected_track *want,
                         const char *who)
{
    cr_assert_eq(got->supported, want->supported, "%s", who);
    cr_assert_eq(got->payload_type, want->payload_type, "%s", who);
    cr_assert(slice_is(got->control, want->control ? want->control : ""), "%s", who);
    if (!want->supported)
        return;
    if (want->codec == CODEC_OTHER)
        cr_assert_str_eq(got->media.other_encoding, want->encoding, "%s", who);
    cr_assert_eq(media_track_kind(&got->media), want->kind, "%s", who);
    cr_assert_eq(got->media.codec, want->codec, "%s", who);
    cr_assert_eq(got->media.clock_rate, want->clock_rate, "%s", who);
    cr_assert_eq(got->media.channels, want->channels, "%s", who);
    cr_assert(slice_eq(media_track_config(&got->media), want->config), "%s", who);
}

static void assert_parses(const struct announcement *row)
{
    struct sdp sdp;
    cr_assert_eq(sdp_parse(slice_str(row->text), &sdp), 0, "%s", row->who);
    cr_assert_eq(sdp.track_count, row->track_count, "%s", row->who);
    for (unsigned i = 0; i < row->track_count; i++)
        assert_track(&sdp.track[i], &row->track[i], row->who);
}

static void assert_prefixes_are_bounded(const struct announcement *row)
{
    struct slice whole = slice_str(row->text);
    for (size_t len = 0; len <= whole.len; len++) {
        struct slice text = guard_copy(slice_head(whole, len));
        struct sdp sdp;
        int err = sdp_parse(text, &sdp);
        cr_assert(err == -EBADMSG || (err == 0 && sdp.track_count > 0), "%s", row->who);
        guard_free(text);
    }
}

Test(sdp_read, descriptions_of_real_devices_are_understood)
{
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        assert_parses(&devices[i]);
}

Test(sdp_read, oddities_are_tolerated)
{
    for (size_t i = 0; i < ARRAY_LEN(oddities); i++)
        assert_parses(&oddities[i]);
}

Test(sdp_read, every_prefix_ends_within_its_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        assert_prefixes_are_bounded(&devices[i]);
    for (size_t i = 0; i < ARRAY_LEN(oddities); i++)
        assert_prefixes_are_bounded(&oddities[i]);
}

Test(sdp_read, fmtp_is_handed_out_as_it_stands)
{
    struct sdp sdp;
    cr_assert_eq(sdp_parse(SLICE_LIT("m=audio 0 RTP/AVP 97\na=fmtp:97  a=1; b=2 \r\n"), &sdp), 0);
    cr_assert(slice_is(sdp.track[0].fmtp, "a=1; b=2"));
}

Test(sdp_read, what_has_no_media_is_no_description)
{
    static const char *const texts[] = {"", "v=0\r\ns=x\r\n", "hello", "=\n=m\nm\nmm=x\n",
                                        "a=rtpmap:96 H264/90000\r\na=control:*\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sdp sdp;
        cr_assert_eq(sdp_parse(slice_str(texts[i]), &sdp), -EBADMSG, "row %zu", i);
    }
}

Test(sdp_read, more_tracks_than_fit_are_refused)
{
    char buf[512];
    struct text t;
    struct sdp sdp;
    text_init(&t, buf, sizeof(buf));
    for (int i = 0; i < MEDIA_TRACKS_MAX; i++)
        text_add(&t, "m=video 0 RTP/AVP 96\r\n");
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    cr_assert_eq(sdp.track_count, MEDIA_TRACKS_MAX);
    text_add(&t, "m=video 0 RTP/AVP 96\r\n");
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), -E2BIG);
}

Test(sdp_read, configuration_that_does_not_fit_is_left_out)
{
    char buf[8192];
    struct text t;
    struct sdp sdp;
    text_init(&t, buf, sizeof(buf));
    text_add(&t, "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=Z");
    for (int i = 0; i < 1500; i++)
        text_add(&t, "A");
    text_add(&t, "," PPS_B64 "\n");
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    cr_assert(slice_eq(media_track_config(&sdp.track[0].media), SLICE_LIT("\0\0\0\x06" PPS)));

    text_init(&t, buf, sizeof(buf));
    text_add(&t, "m=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/48000\n"
                 "a=fmtp:96 mode=AAC-hbr;config=");
    for (int i = 0; i < MEDIA_CONFIG_MAX + 1; i++)
        text_add(&t, "00");
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    cr_assert_eq(sdp.track[0].media.codec, CODEC_OTHER, "its text goes through");
}
