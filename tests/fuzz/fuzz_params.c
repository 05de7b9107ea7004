/* SPDX-License-Identifier: MIT */
/*
 * Parameter sets from hostile access units: what was merged can be inserted within the bytes that
 * were promised, and is then in. The first byte of the input chooses the codec; access units
 * follow, each behind a byte that gives its length.
 */
#include "core/params.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void take_au(struct media_track *track, struct slice au)
{
    params_merge(track, au);
    if (params_are_in(track, au))
        return;
    size_t cap = params_insert_max(track, au);
    uint8_t *dst = malloc(cap);
    size_t len = params_insert(dst, track, au);
    check(len <= cap && params_are_in(track, slice_of(dst, len)));
    free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum codec codecs[] = {CODEC_H264, CODEC_H265, CODEC_AV1, CODEC_VP8};
    struct slice input = slice_of(data, size);
    if (size == 0)
        return 0;
    struct media_track track = {.codec = codecs[data[0] % ARRAY_LEN(codecs)]};
    input = slice_from(input, 1);
    while (input.len > 0) {
        size_t len = input.ptr[0];
        input = slice_from(input, 1);
        uint8_t *copy = malloc(len); /* so that its end is one */
        struct slice au = slice_head(input, len);
        if (au.len > 0)
            memcpy(copy, au.ptr, au.len);
        take_au(&track, slice_of(copy, au.len));
        free(copy);
        input = slice_from(input, len);
    }
    return 0;
}
