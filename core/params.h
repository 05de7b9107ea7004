/* SPDX-License-Identifier: MIT */
/*
 * Parameter sets (H.264, H.265) and sequence headers (AV1): collected from wherever a publisher
 * puts them, and put in front of every key frame that comes without. Tracks of other codecs have
 * none: nothing of theirs changes, nothing is missing.
 */
#pragma once

#include "core/media.h"

/*
 * Takes over the parameter sets of an access unit into the track's configuration: one replaces that
 * of the same type and id; a changed SPS makes all older PPS void. Of AV1 the sequence header is
 * all. True when the configuration changed.
 */
bool params_merge(struct media_track *track, struct slice au);

/* True when an access unit has every unit of the configuration: nothing must be put in front of it.
 */
bool params_are_in(const struct media_track *track, struct slice au);

/* Bytes that params_insert writes at the most. */
static inline size_t params_insert_max(const struct media_track *track, struct slice au)
{
    return track->config_len + au.len;
}

/*
 * Writes the access unit with the whole configuration in front of it (behind an access unit
 * delimiter, which must be first: ITU-T H.264 section 7.4.1.2.3, H.265 section 7.4.2.4.4), and
 * without its own. Returns the bytes. Only where params_are_in was false.
 */
size_t params_insert(uint8_t *dst, const struct media_track *track, struct slice au);
