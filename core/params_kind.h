/* SPDX-License-Identifier: MIT */
/*
 * What params.h does, for one family of codecs. A new one is a file, and a line in params.c.
 */
#pragma once

#include "core/media.h"

struct params_kind {
    bool (*merge)(struct media_track *track, struct slice au);
    bool (*are_in)(const struct media_track *track, struct slice au);
    size_t (*insert)(uint8_t *dst, const struct media_track *track, struct slice au);
};

extern const struct params_kind params_nal; /* H.264 and H.265: parameter sets */
extern const struct params_kind params_obu; /* AV1: the sequence header */
