/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp.h"

#include "core/base64.h"
#include "core/nal.h"
#include "core/scan.h"

#include <errno.h>

enum { PAYLOAD_TYPE_MAX = 127 };

/* One m= line and what follows it. Attributes come in any order, so they are judged at its end. */
struct section {
    struct sdp_track *track;
    struct slice kind;     /* "video" */
    bool has_payload_type; /* the m= line names one */
    struct slice clock;    /* behind the encoding in rtpmap: "48000/2" */
};

/* Takes the next line that is like "m=...". False at the end. */
static bool next_line(struct slice *text, char *type, struct slice *value)
{
    struct slice line;
    struct slice name;
    while (scan_until(text, '\n', &line)) {
        bool has_equals = line.len > 0 && memchr(line.ptr, '=', line.len);
        if (!has_equals || !scan_until(&line, '=', &name))
            continue;
        name = scan_trim(name);
        if (name.len != 1)
            continue;
        *type = (char)name.ptr[0];
        *value = scan_trim(line);
        return true;
    }
    return false;
}

/* RFC 8866 section 5.14. Of several payload types the first counts. */
static void begin_section(struct section *s, struct sdp_track *track, struct slice media)
{
    struct slice port;
    struct slice protocol;
    struct slice format;
    uint64_t payload_type;
    *track = (struct sdp_track){0};
    *s = (struct section){.track = track};
    if (!scan_word(&media, &s->kind) || !scan_word(&media, &port) ||
        !scan_word(&media, &protocol) || !scan_word(&media, &format))
        return;
    if (!scan_prefix_nocase(&protocol, "RTP/AVP")) /* AVPF too, but not the encrypted SAVP */
        return;
    s->has_payload_type = scan_number(format, PAYLOAD_TYPE_MAX, &payload_type);
    if (s->has_payload_type)
        track->payload_type = (uint8_t)payload_type;
}

/* Takes "96 " off an rtpmap or fmtp. False when it belongs to another payload type. */
static bool take_payload_type(const struct section *s, struct slice *value)
{
    struct slice word;
    uint64_t payload_type;
    if (!s->has_payload_type || !scan_word(value, &word) ||
        !scan_number(word, PAYLOAD_TYPE_MAX, &payload_type))
        return false;
    *value = scan_trim(*value);
    return payload_type == s->track->payload_type;
}

/* RFC 8866 section 6.6: encoding/clock or encoding/clock/channels. */
static void parse_rtpmap(struct section *s, struct slice value)
{
    struct slice encoding;
    if (s->track->encoding.len > 0 || !take_payload_type(s, &value))
        return;
    if (!scan_until(&value, '/', &encoding))
        return;
    s->track->encoding = scan_trim(encoding);
    s->clock = value;
}

static void parse_fmtp(struct section *s, struct slice value)
{
    if (s->track->fmtp.len == 0 && take_payload_type(s, &value))
        s->track->fmtp = value;
}

static void parse_attribute(struct section *s, struct slice attribute)
{
    struct slice name;
    if (!scan_until(&attribute, ':', &name))
        return;
    name = scan_trim(name);
    attribute = scan_trim(attribute);
    if (slice_is_nocase(name, "rtpmap"))
        parse_rtpmap(s, attribute);
    else if (slice_is_nocase(name, "fmtp"))
        parse_fmtp(s, attribute);
    else if (slice_is_nocase(name, "control"))
        s->track->control = attribute;
}

static bool find_param(struct slice fmtp, const char *name, struct slice *value)
{
    struct slice key;
    while (scan_param(&fmtp, &key, value))
        if (slice_is_nocase(key, name))
            return true;
    return false;
}

/*
 * Adds one parameter set to the configuration, unless it is there already. Some cameras keep start
 * codes in it, and with them several units.
 */
static void add_parameter_sets(struct media_track *media, struct slice bytes)
{
    struct slice nal;
    size_t len = media->config_len;
    while (annexb_next(&bytes, &nal)) {
        enum h264_nal_type type = h264_nal_type(nal);
        if (type != H264_NAL_SPS && type != H264_NAL_PPS)
            continue;
        if (nal_contains(slice_of(media->config, len), nal))
            continue;
        nal_append(media->config, sizeof(media->config), &len, nal);
    }
    media->config_len = (uint16_t)len;
}

/* RFC 6184 section 8.1: sprop-parameter-sets. Without it the sets come in-band. */
static bool describe_h264(struct media_track *media, struct slice fmtp)
{
    uint8_t bytes[MEDIA_CONFIG_MAX];
    struct slice sets;
    struct slice set;
    if (!find_param(fmtp, "sprop-parameter-sets", &sets))
        return true;
    while (scan_until(&sets, ',', &set)) {
        int64_t len = base64_decode(bytes, sizeof(bytes), scan_trim(set));
        if (len > 0)
            add_parameter_sets(media, slice_of(bytes, (size_t)len));
    }
    return true;
}

static bool parse_hex(struct media_track *media, struct slice hex)
{
    if (hex.len == 0 || hex.len % 2 != 0 || hex.len / 2 > sizeof(media->config))
        return false;
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = scan_hex_digit(hex.ptr[i]);
        int low = scan_hex_digit(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        media->config[i / 2] = (uint8_t)(high << 4 | low);
    }
    media->config_len = (uint16_t)(hex.len / 2);
    return true;
}

/* RFC 3640 sections 3.3.5, 3.3.6 and 4.1. */
static bool describe_aac(struct media_track *media, struct slice fmtp)
{
    struct slice mode;
    struct slice config;
    if (!find_param(fmtp, "mode", &mode) || !find_param(fmtp, "config", &config))
        return false;
    if (!slice_is_nocase(mode, "AAC-hbr") && !slice_is_nocase(mode, "AAC-lbr"))
        return false;
    return parse_hex(media, config);
}

static const struct {
    enum codec codec;
    const char *kind;
    bool (*describe)(struct media_track *media, struct slice fmtp);
} readers[] = {
    {CODEC_H264, "video", describe_h264},
    {CODEC_AAC, "audio", describe_aac},
};

/* "90000" or "48000/2". Without channels it is one. */
static bool parse_clock(struct media_track *media, struct slice clock)
{
    uint64_t rate;
    uint64_t channels = 1;
    struct slice number;
    if (!scan_until(&clock, '/', &number) || !scan_number(scan_trim(number), UINT32_MAX, &rate))
        return false;
    if (clock.len > 0 && !scan_number(scan_trim(clock), UINT8_MAX, &channels))
        return false;
    media->clock_rate = (uint32_t)rate;
    if (media_track_kind(media) == MEDIA_AUDIO)
        media->channels = (uint8_t)channels;
    return rate > 0 && channels > 0;
}

/* Works out the media, now that all attributes of the track are known. */
static void end_section(struct section *s)
{
    struct sdp_track *track = s->track;
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (!slice_is_nocase(s->kind, readers[i].kind) ||
            !slice_is_nocase(track->encoding, codec_name(readers[i].codec)))
            continue;
        track->media.codec = readers[i].codec;
        track->supported =
            parse_clock(&track->media, s->clock) && readers[i].describe(&track->media, track->fmtp);
    }
}

int sdp_parse(struct slice text, struct sdp *sdp)
{
    char type;
    struct slice value;
    struct section section = {0};
    sdp->track_count = 0;
    while (next_line(&text, &type, &value)) {
        if (type == 'm') {
            if (section.track)
                end_section(&section);
            if (sdp->track_count == MEDIA_TRACKS_MAX)
                return -E2BIG;
            begin_section(&section, &sdp->track[sdp->track_count++], value);
        } else if (type == 'a' && section.track) {
            parse_attribute(&section, value);
        }
    }
    if (!section.track)
        return -EBADMSG;
    end_section(&section);
    return 0;
}
