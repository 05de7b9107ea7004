/* SPDX-License-Identifier: MIT */
/*
 * The format parameters of H264 and H265: parameter sets in base64, in which cameras put start
 * codes and whatever else.
 */
#include "rtsp/sdp/sdp_format.h"

#include "core/base64.h"
#include "core/nal.h"
#include "core/scan.h"

enum { SET_TEXT_MAX = (MEDIA_CONFIG_MAX + 2) / 3 * 4 };

/* A parameter, and the NAL units that belong into it. */
struct sprop {
    const char *name;
    bool (*takes)(struct slice nal);
};

static bool is_h264_set(struct slice nal)
{
    return h264_nal_type(nal) == H264_NAL_SPS || h264_nal_type(nal) == H264_NAL_PPS;
}

static bool is_h265_vps(struct slice nal)
{
    return h265_nal_type(nal) == H265_NAL_VPS;
}

static bool is_h265_sps(struct slice nal)
{
    return h265_nal_type(nal) == H265_NAL_SPS;
}

static bool is_h265_pps(struct slice nal)
{
    return h265_nal_type(nal) == H265_NAL_PPS;
}

static const struct sprop h264_sprop = {"sprop-parameter-sets", is_h264_set};

static const struct sprop h265_sprops[] = {
    {"sprop-vps", is_h265_vps},
    {"sprop-sps", is_h265_sps},
    {"sprop-pps", is_h265_pps},
};

/*
 * Adds the units of one set to the configuration, unless they are there already. Some cameras keep
 * start codes in it, and with them several units.
 */
static void add_units(struct media_track *track, const struct sprop *wanted, struct slice bytes)
{
    struct slice nal;
    size_t len = track->config_len;
    while (annexb_next(&bytes, &nal))
        if (wanted->takes(nal) && !nal_contains(slice_of(track->config, len), nal))
            nal_append(track->config, sizeof(track->config), &len, nal);
    track->config_len = (uint16_t)len;
}

/* Takes the wanted units out of a parameter; sets that are no base64 are passed over. */
static void read_sets(struct media_track *track, const struct sprop *wanted, struct slice fmtp,
                      const char *name)
{
    uint8_t bytes[MEDIA_CONFIG_MAX];
    struct slice sets;
    struct slice set;
    if (!sdp_find_param(fmtp, name, &sets))
        return;
    while (scan_until(&sets, ',', &set)) {
        int64_t len = base64_decode(bytes, sizeof(bytes), scan_trim(set));
        if (len > 0)
            add_units(track, wanted, slice_of(bytes, (size_t)len));
    }
}

static void write_sets(struct text *t, const struct sprop *sprop, struct slice units)
{
    char base64[SET_TEXT_MAX];
    struct slice nal;
    bool first = true;
    while (nal_next(&units, &nal)) {
        if (!sprop->takes(nal))
            continue;
        if (first)
            text_addf(t, "%s%s=", t->len > 0 ? "; " : "", sprop->name);
        else
            text_add(t, ",");
        base64_encode(base64, nal);
        text_add_slice(t, slice_of(base64, base64_encoded_bytes(nal.len)));
        first = false;
    }
}

/* 0 also when it is missing, or no number. */
static uint64_t number_param(struct slice fmtp, const char *name)
{
    struct slice value;
    uint64_t number;
    if (!sdp_find_param(fmtp, name, &value) || !scan_number(value, UINT32_MAX, &number))
        return 0;
    return number;
}

/* Without sets in the description they come in-band. */
bool sdp_h264_read(struct media_track *track, struct slice fmtp)
{
    enum { INTERLEAVED = 2 };
    read_sets(track, &h264_sprop, fmtp, h264_sprop.name);
    return number_param(fmtp, "packetization-mode") != INTERLEAVED;
}

/* The three bytes behind the header of the first SPS. */
static void write_profile_level_id(struct text *t, struct slice units)
{
    struct slice nal;
    while (nal_next(&units, &nal)) {
        if (h264_nal_type(nal) != H264_NAL_SPS || nal.len < 4)
            continue;
        text_addf(t, "; profile-level-id=%02x%02x%02x", nal.ptr[1], nal.ptr[2], nal.ptr[3]);
        return;
    }
}

void sdp_h264_write(struct text *t, const struct media_track *track)
{
    text_add(t, "packetization-mode=1");
    write_profile_level_id(t, media_track_config(track));
    write_sets(t, &h264_sprop, media_track_config(track));
}

/* The sets in their order, also where one stands in the place of another. */
bool sdp_h265_read(struct media_track *track, struct slice fmtp)
{
    for (size_t wanted = 0; wanted < ARRAY_LEN(h265_sprops); wanted++)
        for (size_t i = 0; i < ARRAY_LEN(h265_sprops); i++)
            read_sets(track, &h265_sprops[wanted], fmtp, h265_sprops[i].name);
    return number_param(fmtp, "sprop-max-don-diff") == 0; /* else units carry order numbers */
}

void sdp_h265_write(struct text *t, const struct media_track *track)
{
    for (size_t i = 0; i < ARRAY_LEN(h265_sprops); i++)
        write_sets(t, &h265_sprops[i], media_track_config(track));
}
