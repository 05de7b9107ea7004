/* SPDX-License-Identifier: MIT */
/*
 * H.265 from hostile packets: what comes out is a run of NAL units with a slice among them. Units
 * with start codes inside, which may come apart, are the only ones that need not survive a second
 * trip.
 */
#include "core/nal.h"
#include "core/sei.h"
#include "tests/fuzz/unit_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_one_unit(struct slice nal)
{
    struct slice stream = nal, first;
    return annexb_next(&stream, &first) && slice_eq(first, nal);
}

static bool look(const struct access_unit *au)
{
    struct slice units = au->data, nal;
    bool has_slice = false, has_key = false, survives = true;
    while (nal_next(&units, &nal)) {
        unsigned type = h265_nal_type(nal);
        if (type >= 48)
            abort();
        has_slice |= h265_nal_is_vcl(nal);
        has_key |= type >= H265_NAL_IRAP_FIRST && type <= H265_NAL_IRAP_LAST;
        has_key |=
            type == H265_NAL_SEI && sei_has_recovery_point(slice_from(nal, H265_NAL_HEADER_BYTES));
        survives &= is_one_unit(nal);
    }
    if (units.len > 0 || !has_slice || (au->key && !has_key))
        abort();
    return survives;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unit_trip t = {.codec = CODEC_H265, .first = SLICE_LIT("\x28\x01\xac"), .look = look};
    unit_trip_run(&t, slice_of(data, size));
    return 0;
}
