/* SPDX-License-Identifier: MIT */
/*
 * SEI units from hostile bytes: a recovery point that is found is still there when more bytes
 * follow, and emulation prevention bytes are all that is left out of a unit.
 */
#include "core/nal.h"
#include "core/sei.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct slice bytes)
{
    struct rbsp r = {.rest = bytes};
    size_t in = 0;
    uint8_t byte;
    while (rbsp_next(&r, &byte)) {
        bool is_next = bytes.ptr[in] == byte;
        bool is_behind_prevention = in >= 2 && bytes.ptr[in] == 3 && in + 1 < bytes.len &&
                                    bytes.ptr[in - 1] == 0 && bytes.ptr[in - 2] == 0 &&
                                    bytes.ptr[in + 1] == byte;
        in = bytes.len - r.rest.len;
        if (!is_next && !is_behind_prevention)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size);
    read_all(body);
    bool found = sei_has_recovery_point(body);
    if (!found && sei_has_recovery_point(slice_head(body, size / 2)))
        abort();
    return 0;
}
