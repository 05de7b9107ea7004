/* SPDX-License-Identifier: MIT */
/* RTP headers from hostile bytes: what is read is inside of the input, and can be written again. */
#include "rtp/rtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_packet pkt;
    uint8_t header[RTP_HEADER_BYTES];
    if (rtp_parse(slice_of(data, size), &pkt) != 0)
        return 0;
    if (pkt.payload.len > size - RTP_HEADER_BYTES)
        abort();
    rtp_write_header(header, &pkt);
    if (memcmp(header + 1, data + 1, RTP_HEADER_BYTES - 1) != 0)
        abort();
    return 0;
}
