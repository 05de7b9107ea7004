/* SPDX-License-Identifier: MIT */
/*
 * H.264 from hostile packets: what comes out is a run of NAL units with a slice among them, and can
 * be packetized into exactly the bytes that were measured.
 */
#include "core/nal.h"
#include "rtp/batch.h"
#include "rtp/unpacker.h"
#include "tests/fuzz/packet_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_units(struct slice units)
{
    struct slice nal;
    bool has_slice = false;
    while (nal_next(&units, &nal)) {
        unsigned type = h264_nal_type(nal);
        if (type == 0 || type > 23)
            abort();
        has_slice |= h264_nal_is_vcl(nal);
    }
    if (units.len > 0 || !has_slice)
        abort();
}

static void check_batch(struct slice au)
{
    enum { PACKET_BYTES = 200 };
    struct batch_layout layout = {0};
    size_t bytes = batch_interleaved_bytes(batch_measure(CODEC_H264, au, PACKET_BYTES));
    uint8_t *dst = malloc(bytes);
    if (batch_write_interleaved(dst, CODEC_H264, au, PACKET_BYTES, &layout) != dst + bytes)
        abort();
    free(dst);
}

static void on_au(void *arg, const struct access_unit *au)
{
    (void)arg;
    check_units(au->data);
    check_batch(au->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct media_track track = {.codec = CODEC_H264, .clock_rate = 90000};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, on_au, NULL);
    struct slice input = slice_of(data, size);
    struct rtp_packet pkt = {0};
    while (feed_next(&input, &pkt))
        unpacker_push(u, &pkt);
    unpacker_end(u);
    unpacker_destroy(u);
    return 0;
}
