/* SPDX-License-Identifier: MIT */
/*
 * JPEG from hostile packets: whatever comes out is whole by itself, in the form of rtp/jpeg.h.
 */
#include "rtp/jpeg.h"

#include "tests/fuzz/frame_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct access_unit *au)
{
    struct jpeg_payload jpeg;
    if (!au->key || !jpeg_parse(au->data, &jpeg) || jpeg.offset != 0)
        abort();
    if (jpeg_has_tables(&jpeg) && jpeg.tables.len == 0)
        abort();
    if (jpeg.restart.len > 0 && (jpeg.restart.ptr[2] != 0xff || jpeg.restart.ptr[3] != 0xff))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    frame_trip_run(CODEC_JPEG, look, slice_of(data, size));
    return 0;
}
