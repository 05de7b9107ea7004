/* SPDX-License-Identifier: MIT */
#include "bench/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/picture.h"
#include "core/bytes.h"
#include "core/nal.h"
#include "core/scan.h"

enum {
    CLOCK_RATE = 90000,
    KEY_BIT = 31,
    /* What an access unit takes beside its macroblocks, at the most. */
    OVERHEAD_MAX = 192,
};

#define MIN_BITS_PER_SECOND 1e3
#define MAX_BITS_PER_SECOND 1e9

/*
 * The SEI: one message of type user_data_unregistered (ITU-T H.264 clause D.1.7): the UUID, number
 * and time in hexadecimal digits (which need no emulation prevention), and what is missing to the
 * size of the access unit.
 */
enum {
    SEI_USER_DATA = 5,
    SEI_TRAILING_BYTE = 0x80,
    UUID_BYTES = 16,
    DIGITS = 16,
    STAMP_BYTES = UUID_BYTES + 2 * DIGITS,
    PADDING_BYTE = 0x55,
};

static const uint8_t uuid[UUID_BYTES] = {0x75, 0x6d, 0x62, 0x65, 0x6c, 0x2d, 0x4c, 0x6f,
                                         0xa1, 0x64, 0x2d, 0x73, 0x74, 0x61, 0x6d, 0x70};

/* How an access unit is made up. */
struct plan {
    struct picture picture;
    size_t sei_payload;
    size_t bytes;
};

/* Sizes */

int units_init(struct units *u, const char *rate, uint32_t fps, uint32_t gop)
{
    char *end;
    if (*rate < '0' || *rate > '9' || fps == 0 || gop == 0)
        return -EINVAL;
    double bits = strtod(rate, &end);
    if (strcmp(end, "k") == 0)
        bits *= 1e3;
    else if (strcmp(end, "M") == 0)
        bits *= 1e6;
    else if (*end != '\0')
        return -EINVAL;
    if (!(bits >= MIN_BITS_PER_SECOND && bits <= MAX_BITS_PER_SECOND))
        return -EINVAL;
    *u = (struct units){
        .bits_per_second = bits,
        .fps = fps,
        .gop = gop,
        .other_bytes = bits / 8 / fps * gop / ((double)gop - 1 + UNITS_KEY_FACTOR),
    };
    return 0;
}

/* From 0.7 to 1.3, without a pattern, and always the same for n (the mixer of splitmix64). */
static double spread(uint64_t n)
{
    uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return 0.7 + 0.6 * (double)(x >> 11) / (double)(UINT64_C(1) << 53);
}

static bool is_key(const struct units *u, uint64_t n)
{
    if (u->trace)
        return u->trace[n % u->trace_count] >> KEY_BIT != 0;
    return n % u->gop == 0;
}

static size_t traced_bytes(uint32_t entry)
{
    return entry & ~(UINT32_C(1) << KEY_BIT);
}

static size_t wanted_bytes(const struct units *u, uint64_t n)
{
    size_t bytes = u->trace
                       ? traced_bytes(u->trace[n % u->trace_count])
                       : (size_t)(u->other_bytes * (is_key(u, n) ? UNITS_KEY_FACTOR : spread(n)));
    return bytes > UNITS_MIN_BYTES ? bytes : UNITS_MIN_BYTES;
}

/* A trace is a circle: what is before its first line is its end. */
static uint16_t pictures_since_key(const struct units *u, uint64_t n)
{
    if (!u->trace)
        return (uint16_t)(n % u->gop);
    uint32_t back = 0;
    while (back < u->trace_count && !is_key(u, n % u->trace_count + u->trace_count - back))
        back++;
    return (uint16_t)back;
}

/* A message's size is counted in bytes of 255 and a last one that is less (clause 7.3.2.3.1). */
static size_t sei_bytes(size_t payload)
{
    size_t size_bytes = payload / 255 + 1;
    return 1 + 1 + size_bytes + payload + 1;
}

/* The largest payload of an SEI that takes no more than 'bytes', but never less than the stamp. */
static size_t sei_payload_for(size_t bytes)
{
    size_t room = bytes > sei_bytes(0) ? bytes - sei_bytes(0) : 0;
    size_t payload = room / 256 * 255 + size_min(room % 256, 254);
    return payload > STAMP_BYTES ? payload : STAMP_BYTES;
}

/* Where a picture of samples replaces predicted macroblocks, it saves the byte of each. */
static uint32_t samples_for(size_t wanted, bool key)
{
    size_t plain = OVERHEAD_MAX + (key ? PICTURE_MACROBLOCKS : 0);
    size_t each = PICTURE_MACROBLOCK_BYTES - (key ? 1 : 0);
    size_t count = wanted > plain ? (wanted - plain) / each : 0;
    return (uint32_t)size_min(count, PICTURE_MACROBLOCKS);
}

static struct plan make_plan(const struct units *u, uint64_t n)
{
    uint8_t sets[PICTURE_PARAMETER_SETS_MAX];
    size_t wanted = wanted_bytes(u, n);
    bool key = is_key(u, n);
    struct plan plan = {.picture = {
                            .key = key,
                            .odd = n % 2,
                            .frame_num = pictures_since_key(u, n),
                            .grey = (uint8_t)(16 + n % 220),
                            .samples = samples_for(wanted, key),
                        }};
    size_t used = 2 * NAL_LENGTH_BYTES + picture_bytes(&plan.picture);
    if (key)
        used += picture_write_parameter_sets(sets);
    plan.sei_payload = sei_payload_for(wanted > used ? wanted - used : 0);
    plan.bytes = used + sei_bytes(plan.sei_payload);
    return plan;
}

size_t units_bytes(const struct units *u, uint64_t n, bool *key)
{
    struct plan plan = make_plan(u, n);
    *key = plan.picture.key;
    return plan.bytes;
}

size_t units_max_bytes(const struct units *u)
{
    /* A small key frame still needs its macroblocks. */
    size_t max = OVERHEAD_MAX + PICTURE_MACROBLOCKS;
    for (uint32_t i = 0; i < u->trace_count; i++)
        if (traced_bytes(u->trace[i]) > max)
            max = traced_bytes(u->trace[i]);
    size_t key_bytes = (size_t)(u->other_bytes * UNITS_KEY_FACTOR);
    return key_bytes > max ? key_bytes : max;
}

/* Bytes */

void units_describe(struct media_track *track)
{
    uint8_t sets[PICTURE_PARAMETER_SETS_MAX];
    *track = (struct media_track){.codec = CODEC_H264, .clock_rate = CLOCK_RATE};
    media_track_set_config(track, slice_of(sets, picture_write_parameter_sets(sets)));
}

static uint8_t *write_stamp(uint8_t *dst, const struct unit_stamp *stamp)
{
    char digits[2 * DIGITS + 1];
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, stamp->number,
             (uint64_t)stamp->published_ns);
    memcpy(dst, uuid, UUID_BYTES);
    memcpy(dst + UUID_BYTES, digits, 2 * DIGITS);
    return dst + STAMP_BYTES;
}

static uint8_t *write_sei(uint8_t *dst, size_t payload, const struct unit_stamp *stamp)
{
    *dst++ = H264_NAL_SEI;
    *dst++ = SEI_USER_DATA;
    size_t left = payload;
    for (; left >= 255; left -= 255)
        *dst++ = 255;
    *dst++ = (uint8_t)left;
    dst = write_stamp(dst, stamp);
    memset(dst, PADDING_BYTE, payload - STAMP_BYTES);
    dst += payload - STAMP_BYTES;
    *dst++ = SEI_TRAILING_BYTE;
    return dst;
}

size_t units_write(uint8_t *dst, const struct units *u, uint64_t n, int64_t published_ns)
{
    struct plan plan = make_plan(u, n);
    struct unit_stamp stamp = {n, published_ns};
    uint8_t *at = dst;
    if (plan.picture.key)
        at += picture_write_parameter_sets(at);
    put_be32(at, (uint32_t)sei_bytes(plan.sei_payload));
    at = write_sei(at + NAL_LENGTH_BYTES, plan.sei_payload, &stamp);
    size_t picture_len = picture_write(at + NAL_LENGTH_BYTES, &plan.picture);
    put_be32(at, (uint32_t)picture_len);
    return plan.bytes;
}

/* The stamp, read back */

/* Takes the 'ff' bytes and the last byte of a message's size off *rest. */
static bool read_sei_size(struct slice *rest, size_t *size)
{
    *size = 0;
    while (rest->len > 0) {
        uint8_t byte = rest->ptr[0];
        *rest = slice_from(*rest, 1);
        *size += byte;
        if (byte != 255)
            return true;
    }
    return false;
}

static bool read_digits(const uint8_t *digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        int digit = scan_hex_digit(digits[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (unsigned)digit;
    }
    return true;
}

bool units_read_stamp(struct slice nal, struct unit_stamp *stamp)
{
    size_t size;
    uint64_t published;
    if (h264_nal_type(nal) != H264_NAL_SEI || nal.len < 2 || nal.ptr[1] != SEI_USER_DATA)
        return false;
    struct slice rest = slice_from(nal, 2);
    if (!read_sei_size(&rest, &size) || size > rest.len || size < STAMP_BYTES)
        return false;
    if (memcmp(rest.ptr, uuid, UUID_BYTES) != 0 ||
        !read_digits(rest.ptr + UUID_BYTES, &stamp->number) ||
        !read_digits(rest.ptr + UUID_BYTES + DIGITS, &published))
        return false;
    stamp->published_ns = (int64_t)published;
    return true;
}
