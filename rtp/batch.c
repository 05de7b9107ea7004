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

/* The packets of an access unit, one after the other. */
struct writer {
    struct packer packer;
    struct rtp_packet header;
    uint32_t rtp_time; /* of the access unit */
};

static void writer_init(struct writer *w, enum codec codec, struct slice au, size_t packet_bytes,
                        const struct batch_layout *layout)
{
    w->rtp_time = layout->rtp_time;
    w->header = (struct rtp_packet){
        .payload_type = layout->payload_type, .seq = layout->first_seq, .ssrc = layout->ssrc};
    packer_init(&w->packer, codec, au, packet_bytes - RTP_HEADER_BYTES);
}

/* Writes the next packet; returns its length, 0 when there is none left. */
static size_t write_packet(struct writer *w, uint8_t *dst)
{
    size_t len = packer_next(&w->packer, dst + RTP_HEADER_BYTES, &w->header.marker);
    if (len == 0)
        return 0;
    w->header.rtp_time = w->rtp_time + w->packer.ticks;
    rtp_write_header(dst, &w->header);
    w->header.seq++;
    return RTP_HEADER_BYTES + len;
}

uint8_t *batch_write_interleaved(uint8_t *dst, enum codec codec, struct slice au,
                                 size_t packet_bytes, const struct batch_layout *layout)
{
    struct writer w;
    writer_init(&w, codec, au, packet_bytes, layout);
    for (;;) {
        size_t len = write_packet(&w, dst + INTERLEAVED_HEADER_BYTES);
        if (len == 0)
            return dst;
        write_interleaved_header(dst, layout->channel, len);
        dst += INTERLEAVED_HEADER_BYTES + len;
    }
}

uint32_t batch_write_datagrams(uint8_t *dst, struct batch_run *run, enum codec codec,
                               struct slice au, size_t packet_bytes,
                               const struct batch_layout *layout)
{
    struct writer w;
    uint32_t runs = 0, at = 0;
    bool closed = true; /* the run at hand has had its smaller packet, or there is none */
    size_t len;
    writer_init(&w, codec, au, packet_bytes, layout);
    while ((len = write_packet(&w, dst + at)) > 0) {
        at += (uint32_t)len;
        if (closed || len > run[runs - 1].packet_bytes)
            run[runs++].packet_bytes = (uint32_t)len;
        run[runs - 1].end = at;
        closed = len < run[runs - 1].packet_bytes;
    }
    return runs;
}
