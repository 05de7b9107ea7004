/* SPDX-License-Identifier: MIT */
/*
 * Rows for unpackers (unpack_rows.h) that are as true of H.264 as of H.265: they name the payloads
 * and units, of which a codec's test has the bytes.
 */
#pragma once

#include "core/media.h"

enum nal_payload {
    U_NONE,
    U_AUD,
    U_SPS,
    U_PPS,
    U_IDR,
    U_IDR_MORE, /* not its picture's first slice */
    U_P,
    U_P_MORE,
    /* The first fragment of a unit, one inside, and the last. */
    U_IDR_START,
    U_IDR_INNER,
    U_IDR_END,
    U_P_START,
    U_P_END,
    U_P_MORE_START,
    U_P_MORE_END,
    U_IDR_START_AND_END,
    U_HALF_FRAGMENT, /* malformed: ends within the header of a fragment */
    U_HALF_SPS,      /* malformed: an aggregate of a parameter set that is longer than that */
    U_COUNT,
};

enum nal_table { NAL_WHOLE, NAL_MALFORMED, NAL_LOSS };

/* bytes: of each enum nal_payload. */
void nal_rows_run(enum nal_table table, const struct media_track *track, const struct slice *bytes);
void nal_rows_run_prefixes(enum nal_table table, const struct media_track *track,
                           const struct slice *bytes);
