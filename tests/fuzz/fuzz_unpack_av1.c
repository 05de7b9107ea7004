/* SPDX-License-Identifier: MIT */
/*
 * AV1 from hostile packets: what comes out is a run of OBUs with their sizes, a frame or tiles
 * among them, and nothing that receivers ignore.
 */
#include "core/obu.h"
#include "tests/fuzz/unit_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool look(const struct access_unit *au)
{
    struct slice rest = au->data;
    struct obu obu;
    struct obu_summary s = obu_summarize(au->data);
    while (obu_next(&rest, &obu)) {
        enum obu_type type = obu_type(&obu);
        if (type == OBU_TEMPORAL_DELIMITER || type == OBU_TILE_LIST || type == OBU_PADDING)
            abort();
    }
    if (rest.len > 0 || !s.has_frame || (au->key && !s.is_key))
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unit_trip t = {
        .codec = CODEC_AV1, .first = SLICE_LIT("\x28\x04\x08\0\0\x02\x30\x10"), .look = look};
    unit_trip_run(&t, slice_of(data, size));
    return 0;
}
