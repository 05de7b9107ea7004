/* SPDX-License-Identifier: MIT */
#include "core/base64.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* However a stream is cut into pieces, the bytes are the same. */
static void check_stream(struct slice in)
{
    static uint8_t bytes[4096];
    static uint8_t again[sizeof(bytes)];
    struct base64_stream whole = {0}, bytewise = {0};
    if (in.len > sizeof(bytes))
        return;
    int64_t len = base64_stream_decode(&whole, bytes, in);
    int64_t sum = 0;
    for (size_t i = 0; i < in.len && sum >= 0; i++) {
        int64_t n = base64_stream_decode(&bytewise, again + sum, slice_of(in.ptr + i, 1));
        sum = n < 0 ? n : sum + n;
    }
    if (sum != len || (len > 0 && memcmp(bytes, again, (size_t)len) != 0))
        abort();
}

/* What decodes encodes to text that decodes to the same, also as a stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[1024];
    static uint8_t again[sizeof(bytes)];
    static char text[(sizeof(bytes) + 2) / 3 * 4];
    check_stream(slice_of(data, size));
    int64_t len = base64_decode(bytes, sizeof(bytes), slice_of(data, size));
    if (len < 0)
        return 0;

    struct slice decoded = slice_of(bytes, (size_t)len);
    base64_encode(text, decoded);
    int64_t again_len =
        base64_decode(again, sizeof(again), slice_of(text, base64_encoded_bytes(decoded.len)));
    if (again_len != len || !slice_eq(slice_of(again, decoded.len), decoded))
        abort();
    struct base64_stream s = {0};
    struct slice encoded = slice_of(text, base64_encoded_bytes(decoded.len));
    if (base64_stream_decode(&s, again, encoded) != len ||
        !slice_eq(slice_of(again, decoded.len), decoded))
        abort();
    return 0;
}
