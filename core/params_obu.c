/* SPDX-License-Identifier: MIT */
#include "core/params_kind.h"

#include "core/obu.h"

/* Whole units are compared: what differs in a bit may be another sequence. */
static bool is_config(const struct media_track *track, const struct obu *obu)
{
    struct slice config = media_track_config(track);
    struct obu known;
    return obu_next(&config, &known) && known.header == obu->header &&
           known.extension == obu->extension && slice_eq(known.payload, obu->payload);
}

static bool set_config(struct media_track *track, const struct obu *obu)
{
    uint8_t config[MEDIA_CONFIG_MAX];
    size_t len = 0;
    return obu_append(config, sizeof config, &len, obu) &&
           media_track_set_config(track, slice_of(config, len));
}

static bool merge(struct media_track *track, struct slice au)
{
    struct obu obu;
    bool changed = false;
    while (obu_next(&au, &obu))
        if (obu_type(&obu) == OBU_SEQUENCE_HEADER && !is_config(track, &obu))
            changed |= set_config(track, &obu);
    return changed;
}

static bool are_in(const struct media_track *track, struct slice au)
{
    struct obu obu;
    if (track->config_len == 0)
        return true;
    while (obu_next(&au, &obu))
        if (obu_type(&obu) == OBU_SEQUENCE_HEADER && is_config(track, &obu))
            return true;
    return false;
}

/* A sequence header comes first but for the temporal delimiter, which is left out. */
static size_t insert(uint8_t *dst, const struct media_track *track, struct slice au)
{
    size_t cap = track->config_len + au.len, len = track->config_len;
    struct obu obu;
    if (len > 0)
        memcpy(dst, track->config, len);
    while (obu_next(&au, &obu))
        if (obu_type(&obu) != OBU_SEQUENCE_HEADER && obu_type(&obu) != OBU_TEMPORAL_DELIMITER)
            obu_append(dst, cap, &len, &obu);
    return len;
}

const struct params_kind params_obu = {merge, are_in, insert};
