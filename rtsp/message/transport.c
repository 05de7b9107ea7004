/* SPDX-License-Identifier: MIT */
#include "rtsp/message/transport.h"

#include "core/scan.h"

/* Takes one transport off the list. A comma within quotes (mode="PLAY,RECORD") does not end it. */
static bool take_element(struct slice *list, struct slice *element)
{
    bool quoted = false;
    size_t len = 0;
    while (len < list->len && (quoted || list->ptr[len] != ',')) {
        if (list->ptr[len] == '"')
            quoted = !quoted;
        len++;
    }
    bool any = list->len > 0;
    *element = scan_trim(slice_head(*list, len));
    *list = slice_from(*list, len + 1);
    return any;
}

static void read_protocol(struct slice protocol, struct transport_spec *spec)
{
    static const struct {
        const char *name;
        enum transport_kind kind;
    } protocols[] = {
        {"RTP/AVP", TRANSPORT_UDP},      {"RTP/AVP/UDP", TRANSPORT_UDP},
        {"RTP/AVP/TCP", TRANSPORT_TCP},  {"RTP/AVPF", TRANSPORT_UDP},
        {"RTP/AVPF/UDP", TRANSPORT_UDP}, {"RTP/AVPF/TCP", TRANSPORT_TCP},
    };
    spec->kind = TRANSPORT_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (!slice_is_nocase(protocol, protocols[i].name))
            continue;
        spec->kind = protocols[i].kind;
        spec->protocol = protocols[i].name;
    }
}

static bool parse_interleaved(struct slice range, struct transport_spec *spec)
{
    uint64_t rtp;
    uint64_t rtcp;
    struct slice first;
    if (!scan_until(&range, '-', &first) || !scan_number(scan_trim(first), UINT8_MAX, &rtp))
        return false;
    rtcp = rtp + 1;
    if (range.len > 0 && !scan_number(scan_trim(range), UINT8_MAX, &rtcp))
        return false;
    if (rtcp <= rtp || rtcp > UINT8_MAX)
        return false;
    spec->has_interleaved = true;
    spec->rtp_channel = (uint8_t)rtp;
    spec->rtcp_channel = (uint8_t)rtcp;
    return true;
}

/* Some publishers announce 0-0 (rtspclientsink): they will be known by what they send. */
static void parse_ports(struct slice range, struct transport_spec *spec)
{
    uint64_t rtp = 0, rtcp = 0;
    struct slice first;
    if (!scan_until(&range, '-', &first) || !scan_number(scan_trim(first), UINT16_MAX, &rtp))
        return;
    if (range.len == 0 || !scan_number(scan_trim(range), UINT16_MAX, &rtcp))
        rtcp = rtp > 0 && rtp < UINT16_MAX ? rtp + 1 : 0;
    spec->rtp_port = (uint16_t)rtp;
    spec->rtcp_port = (uint16_t)rtcp;
}

/* RFC 2326 says RECORD and may quote a list of methods; old ffmpeg says receive. */
static bool mode_records(struct slice modes)
{
    struct slice mode;
    if (modes.len > 0 && modes.ptr[0] == '"')
        modes = slice_from(modes, 1);
    if (modes.len > 0 && modes.ptr[modes.len - 1] == '"')
        modes.len--;
    while (scan_until(&modes, ',', &mode)) {
        mode = scan_trim(mode);
        if (slice_is_nocase(mode, "record") || slice_is_nocase(mode, "receive"))
            return true;
    }
    return false;
}

static struct transport_spec parse_element(struct slice element)
{
    struct transport_spec spec = {.kind = TRANSPORT_UNKNOWN};
    struct slice protocol;
    struct slice key;
    struct slice value;
    if (!scan_until(&element, ';', &protocol))
        return spec;

    read_protocol(scan_trim(protocol), &spec);
    bool multicast = false;
    while (scan_param(&element, &key, &value)) {
        if (slice_is_nocase(key, "multicast"))
            multicast = true;
        else if (slice_is_nocase(key, "mode"))
            spec.record = mode_records(value);
        else if (slice_is_nocase(key, "client_port"))
            parse_ports(value, &spec);
        else if (slice_is_nocase(key, "destination"))
            spec.destination = value;
        else if (slice_is_nocase(key, "interleaved") && !parse_interleaved(value, &spec))
            spec.kind = TRANSPORT_UNKNOWN;
    }
    if (multicast)
        spec.kind = spec.kind == TRANSPORT_UDP ? TRANSPORT_MULTICAST : TRANSPORT_UNKNOWN;
    return spec;
}

bool transport_next(struct slice *header, struct transport_spec *spec)
{
    struct slice element;
    while (take_element(header, &element)) {
        if (element.len == 0)
            continue;
        *spec = parse_element(element);
        return true;
    }
    return false;
}
