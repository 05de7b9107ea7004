/* SPDX-License-Identifier: MIT */
/*
 * Descriptions as publishers and cameras write them, and what they mean.
 */
#pragma once

#include "rtsp/sdp/sdp.h"
#include "tests/rtsp/sdp/sdp_sets.h"

#define VIDEO(pt, is, bytes, ctl)                                                                  \
    .supported = true, .payload_type = pt, .codec = is, .kind = MEDIA_VIDEO, .clock_rate = 90000,  \
    .config = SLICE_LIT(bytes), .control = ctl
#define AUDIO(pt, is, rate, chans, bytes, ctl)                                                     \
    .supported = true, .payload_type = pt, .codec = is, .kind = MEDIA_AUDIO, .clock_rate = rate,   \
    .channels = chans, .config = SLICE_LIT(bytes), .control = ctl
#define DATA(pt, name, text, ctl)                                                                  \
    .supported = true, .payload_type = pt, .codec = CODEC_OTHER, .kind = MEDIA_DATA,               \
    .encoding = name, .clock_rate = 90000, .config = SLICE_LIT(text), .control = ctl
#define H264(pt, ctl)                    VIDEO(pt, CODEC_H264, SETS, ctl)
#define H265(pt, ctl)                    VIDEO(pt, CODEC_H265, SETS5, ctl)
#define AAC(pt, rate, chans, bytes, ctl) AUDIO(pt, CODEC_AAC, rate, chans, bytes, ctl)

struct expected_track {
    bool supported;
    uint8_t payload_type;
    enum codec codec;
    enum media_kind kind;
    const char *encoding; /* OTHER */
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
      {AUDIO(8, CODEC_PCMA, 8000, 1, "",
             "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2")},
      {DATA(107, "vnd.onvif.metadata", "",
            "rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3")}}},

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
     {{H264(96, "trackID=0")}, {AUDIO(8, CODEC_PCMA, 8000, 1, "", "trackID=1")}}},

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

    {"ffmpeg, H265 and opus",
     "v=0\r\n"
     "o=- 0 0 IN IP4 127.0.0.1\r\n"
     "s=No Name\r\n"
     "c=IN IP4 127.0.0.1\r\n"
     "t=0 0\r\n"
     "a=tool:libavformat 61.7.100\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "a=rtpmap:96 H265/90000\r\n"
     "a=fmtp:96 sprop-vps=" VPS5_B64 "; sprop-sps=" SPS5_B64 "; sprop-pps=" PPS5_B64 "\r\n"
     "a=control:streamid=0\r\n"
     "m=audio 0 RTP/AVP 97\r\n"
     "b=AS:96\r\n"
     "a=rtpmap:97 opus/48000/2\r\n"
     "a=fmtp:97 sprop-stereo=1\r\n"
     "a=control:streamid=1\r\n",
     2,
     {{H265(96, "streamid=0")}, {AUDIO(97, CODEC_OPUS, 48000, 2, "sprop-stereo=1", "streamid=1")}}},

    {"ffmpeg, a transport stream, MP3 and PCM: static payload types without rtpmap",
     "v=0\r\n"
     "o=- 0 0 IN IP4 127.0.0.1\r\n"
     "s=No Name\r\n"
     "t=0 0\r\n"
     "m=video 0 RTP/AVP 33\r\n"
     "a=control:streamid=0\r\n"
     "m=audio 0 RTP/AVP 14\r\n"
     "b=AS:128\r\n"
     "a=control:streamid=1\r\n"
     "m=audio 0 RTP/AVP 10\r\n"
     "b=AS:1411\r\n"
     "a=control:streamid=2\r\n",
     3,
     {{VIDEO(33, CODEC_OTHER, "", "streamid=0"), .encoding = "MP2T"},
      {AUDIO(14, CODEC_MPA, 90000, 1, "", "streamid=1")},
      {AUDIO(10, CODEC_L16, 44100, 2, "", "streamid=2")}}},

    {"GStreamer rtspclientsink, VP8 and opus with feedback",
     "v=0\r\n"
     "o=- 1188340656180883 1 IN IP4 127.0.0.1\r\n"
     "s=Session streamed with GStreamer\r\n"
     "t=0 0\r\n"
     "a=tool:GStreamer\r\n"
     "a=control:*\r\n"
     "m=video 0 RTP/AVPF 96\r\n"
     "c=IN IP4 127.0.0.1\r\n"
     "a=rtcp-fb:96 nack pli\r\n"
     "a=rtpmap:96 VP8/90000\r\n"
     "a=control:stream=0\r\n"
     "m=audio 0 RTP/AVPF 97\r\n"
     "c=IN IP4 127.0.0.1\r\n"
     "a=rtpmap:97 OPUS/48000/2\r\n"
     "a=fmtp:97 sprop-maxcapturerate=48000;sprop-stereo=0\r\n"
     "a=control:stream=1\r\n",
     2,
     {{VIDEO(96, CODEC_VP8, "", "stream=0")},
      {AUDIO(97, CODEC_OPUS, 48000, 2, "sprop-maxcapturerate=48000;sprop-stereo=0", "stream=1")}}},

    {"Hikvision H265: sets in an order of its own, AAC",
     "v=0\r\n"
     "o=- 1109162014219182 1109162014219192 IN IP4 0.0.0.0\r\n"
     "s=HIK Media Server V3.4.2\r\n"
     "e=NONE\r\n"
     "c=IN IP4 0.0.0.0\r\n"
     "t=0 0\r\n"
     "a=control:*\r\n"
     "b=AS:1034\r\n"
     "a=range:npt=now-\r\n"
     "m=video 0 RTP/AVP 96\r\n"
     "i=Video Media\r\n"
     "a=rtpmap:96 H265/90000\r\n"
     "a=fmtp:96 profile-space=0;profile-id=0;tier-flag=0;level-id=0;sprop-sps=" SPS5_B64
     ";sprop-pps=" PPS5_B64 ";sprop-vps=" VPS5_B64 "\r\n"
     "a=control:trackID=video\r\n"
     "m=audio 0 RTP/AVP 104\r\n"
     "i=Audio Media\r\n"
     "a=rtpmap:104 mpeg4-generic/16000/1\r\n"
     "a=fmtp:104 profile-level-id=15; streamtype=5; mode=AAC-hbr; config=1408;SizeLength=13; "
     "IndexLength=3; IndexDeltaLength=3; Profile=1;\r\n"
     "a=control:trackID=audio\r\n",
     2,
     {{H265(96, "trackID=video")}, {AAC(104, 16000, 1, "\x14\x08", "trackID=audio")}}},

    {"ONVIF: motion JPEG, G.726, metadata that is compressed",
     "v=0\r\n"
     "o=- 2890844256 2890842807 IN IP4 172.16.2.93\r\n"
     "s=RTSP Session\r\n"
     "m=video 0 RTP/AVP 26\r\n"
     "a=framerate:15\r\n"
     "a=control:video\r\n"
     "m=audio 0 RTP/AVP 98\r\n"
     "a=rtpmap:98 G726-32/8000\r\n"
     "a=control:audio\r\n"
     "m=application 0 RTP/AVP 107\r\n"
     "a=control:metadata\r\n"
     "a=recvonly\r\n"
     "a=rtpmap:107 vnd.onvif.metadata.gzip/90000\r\n",
     3,
     {{VIDEO(26, CODEC_JPEG, "", "video")},
      {AUDIO(98, CODEC_OTHER, 8000, 0, "", "audio"), .encoding = "G726-32"},
      {DATA(107, "vnd.onvif.metadata.gzip", "", "metadata")}}},

    {"a drone: H264 without a word, KLV",
     "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=uav\nt=0 0\n"
     "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:0\n"
     "m=application 0 RTP/AVP 97\na=rtpmap:97 smpte336m/90000\na=control:1\n",
     2,
     {{VIDEO(96, CODEC_H264, "", "0")}, {DATA(97, "smpte336m", "", "1")}}},
};
