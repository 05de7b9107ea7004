/* SPDX-License-Identifier: MIT */
#include "rtsp/transport.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every transport that comes out has channels that rise, and the list comes to its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice header = slice_of(data, size);
    struct transport_spec spec;
    size_t left = header.len;
    while (transport_next(&header, &spec)) {
        if (header.len >= left)
            abort();
        if (spec.has_interleaved && spec.rtcp_channel <= spec.rtp_channel)
            abort();
        left = header.len;
    }
    return 0;
}
