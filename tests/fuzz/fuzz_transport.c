/* SPDX-License-Identifier: MIT */
#include "rtsp/message/transport.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* Every transport that comes out has channels that rise, what it points
 * to stands in the header, and the list comes to its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice whole = slice_of(data, size);
    struct slice header = whole;
    struct transport_spec spec;
    size_t left = header.len;
    while (transport_next(&header, &spec)) {
        if (header.len >= left)
            abort();
        if (spec.has_interleaved && spec.rtcp_channel <= spec.rtp_channel)
            abort();
        if (!is_within(spec.destination, whole))
            abort();
        if (spec.kind != TRANSPORT_UNKNOWN && spec.protocol == NULL)
            abort();
        left = header.len;
    }
    return 0;
}
