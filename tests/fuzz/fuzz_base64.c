/* SPDX-License-Identifier: MIT */
#include "core/base64.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes encodes to text that decodes to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[1024];
    static uint8_t again[sizeof(bytes)];
    static char text[(sizeof(bytes) + 2) / 3 * 4];
    int64_t len = base64_decode(bytes, sizeof(bytes), slice_of(data, size));
    if (len < 0)
        return 0;

    struct slice decoded = slice_of(bytes, (size_t)len);
    base64_encode(text, decoded);
    int64_t again_len =
        base64_decode(again, sizeof(again), slice_of(text, base64_encoded_bytes(decoded.len)));
    if (again_len != len || !slice_eq(slice_of(again, decoded.len), decoded))
        abort();
    return 0;
}
