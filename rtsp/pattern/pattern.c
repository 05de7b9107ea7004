/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern.h"

#include <inttypes.h>
#include <time.h>

#include "core/bytes.h"
#include "core/nal.h"
#include "core/text.h"
#include "rtsp/pattern/pattern_params.h"
#include "rtsp/pattern/pattern_slice.h"

enum {
    PARAMS_MAX = 128, /* bytes of the parameter sets, with their lengths */
    SEI_MAX = 160,
    SEI_TEXT_MAX = 96,
    SEI_USER_DATA_UNREGISTERED = 5,
};

/* Says whose user data it is: a random UUID (RFC 4122 section 4.4). */
static const uint8_t sei_uuid[16] = {0xc9, 0xa6, 0xc2, 0xf3, 0x85, 0xb5, 0x4d, 0x1f,
                                     0xb3, 0x64, 0xaf, 0x8f, 0x04, 0x17, 0x33, 0xb8};

/* An access unit in the making. */
struct unit {
    uint8_t *dst;
    size_t cap;
    size_t len;
};

static void nal_begin(const struct unit *unit, struct bits *b)
{
    size_t start = unit->len + NAL_LENGTH_BYTES;
    bits_init(b, unit->dst + start, unit->cap - start);
}

static void nal_end(struct unit *unit, const struct bits *b)
{
    put_be32(unit->dst + unit->len, (uint32_t)b->len);
    unit->len += NAL_LENGTH_BYTES + b->len;
}

static void add_params(struct unit *unit)
{
    struct bits b;
    nal_begin(unit, &b);
    pattern_sps(&b);
    nal_end(unit, &b);
    nal_begin(unit, &b);
    pattern_pps(&b);
    nal_end(unit, &b);
}

/* As in RFC 3339, to the millisecond. */
static void add_time(struct text *t, int64_t wall_ns)
{
    time_t seconds = wall_ns / NS_PER_S;
    int64_t ns = wall_ns % NS_PER_S;
    if (ns < 0) {
        seconds--;
        ns += NS_PER_S;
    }
    struct tm tm;
    gmtime_r(&seconds, &tm);
    text_addf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ns / NS_PER_MS));
}

/* user_data_unregistered (clause D.1.6). The payload is shorter than 255 bytes: its size is one
 * byte. */
static void add_sei(struct unit *unit, uint64_t n, int64_t wall_ns)
{
    char buf[SEI_TEXT_MAX];
    struct text text;
    text_init(&text, buf, sizeof(buf));
    text_addf(&text, "umbel frame=%" PRIu64 " time=", n);
    add_time(&text, wall_ns);

    struct bits b;
    nal_begin(unit, &b);
    bits_u(&b, 8, H264_NAL_SEI);
    bits_u(&b, 8, SEI_USER_DATA_UNREGISTERED);
    bits_u(&b, 8, (uint32_t)(sizeof(sei_uuid) + text.len));
    bits_bytes(&b, slice_of(sei_uuid, sizeof(sei_uuid)));
    bits_bytes(&b, text_slice(&text));
    bits_trailing(&b);
    nal_end(unit, &b);
}

static void add_slice(struct unit *unit, uint64_t n)
{
    struct bits b;
    nal_begin(unit, &b);
    pattern_slice(&b, n);
    nal_end(unit, &b);
}

void pattern_describe(struct media_track *track)
{
    *track = (struct media_track){.codec = CODEC_H264, .clock_rate = PATTERN_CLOCK_RATE};
    struct unit params = {.dst = track->config, .cap = sizeof(track->config)};
    add_params(&params);
    track->config_len = (uint16_t)params.len;
}

size_t pattern_frame_max(void)
{
    return PARAMS_MAX + SEI_MAX + NAL_LENGTH_BYTES + pattern_slice_max();
}

size_t pattern_frame(uint8_t *dst, uint64_t n, int64_t wall_ns)
{
    struct unit unit = {.dst = dst, .cap = pattern_frame_max()};
    if (n % PATTERN_GOP == 0)
        add_params(&unit);
    add_sei(&unit, n, wall_ns);
    add_slice(&unit, n);
    return unit.len;
}
