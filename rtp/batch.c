/* SPDX-License-Identifier: MIT */
#include "rtp/batch.h"

#include "core/bytes.h"
#include "rtp/rtp.h"

struct batch_size batch_measure(enum codec codec, struct slice au, size_t packet_bytes)
{
    struct packer p;
    struct batch_size size = {0};
    size_t len;
    bool marker;
    packer_init(&p, codec, au, packet_bytes - RTP_HEADER_BYTES);
    while ((len = packer_next(&p, NULL, &marker)) > 0) {
        size.packets++;
        size.payload_octets += (uint32_t)len;
    }
    return size;
}

static void write_interleaved_header(uint8_t *dst, uint8_t channel, size_t packet_bytes)
{
    dst[0] = '$';
    dst[1] = channel;
    put_be16(dst + 2, (uint16_t)packet_bytes);
}

uint8_t *batch_write_interleaved(uint8_t *dst, enum codec codec, struct slice au,
                                 size_t packet_bytes, const struct batch_layout *layout)
{
    struct packer p;
    struct rtp_packet header = {
        .payload_type = layout->payload_type,
        .seq = layout->first_seq,
        .ssrc = layout->ssrc,
    };
    packer_init(&p, codec, au, packet_bytes - RTP_HEADER_BYTES);
    for (;; header.seq++) {
        uint8_t *payload = dst + INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;
        size_t len = packer_next(&p, payload, &header.marker);
        if (len == 0)
            return dst;
        header.rtp_time = layout->rtp_time + p.ticks;
        write_interleaved_header(dst, layout->channel, RTP_HEADER_BYTES + len);
        rtp_write_header(dst + INTERLEAVED_HEADER_BYTES, &header);
        dst = payload + len;
    }
}
