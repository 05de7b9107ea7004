/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp_format.h"

#include "core/scan.h"

/* Control characters have no place in parameters: players would get them as they came. */
static bool is_printable(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    return true;
}

/* Of codecs of which the text of the parameters is the configuration. */
static bool keep_text(struct media_track *track, struct slice fmtp)
{
    return is_printable(fmtp) && media_track_set_config(track, fmtp);
}

/* Vorbis and Theora have whole tables there. */
static bool keep_long_text(struct media_track *track, struct slice fmtp)
{
    if (!media_track_set_config(track, fmtp))
        track->long_config = fmtp;
    return is_printable(fmtp);
}

static void write_text(struct text *t, const struct media_track *track)
{
    text_add_slice(t, media_track_config(track));
}

/* L16 has none but those of RFC 3190, emphasis and channel order, which nothing else tells. */
static bool expect_none(struct media_track *track, struct slice fmtp)
{
    (void)track;
    return fmtp.len == 0;
}

/*
 * A G722 clock runs at half of the sampling rate (RFC 3551 section 4.5.2), opus says two channels
 * also when it is mono (RFC 7587 section 7), and MPA says in its frames how many it has.
 */
static const struct sdp_format formats[CODECS] = {
    [CODEC_H264] = {.read = sdp_h264_read, .write = sdp_h264_write},
    [CODEC_H265] = {.synonym = "HEVC", .read = sdp_h265_read, .write = sdp_h265_write},
    [CODEC_AV1] = {.synonym = "AV1X"},
    [CODEC_VP8] = {.synonym = "VP8-DRAFT-IETF-01"},
    [CODEC_VP9] = {.synonym = "VP9-DRAFT-IETF-01"},
    [CODEC_JPEG] = {.in_rfc3551 = true},
    [CODEC_AAC] = {.read = sdp_aac_read, .write = sdp_aac_write},
    [CODEC_LATM] = {.read = keep_text, .write = write_text},
    [CODEC_OPUS] = {.synonym = "X-GST-OPUS-DRAFT-SPITTKA-00",
                    .clock_rate = 48000,
                    .channels = 2,
                    .read = keep_text,
                    .write = write_text},
    [CODEC_PCMU] = {.in_rfc3551 = true},
    [CODEC_PCMA] = {.in_rfc3551 = true},
    [CODEC_G722] = {.clock_rate = 8000, .in_rfc3551 = true},
    [CODEC_L16] = {.in_rfc3551 = true, .read = expect_none},
    [CODEC_MPA] = {.clock_rate = 90000, .channels = 1, .in_rfc3551 = true},
    [CODEC_AC3] = {.read = keep_text, .write = write_text},
    [CODEC_OTHER] = {.in_rfc3551 = true, .read = keep_long_text, .write = write_text},
};

const struct sdp_format *sdp_format(enum codec codec)
{
    return &formats[codec];
}

enum codec sdp_codec(struct slice encoding)
{
    for (enum codec c = 0; c < CODEC_OTHER; c++) {
        const char *synonym = formats[c].synonym;
        if (slice_is_nocase(encoding, codec_name(c)) ||
            (synonym && slice_is_nocase(encoding, synonym)))
            return c;
    }
    return CODEC_OTHER;
}

/* Of known codecs one channel goes without saying (RFC 8866 section 6.6). */
static uint8_t said_channels(const struct media_track *track)
{
    uint8_t fixed = formats[track->codec].channels;
    uint8_t channels = fixed != 0 ? fixed : track->channels;
    return channels > 1 || track->codec == CODEC_OTHER ? channels : 0;
}

struct sdp_rtpmap sdp_rtpmap_of(const struct media_track *track)
{
    return (struct sdp_rtpmap){
        .encoding = slice_str(media_track_encoding(track)),
        .clock_rate = track->clock_rate,
        .channels = said_channels(track),
    };
}

bool sdp_find_param(struct slice fmtp, const char *name, struct slice *value)
{
    struct slice key;
    while (scan_param(&fmtp, &key, value))
        if (slice_is_nocase(key, name))
            return true;
    return false;
}
