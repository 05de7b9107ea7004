/* SPDX-License-Identifier: MIT */
#include "core/params.h"

#include "core/params_kind.h"

static const struct params_kind *const kinds[CODECS] = {
    [CODEC_H264] = &params_nal,
    [CODEC_H265] = &params_nal,
    [CODEC_AV1] = &params_obu,
};

bool params_merge(struct media_track *track, struct slice au)
{
    const struct params_kind *kind = kinds[track->codec];
    return kind && kind->merge(track, au);
}

bool params_are_in(const struct media_track *track, struct slice au)
{
    const struct params_kind *kind = kinds[track->codec];
    return !kind || kind->are_in(track, au);
}

size_t params_insert(uint8_t *dst, const struct media_track *track, struct slice au)
{
    return kinds[track->codec]->insert(dst, track, au);
}
