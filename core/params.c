/* SPDX-License-Identifier: MIT */
#include "core/params.h"

#include "core/nal.h"

static bool is_params(struct slice nal)
{
    return h264_nal_type(nal) == H264_NAL_SPS || h264_nal_type(nal) == H264_NAL_PPS;
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

/* seq_parameter_set_id stands behind three bytes of profile and level, pic_parameter_set_id first
 * (7.3.2.1, 7.3.2.2). */
static uint32_t params_id(struct slice nal)
{
    return read_ue(slice_from(nal, h264_nal_type(nal) == H264_NAL_SPS ? 4 : 1));
}

static bool is_same_set(struct slice a, struct slice b)
{
    return h264_nal_type(a) == h264_nal_type(b) && params_id(a) == params_id(b);
}

static bool has_set(struct slice units, struct slice nal)
{
    struct slice old;
    while (nal_next(&units, &old))
        if (is_same_set(old, nal))
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
    bool voids_pps = h264_nal_type(nal) == H264_NAL_SPS && has_set(units, nal);
    while (nal_next(&units, &old)) {
        bool replaced = is_same_set(old, nal);
        if (voids_pps && h264_nal_type(old) == H264_NAL_PPS)
            continue;
        placed |= replaced;
        if (!nal_append(merged, sizeof merged, &len, replaced ? nal : old))
            return false;
    }
    if (!placed && !nal_append(merged, sizeof merged, &len, nal))
        return false;
    return media_track_set_config(track, slice_of(merged, len));
}

bool params_merge(struct media_track *track, struct slice au)
{
    struct slice nal;
    bool changed = false;
    if (track->codec != CODEC_H264)
        return false;
    while (nal_next(&au, &nal))
        if (is_params(nal))
            changed |= merge_one(track, nal);
    return changed;
}

bool params_are_in(const struct media_track *track, struct slice au)
{
    struct slice units = media_track_config(track), nal;
    if (track->codec != CODEC_H264)
        return true;
    while (nal_next(&units, &nal))
        if (!nal_contains(au, nal))
            return false;
    return true;
}

size_t params_insert(uint8_t *dst, const struct media_track *track, struct slice au)
{
    size_t cap = params_insert_max(track, au), len = 0;
    struct slice nal, rest = au;
    if (nal_next(&rest, &nal) && h264_nal_type(nal) == H264_NAL_AUD) {
        nal_append(dst, cap, &len, nal);
        au = rest;
    }
    if (track->config_len > 0)
        memcpy(dst + len, track->config, track->config_len);
    len += track->config_len;
    while (nal_next(&au, &nal))
        if (!is_params(nal))
            nal_append(dst, cap, &len, nal);
    return len;
}
