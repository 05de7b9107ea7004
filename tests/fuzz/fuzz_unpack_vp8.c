/* SPDX-License-Identifier: MIT */
/*
 * VP8 from hostile packets: its key frames are those of which the first byte says so.
 */
#include "tests/fuzz/frame_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct access_unit *au)
{
    if (au->key != ((au->data.ptr[0] & 1) == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    frame_trip_run(CODEC_VP8, look, slice_of(data, size));
    return 0;
}
