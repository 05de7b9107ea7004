/* SPDX-License-Identifier: MIT */
#include "core/params_kind.h"

#include "core/nal.h"

/* What a unit is to the configuration. */
enum kind { NO_SET, DELIMITER, VPS, SPS, PPS };

/* A parameter set replaces the one of the same kind and id. */
struct set {
    enum kind kind;
    uint32_t id;
};

/* The id of a set stands among its first bytes. */
enum { HEAD_BYTES = 128 };

/* The beginning of a unit without its emulation prevention bytes. */
static struct slice read_head(uint8_t dst[HEAD_BYTES], struct slice nal)
{
    size_t len = 0;
    struct rbsp r = {.rest = nal};
    while (len < HEAD_BYTES && rbsp_next(&r, &dst[len]))
        len++;
    return slice_of(dst, len);
}

/* The ue(v) at the beginning of bytes (ITU-T H.264 section 9.1), as far as ids need it; UINT32_MAX
 * when cut short. */
static uint32_t read_ue(struct slice bytes)
{
    uint32_t zeros = 0, bit = 0, value = 0;
    size_t bits = bytes.len * 8;
    while (bit < bits && !(bytes.ptr[bit / 8] >> (7 - bit % 8) & 1)) {
        bit++;
        zeros++;
    }
    if (zeros > 16 || bit + zeros >= bits)
        return UINT32_MAX;
    for (uint32_t i = 0; i <= zeros; i++, bit++)
        value = value << 1 | (bytes.ptr[bit / 8] >> (7 - bit % 8) & 1);
    return value - 1;
}

static enum kind h264_kind(struct slice nal)
{
    switch (h264_nal_type(nal)) {
    case H264_NAL_AUD:
        return DELIMITER;
    case H264_NAL_SPS:
        return SPS;
    case H264_NAL_PPS:
        return PPS;
    default:
        return NO_SET;
    }
}

/* seq_parameter_set_id stands behind three bytes of profile and level, pic_parameter_set_id first
 * (ITU-T H.264 sections 7.3.2.1 and 7.3.2.2). */
static uint32_t h264_id(enum kind kind, struct slice head)
{
    return read_ue(slice_from(head, kind == SPS ? 4 : 1));
}

static enum kind h265_kind(struct slice nal)
{
    switch (h265_nal_type(nal)) {
    case H265_NAL_AUD:
        return DELIMITER;
    case H265_NAL_VPS:
        return VPS;
    case H265_NAL_SPS:
        return SPS;
    case H265_NAL_PPS:
        return PPS;
    default:
        return NO_SET;
    }
}

/*
 * Bytes of profile_tier_level (ITU-T H.265 section 7.3.3), as sps holds it behind the byte that
 * counts sub-layers: 11 of profile and 1 of level, then the same of each lower sub-layer, as two
 * bits of each say. Everything in it is byte-aligned.
 */
static size_t profile_tier_level_bytes(struct slice sps)
{
    enum { PROFILE = 11, LEVEL = 1, PRESENT_BYTES = 2 };
    size_t bytes = PROFILE + LEVEL;
    unsigned lower_sub_layers = sps.len > 0 ? sps.ptr[0] >> 1 & 7 : 0;
    if (lower_sub_layers == 0)
        return bytes;
    struct slice present = slice_from(sps, 1 + bytes);
    bytes += PRESENT_BYTES;
    for (unsigned i = 0; i < lower_sub_layers && present.len >= PRESENT_BYTES; i++) {
        unsigned bits = (unsigned)present.ptr[i / 4] >> (6 - 2 * (i % 4));
        bytes += (bits >> 1 & 1) * PROFILE + (bits & 1) * LEVEL;
    }
    return bytes;
}

/* ITU-T H.265 sections 7.3.2.1 to 7.3.2.3. */
static uint32_t h265_id(enum kind kind, struct slice head)
{
    struct slice body = slice_from(head, H265_NAL_HEADER_BYTES);
    switch (kind) {
    case VPS:
        return body.len > 0 ? body.ptr[0] >> 4 : UINT32_MAX;
    case SPS:
        return read_ue(slice_from(body, 1 + profile_tier_level_bytes(body)));
    default:
        return read_ue(body);
    }
}

static enum kind kind_of(const struct media_track *track, struct slice nal)
{
    return track->codec == CODEC_H265 ? h265_kind(nal) : h264_kind(nal);
}

static bool is_set(const struct media_track *track, struct slice nal)
{
    return kind_of(track, nal) >= VPS;
}

static struct set set_of(const struct media_track *track, struct slice nal)
{
    uint8_t bytes[HEAD_BYTES];
    struct slice head = read_head(bytes, nal);
    enum kind kind = kind_of(track, nal);
    bool is_h265 = track->codec == CODEC_H265;
    return (struct set){kind, is_h265 ? h265_id(kind, head) : h264_id(kind, head)};
}

static bool is_same(struct set a, struct set b)
{
    return a.kind == b.kind && a.id == b.id;
}

static bool has_set(const struct media_track *track, struct set set)
{
    struct slice units = media_track_config(track), nal;
    while (nal_next(&units, &nal))
        if (is_same(set_of(track, nal), set))
            return true;
    return false;
}

/* Merges one unit: everything that it does not replace or make void is kept, in order. */
static bool merge_one(struct media_track *track, struct slice nal)
{
    struct slice units = media_track_config(track), old;
    if (nal_contains(units, nal))
        return false;
    uint8_t merged[MEDIA_CONFIG_MAX];
    size_t len = 0;
    bool placed = false;
    struct set set = set_of(track, nal);
    bool voids_pps = set.kind == SPS && has_set(track, set);
    while (nal_next(&units, &old)) {
        struct set old_set = set_of(track, old);
        bool replaced = is_same(old_set, set);
        if (voids_pps && old_set.kind == PPS)
            continue;
        placed |= replaced;
        if (!nal_append(merged, sizeof merged, &len, replaced ? nal : old))
            return false;
    }
    if (!placed && !nal_append(merged, sizeof merged, &len, nal))
        return false;
    return media_track_set_config(track, slice_of(merged, len));
}

static bool merge(struct media_track *track, struct slice au)
{
    struct slice nal;
    bool changed = false;
    while (nal_next(&au, &nal))
        if (is_set(track, nal))
            changed |= merge_one(track, nal);
    return changed;
}

static bool are_in(const struct media_track *track, struct slice au)
{
    struct slice units = media_track_config(track), nal;
    while (nal_next(&units, &nal))
        if (!nal_contains(au, nal))
            return false;
    return true;
}

static size_t insert(uint8_t *dst, const struct media_track *track, struct slice au)
{
    size_t cap = track->config_len + au.len, len = 0;
    struct slice nal, rest = au;
    if (nal_next(&rest, &nal) && kind_of(track, nal) == DELIMITER) {
        nal_append(dst, cap, &len, nal);
        au = rest;
    }
    if (track->config_len > 0)
        memcpy(dst + len, track->config, track->config_len);
    len += track->config_len;
    while (nal_next(&au, &nal))
        if (!is_set(track, nal))
            nal_append(dst, cap, &len, nal);
    return len;
}

const struct params_kind params_nal = {merge, are_in, insert};
