/* SPDX-License-Identifier: MIT */
#include "rtsp/sdp/sdp.h"

#include "core/scan.h"
#include "rtsp/sdp/sdp_format.h"

#include <errno.h>

enum { PAYLOAD_TYPE_MAX = 127 };

/* One m= line and what follows it. Attributes come in any order, so they are judged at its end. */
struct section {
    struct sdp_track *track;
    enum media_kind kind;
    bool has_payload_type; /* the m= line names one */
    bool has_rtpmap;
    struct sdp_rtpmap rtpmap;
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

static enum media_kind kind_of(struct slice media)
{
    if (slice_is_nocase(media, "video"))
        return MEDIA_VIDEO;
    return slice_is_nocase(media, "audio") ? MEDIA_AUDIO : MEDIA_DATA;
}

/* RFC 8866 section 5.14. Of several payload types the first counts. */
static void begin_section(struct section *s, struct sdp_track *track, struct slice media)
{
    struct slice kind;
    struct slice port;
    struct slice protocol;
    struct slice format;
    uint64_t payload_type;
    *track = (struct sdp_track){0};
    *s = (struct section){.track = track};
    if (!scan_word(&media, &kind) || !scan_word(&media, &port) || !scan_word(&media, &protocol) ||
        !scan_word(&media, &format))
        return;
    if (!scan_prefix_nocase(&protocol, "RTP/AVP")) /* AVPF too, but not the encrypted SAVP */
        return;
    s->kind = kind_of(kind);
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

/* "H264/90000" or "opus/48000/2" (RFC 8866 section 6.6). */
static bool read_rtpmap(struct sdp_rtpmap *map, struct slice value)
{
    struct slice encoding;
    struct slice number;
    uint64_t rate;
    uint64_t channels = 0;
    if (!scan_until(&value, '/', &encoding) || !scan_until(&value, '/', &number) ||
        !scan_number(scan_trim(number), UINT32_MAX, &rate) || rate == 0)
        return false;
    if (value.len > 0 && (!scan_number(scan_trim(value), UINT8_MAX, &channels) || channels == 0))
        return false;
    *map = (struct sdp_rtpmap){scan_trim(encoding), (uint32_t)rate, (uint8_t)channels};
    return true;
}

static void parse_rtpmap(struct section *s, struct slice value)
{
    if (!s->has_rtpmap && take_payload_type(s, &value))
        s->has_rtpmap = read_rtpmap(&s->rtpmap, value);
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

/* RFC 8866 section 9: a token. Anything else could be more than a name to some player. */
static bool is_token(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || strchr("\"(),/:;<=>?@[\\]", s.ptr[i]))
            return false;
    return s.len > 0;
}

/* Players are told the name as the publisher spells it. */
static bool keep_encoding(struct media_track *media, struct slice encoding)
{
    if (!is_token(encoding) || encoding.len >= sizeof(media->other_encoding))
        return false;
    memcpy(media->other_encoding, encoding.ptr, encoding.len);
    return true;
}

/* A known codec has one channel unless it says more; of others nothing is known. */
static uint8_t channels_of(enum codec codec, const struct sdp_rtpmap *map)
{
    uint8_t fixed = sdp_format(codec)->channels;
    if (fixed != 0)
        return fixed;
    return map->channels == 0 && codec != CODEC_OTHER ? 1 : map->channels;
}

/* Reads the track as one of this codec. False when it is not, or not as umbel knows it. */
static bool describe(struct media_track *media, const struct section *s, enum codec codec)
{
    const struct sdp_format *format = sdp_format(codec);
    *media = (struct media_track){
        .codec = codec, .clock_rate = s->rtpmap.clock_rate, .other_kind = s->kind};
    if (codec == CODEC_OTHER && !keep_encoding(media, s->rtpmap.encoding))
        return false;
    if (media_track_kind(media) != s->kind)
        return false;
    if (format->clock_rate != 0 && format->clock_rate != media->clock_rate)
        return false;
    if (s->kind == MEDIA_AUDIO)
        media->channels = channels_of(codec, &s->rtpmap);
    return !format->read || format->read(media, s->track->fmtp);
}

static void leave_out(struct sdp_track *track)
{
    track->supported = false;
    track->media = (struct media_track){0};
}

/* Works out the media, now that all attributes of the track are known. */
static void end_section(struct section *s)
{
    struct sdp_track *track = s->track;
    if (!s->has_payload_type)
        return;
    if (!s->has_rtpmap && !sdp_static_rtpmap(track->payload_type, &s->rtpmap))
        return;
    track->supported = describe(&track->media, s, sdp_codec(s->rtpmap.encoding)) ||
                       describe(&track->media, s, CODEC_OTHER);
    if (!track->supported)
        leave_out(track);
}

/* Whoever reads the description must have room for it. */
static void leave_out_too_long(struct sdp *sdp)
{
    size_t room = MEDIA_LONG_CONFIG_MAX;
    for (unsigned i = 0; i < sdp->track_count; i++) {
        struct sdp_track *track = &sdp->track[i];
        if (track->media.long_config.len <= room)
            room -= track->media.long_config.len;
        else
            leave_out(track);
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
    leave_out_too_long(sdp);
    return 0;
}
