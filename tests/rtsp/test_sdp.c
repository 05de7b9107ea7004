/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp.h"

#include "core/nal.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

/* One SPS (High profile, level 3.1) and one PPS: bare, in base64, and in the form of nal.h. */
#define SPS                                                                                        \
    "\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10\x00\x00\x03\x00\x10\x00\x00\x03\x03\x20\xf1" \
    "\x83\x19\x60"
#define PPS     "\x68\xeb\xe3\xcb\x22\xc0"
#define SPS_B64 "Z2QAH6zZQFAFuwEQAAADABAAAAMDIPGDGWA="
#define PPS_B64 "aOvjyyLA"
#define SETS    "\0\0\0\x1a" SPS "\0\0\0\x06" PPS

/* The same two behind Annex B start codes, in two values and in one. */
#define ANNEXB_SPS_B64  "AAAAAWdkAB+s2UBQBbsBEAAAAwAQAAADAyDxgxlg"
#define ANNEXB_PPS_B64  "AAAAAWjr48siwA=="
#define ANNEXB_BOTH_B64 "AAAAAWdkAB+s2UBQBbsBEAAAAwAQAAADAyDxgxlgAAABaOvjyyLA"
#define SEI_B64         "BgX/AQE="

#define H264(pt, ctl)                                                                              \
    .supported = true, .payload_type = pt, .codec = CODEC_H264, .encoding = "H264",                \
    .clock_rate = 90000, .config = SLICE_LIT(SETS), .control = ctl
#define AAC(pt, rate, chans, bytes, ctl)                                                           \
    .supported = true, .payload_type = pt, .codec = CODEC_AAC, .encoding = "mpeg4-generic",        \
    .clock_rate = rate, .channels = chans, .config = SLICE_LIT(bytes), .control = ctl

struct expected_track {
    bool supported;
    uint8_t payload_type;
    enum codec codec;
    const char *encoding; /* in any case */
    uint32_t clock_rate;
    uint8_t channels;
    struct slice config;
    const char *control;
};

struct announcement {
    const char *who;
    const char *text;
    unsigned track_count;
    struct expected_track track[3];
};

/* Descriptions as publishers and cameras write them. */
static const struct announcement devices[] = {
    {"ffmpeg 5.1, H264 and AAC",
     "v=0\r\n"
     "o=- 0 0 IN IP4 127.0.0.1\r\n"
     "s=No Name\r\n"
     "c=IN IP4 127.0.0.1\r\n"
     "t=0 0\r\n"
     "a=tool:libavformat 59.27.100\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "b=AS:2000\r\n"
     "a=rtpmap:96 H264/90000\r\n"
     "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=" SPS_B64 "," PPS_B64
     "; profile-level-id=64001F\r\n"
     "a=control:streamid=0\r\n"
     "m=audio 0 RTP/AVP 97\r\n"
     "b=AS:128\r\n"
     "a=rtpmap:97 MPEG4-GENERIC/48000/2\r\n"
     "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; "
     "config=119056E500\r\n"
     "a=control:streamid=1\r\n",
     2,
     {{H264(96, "streamid=0")}, {AAC(97, 48000, 2, "\x11\x90\x56\xe5\x00", "streamid=1")}}},

    {"GStreamer rtspclientsink",
     "v=0\r\n"
     "o=- 4218163472 1 IN IP4 127.0.0.1\r\n"
     "s=Session streamed with GStreamer\r\n"
     "i=rtsp-server\r\n"
     "t=0 0\r\n"
     "a=tool:GStreamer\r\n"
     "a=type:broadcast\r\n"
     "a=control:*\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "c=IN IP4 127.0.0.1\r\n"
     "b=AS:2048\r\n"
     "a=rtpmap:96 H264/90000\r\n"
     "a=framerate:25\r\n"
     "a=fmtp:96 packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets=" SPS_B64
     "," PPS_B64 "\r\n"
     "a=control:stream=0\r\n"
     "a=ts-refclk:local\r\n"
     "a=mediaclk:sender\r\n"
     "a=ssrc:3206283211 cname:user123@host-456\r\n",
     1,
     {{H264(96, "stream=0")}}},

    {"OBS through its FFmpeg output, sound first",
     "v=0\n"
     "o=- 0 0 IN IP6 ::1\n"
     "s=obs\n"
     "c=IN IP6 ::1\n"
     "t=0 0\n"
     "m=audio 0 RTP/AVP 96\n"
     "b=AS:160\n"
     "a=rtpmap:96 MPEG4-GENERIC/44100/1\n"
     "a=fmtp:96 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; "
     "config=1208\n"
     "a=control:streamid=0\n"
     "m=video 0 RTP/AVP 97\n"
     "a=rtpmap:97 H264/90000\n"
     "a=fmtp:97 packetization-mode=1; sprop-parameter-sets=" SPS_B64 "," PPS_B64
     "; profile-level-id=64001F\n"
     "a=control:streamid=1\n",
     2,
     {{AAC(96, 44100, 1, "\x12\x08", "streamid=0")}, {H264(97, "streamid=1")}}},

    {"Hikvision: absolute controls, vendor attributes, G.711 without rtpmap, metadata",
     "v=0\r\n"
     "o=- 1646921111221134 1646921111221134 IN IP4 192.168.1.64\r\n"
     "s=Media Presentation\r\n"
     "e=NONE\r\n"
     "b=AS:5100\r\n"
     "t=0 0\r\n"
     "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "c=IN IP4 0.0.0.0\r\n"
     "b=AS:5000\r\n"
     "a=recvonly\r\n"
     "a=x-dimensions:1280,720\r\n"
     "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1\r\n"
     "a=rtpmap:96 H264/90000\r\n"
     "a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=" SPS_B64
     "," PPS_B64 "\r\n"
     "m=audio 0 RTP/AVP 8\r\n"
     "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2\r\n"
     "m=application 0 RTP/AVP 107\r\n"
     "a=rtpmap:107 vnd.onvif.metadata/90000\r\n"
     "a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3\r\n"
     "a=Media_header:MEDIAINFO=494D4B48;\r\n"
     "a=appversion:1.0\r\n",
     3,
     {{H264(96, "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1")},
      {.payload_type = 8,
       .encoding = "",
       .control = "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2"},
      {.payload_type = 107,
       .encoding = "vnd.onvif.metadata",
       .control = "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3"}}},

    {"Dahua: packet size and range beside the media, PCMA by rtpmap",
     "v=0\r\n"
     "o=- 2252310609 2252310609 IN IP4 0.0.0.0\r\n"
     "s=Media Server\r\n"
     "c=IN IP4 0.0.0.0\r\n"
     "t=0 0\r\n"
     "a=control:*\r\n"
     "a=packetization-supported:DH\r\n"
     "a=range:npt=now-\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "a=control:trackID=0\r\n"
     "a=framerate:25.000000\r\n"
     "a=rtpmap:96 H264/90000\r\n"
     "a=fmtp:96 packetization-mode=1;profile-level-id=64001F;sprop-parameter-sets=" SPS_B64
     "," PPS_B64 "\r\n"
     "a=recvonly\r\n"
     "m=audio 0 RTP/AVP 8\r\n"
     "a=control:trackID=1\r\n"
     "a=rtpmap:8 PCMA/8000\r\n"
     "a=recvonly\r\n",
     2,
     {{H264(96, "trackID=0")}, {.payload_type = 8, .encoding = "PCMA", .control = "trackID=1"}}},

    {"Axis: session bandwidth, transform, fmtp before rtpmap",
     "v=0\r\n"
     "o=- 1188340656180883 1 IN IP4 192.168.0.90\r\n"
     "s=Session streamed with GStreamer\r\n"
     "i=rtsp-server\r\n"
     "t=0 0\r\n"
     "a=control:rtsp://192.168.0.90:554/axis-media/media.amp?videocodec=h264\r\n"
     "a=range:npt=now-\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "c=IN IP4 0.0.0.0\r\n"
     "b=AS:50000\r\n"
     "a=fmtp:96 packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets=" SPS_B64
     "," PPS_B64 "\r\n"
     "a=rtpmap:96 H264/90000\r\n"
     "a=control:rtsp://192.168.0.90:554/axis-media/media.amp/stream=0?videocodec=h264\r\n"
     "a=framerate:25.000000\r\n"
     "a=transform:1.000000,0.000000,0.000000;0.000000,1.000000,0.000000\r\n",
     1,
     {{H264(96, "rtsp://192.168.0.90:554/axis-media/media.amp/stream=0?videocodec=h264")}}},
};

/* Oddities, one a row. */
static const struct announcement oddities[] = {
    {"nothing but the medium", "m=video 0 RTP/AVP 96\n", 1, {{.payload_type = 96}}},
    {"no line end at the end", "m=audio 0 RTP/AVP 0", 1, {{0}}},
    {"port with a count, case, spaces, no session lines",
     "m = Video  0/0  rtp/avp  96 97\r\n"
     "a = RTPMAP: 96  h264/90000 \r\n"
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
    {"bad base64, empty and foreign units are passed over",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "a=fmtp:96 sprop-parameter-sets=%%%%,," SPS_B64 ",A," SEI_B64 "," PPS_B64 "\n",
     1,
     {{H264(96, "")}}},
    {"H264 without parameter sets comes in-band",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
     1,
     {{.supported = true, .payload_type = 96, .encoding = "H264", .clock_rate = 90000}}},
    {"H264 with a clock of its own",
     "m=video 0 RTP/AVPF 96\na=rtpmap:96 H264/1000\n",
     1,
     {{.supported = true, .payload_type = 96, .encoding = "H264", .clock_rate = 1000}}},
    {"H264 without a clock",
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264\n",
     2,
     {{.payload_type = 96, .encoding = "H264"}, {.payload_type = 96, .encoding = "H264"}}},
    {"H264 as something else than video, encrypted, or without RTP",
     "m=audio 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
     "m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\n"
     "m=video 0 UDP *\na=rtpmap:96 H264/90000\n",
     3,
     {{.payload_type = 96, .encoding = "H264"}, {0}, {0}}},
    {"AAC low bit rate, mono by default, in small letters",
     "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/8000\n"
     "a=fmtp:97 mode=aac-LBR;sizelength=6;indexlength=2;indexdeltalength=2;config=1588\n",
     1,
     {{AAC(97, 8000, 1, "\x15\x88", "")}}},
    {"AAC without configuration, with half a byte of it, with a bad one, in another mode",
     "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/48000/2\na=fmtp:97 mode=AAC-hbr\n"
     "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/48000/2\na=fmtp:97 mode=AAC-hbr;config=119\n"
     "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/48000/2\na=fmtp:97 "
     "mode=CELP-vbr;config=1190\n",
     3,
     {{.payload_type = 97, .encoding = "mpeg4-generic"},
      {.payload_type = 97, .encoding = "mpeg4-generic"},
      {.payload_type = 97, .encoding = "mpeg4-generic"}}},
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
    cr_assert(slice_is_nocase(got->encoding, want->encoding ? want->encoding : ""), "%s", who);
    cr_assert(slice_is(got->control, want->control ? want->control : ""), "%s", who);
    if (!want->supported)
        return;
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

Test(sdp, descriptions_of_real_devices_are_understood)
{
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        assert_parses(&devices[i]);
}

Test(sdp, oddities_are_tolerated)
{
    for (size_t i = 0; i < ARRAY_LEN(oddities); i++)
        assert_parses(&oddities[i]);
}

Test(sdp, every_prefix_ends_within_its_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        assert_prefixes_are_bounded(&devices[i]);
    for (size_t i = 0; i < ARRAY_LEN(oddities); i++)
        assert_prefixes_are_bounded(&oddities[i]);
}

Test(sdp, fmtp_is_handed_out_as_it_stands)
{
    struct sdp sdp;
    cr_assert_eq(sdp_parse(SLICE_LIT("m=audio 0 RTP/AVP 97\na=fmtp:97  a=1; b=2 \r\n"), &sdp), 0);
    cr_assert(slice_is(sdp.track[0].fmtp, "a=1; b=2"));
}

Test(sdp, what_has_no_media_is_no_description)
{
    static const char *const texts[] = {"", "v=0\r\ns=x\r\n", "hello", "=\n=m\nm\nmm=x\n",
                                        "a=rtpmap:96 H264/90000\r\na=control:*\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sdp sdp;
        cr_assert_eq(sdp_parse(slice_str(texts[i]), &sdp), -EBADMSG, "row %zu", i);
    }
}

Test(sdp, more_tracks_than_fit_are_refused)
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

Test(sdp, configuration_that_does_not_fit_is_left_out)
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
    cr_assert_not(sdp.track[0].supported);
}

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

Test(sdp, written_description_says_all_that_players_want)
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

Test(sdp, ipv6_and_a_session_without_a_name)
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

Test(sdp, what_is_not_known_is_left_out)
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

static void assert_same_track(const struct media_track *a, const struct media_track *b)
{
    cr_assert_eq(a->codec, b->codec);
    cr_assert_eq(a->clock_rate, b->clock_rate);
    cr_assert_eq(a->channels, b->channels);
    cr_assert(slice_eq(media_track_config(a), media_track_config(b)));
}

Test(sdp, written_and_read_again_gives_the_same_media)
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
        cr_assert_eq(sdp.track[i].payload_type, sdp_payload_type(i));
        cr_assert(slice_is(sdp.track[i].control, control));
        assert_same_track(&sdp.track[i].media, &media.track[i]);
    }
}

Test(sdp, longest_configuration_survives_the_round_trip)
{
    char buf[4096];
    struct text t;
    struct sdp sdp;
    uint8_t config[MEDIA_CONFIG_MAX] = {0, 0, 0x03, 0xfc};
    memset(config + NAL_LENGTH_BYTES, 0x67, sizeof(config) - NAL_LENGTH_BYTES);
    struct media media = {.track_count = 1,
                          .track = {video_track(slice_of(config, sizeof(config)))}};
    text_init(&t, buf, sizeof(buf));
    sdp_write(&t, &media, &origin);
    cr_assert_not(t.cut);
    cr_assert_eq(sdp_parse(text_slice(&t), &sdp), 0);
    assert_same_track(&sdp.track[0].media, &media.track[0]);
}
