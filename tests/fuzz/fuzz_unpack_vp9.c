/* SPDX-License-Identifier: MIT */
/*
 * VP9 from hostile packets: what is called a key picture begins with a frame header.
 */
#include "tests/fuzz/frame_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct access_unit *au)
{
    if (au->key && au->data.ptr[0] >> 6 != 2)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    frame_trip_run(CODEC_VP9, look, slice_of(data, size));
    return 0;
}
