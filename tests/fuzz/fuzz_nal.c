/* SPDX-License-Identifier: MIT */
/*
 * NAL units from hostile bytes: those that come out of an Annex B stream, written and read again,
 * are the same; none of them is empty, and a walk over lengths stays inside of its input.
 */
#include "core/nal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_lengths(struct slice units)
{
    struct slice nal;
    size_t left = units.len;
    while (nal_next(&units, &nal)) {
        if (left - units.len != NAL_LENGTH_BYTES + nal.len)
            abort();
        left = units.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice stream = slice_of(data, size), nal;
    /* A start code of 3 bytes becomes a length of 4, and the first unit may have had none. */
    size_t cap = size * 2 + NAL_LENGTH_BYTES, len = 0;
    uint8_t *units = malloc(cap);
    walk_lengths(stream);
    while (annexb_next(&stream, &nal)) {
        struct slice last = slice_of(units + len + NAL_LENGTH_BYTES, nal.len);
        if (nal.len == 0 || !nal_append(units, cap, &len, nal) || !slice_eq(last, nal))
            abort();
    }
    walk_lengths(slice_of(units, len));
    free(units);
    return 0;
}
