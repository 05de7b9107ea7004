/* SPDX-License-Identifier: MIT */
#include "rtp/batch.h"

#include "rtp/rtp.h"
#include "tests/rtp/shapes.h"

#include <criterion/criterion.h>

static const struct batch_layout layout = {
    .channel = 6,
    .payload_type = 97,
    .ssrc = 0xcafef00d,
    .first_seq = 0xfffe,
    .rtp_time = 0x80000001,
};

/* Walks the frames of a batch and checks each against what the packer says. */
static void assert_batch(struct slice batch, enum codec codec, struct slice au, size_t packet_bytes)
{
    struct packer p;
    uint8_t payload[2000];
    uint16_t seq = layout.first_seq;
    bool marker;
    size_t len;
    packer_init(&p, codec, au, packet_bytes - RTP_HEADER_BYTES);
    for (; (len = packer_next(&p, payload, &marker)) > 0; seq++) {
        struct rtp_packet pkt;
        cr_assert_gt(batch.len, INTERLEAVED_HEADER_BYTES);
        cr_assert_eq(batch.ptr[0], '$');
        cr_assert_eq(batch.ptr[1], layout.channel);
        size_t framed = get_be16(batch.ptr + 2);
        cr_assert_eq(framed, RTP_HEADER_BYTES + len);
        batch = slice_from(batch, INTERLEAVED_HEADER_BYTES);
        cr_assert_eq(rtp_parse(slice_head(batch, framed), &pkt), 0);
        cr_assert_eq(pkt.seq, seq);
        cr_assert_eq(pkt.payload_type, layout.payload_type);
        cr_assert_eq(pkt.ssrc, layout.ssrc);
        cr_assert_eq(pkt.rtp_time, layout.rtp_time);
        cr_assert_eq(pkt.marker, marker);
        cr_assert(slice_eq(pkt.payload, slice_of(payload, len)));
        batch = slice_from(batch, framed);
    }
    cr_assert_eq(batch.len, 0);
}

/* Walks the datagrams of the runs: they are the interleaved packets without their headers. Runs are
 * as long as can be. */
static void assert_runs(struct slice datagrams, const struct batch_run *run, uint32_t runs,
                        struct slice interleaved)
{
    uint32_t at = 0, last = 0;
    for (uint32_t i = 0; i < runs; i++) {
        cr_assert_gt(run[i].end, at);
        if (i > 0 && last == run[i - 1].packet_bytes)
            cr_assert_gt(run[i].packet_bytes, last, "it belongs to the run before");
        while (at < run[i].end) {
            last = (uint32_t)size_min(run[i].packet_bytes, run[i].end - at);
            cr_assert_eq(get_be16(interleaved.ptr + 2), last);
            interleaved = slice_from(interleaved, INTERLEAVED_HEADER_BYTES);
            cr_assert(slice_eq(slice_head(slice_from(datagrams, at), last),
                               slice_head(interleaved, last)));
            interleaved = slice_from(interleaved, last);
            at += last;
        }
    }
    cr_assert_eq(at, datagrams.len);
    cr_assert_eq(interleaved.len, 0);
}

/* The buffers have not a byte more than was measured, nor a run more than there are packets. */
static uint32_t try_runs(enum codec codec, struct slice au, size_t packet_bytes,
                         struct slice interleaved)
{
    struct batch_size size = batch_measure(codec, au, packet_bytes);
    size_t bytes = batch_datagram_bytes(size);
    uint8_t *dst = malloc(bytes);
    struct batch_run *run = malloc(size.packets * sizeof *run);
    uint32_t runs = batch_write_datagrams(dst, run, codec, au, packet_bytes, &layout);
    cr_assert_leq(runs, size.packets);
    assert_runs(slice_of(dst, bytes), run, runs, interleaved);
    free(run);
    free(dst);
    return runs;
}

/* The buffer has not a byte more than was measured, so that a write beyond it is caught. */
static struct batch_size try_batch(enum codec codec, struct slice au, size_t packet_bytes)
{
    struct batch_size size = batch_measure(codec, au, packet_bytes);
    size_t bytes = batch_interleaved_bytes(size);
    uint8_t *dst = malloc(bytes);
    uint8_t *end = batch_write_interleaved(dst, codec, au, packet_bytes, &layout);
    cr_assert_eq((size_t)(end - dst), bytes);
    assert_batch(slice_of(dst, bytes), codec, au, packet_bytes);
    try_runs(codec, au, packet_bytes, slice_of(dst, bytes));
    free(dst);
    return size;
}

Test(batch, bytes_are_those_measured_and_well_framed)
{
    static const size_t packet_sizes[] = {RTP_HEADER_BYTES + PACKER_MIN_PAYLOAD, 500, 1360, 1472};
    static const uint8_t headers[] = {0x67, 0x68, 0x65, 0x65};
    for (size_t i = 0; i < ARRAY_LEN(packet_sizes); i++) {
        for (size_t slice_bytes = 40; slice_bytes < 6000; slice_bytes += 331) {
            const size_t sizes[] = {20, 4, slice_bytes, slice_bytes / 3};
            struct shape shape = {headers, sizes, ARRAY_LEN(sizes)};
            struct slice video = shape_h264(&shape);
            struct slice audio = shape_aac(slice_bytes);
            try_batch(CODEC_H264, video, packet_sizes[i]);
            try_batch(CODEC_AAC, audio, packet_sizes[i]);
            shape_free(video);
            shape_free(audio);
        }
    }
}

Test(batch, counts_packets_and_payload)
{
    struct batch_size size = try_batch(CODEC_H264, SLICE_LIT("\0\0\0\3\x65\x88\x80"), 1360);
    cr_assert_eq(size.packets, 1);
    cr_assert_eq(size.payload_octets, 3);
    cr_assert_eq(batch_interleaved_bytes(size), 19);
}

Test(batch, an_empty_access_unit_is_no_bytes)
{
    struct batch_size size = batch_measure(CODEC_H264, (struct slice){0}, 1360);
    cr_assert_eq(batch_interleaved_bytes(size), 0);
    uint8_t dst[1];
    cr_assert_eq(batch_write_interleaved(dst, CODEC_H264, (struct slice){0}, 1360, &layout), dst);
}

/* Sizes of NAL units, which are too large to share packets or to fit into one: the packets, and the
 * runs that they make. */
Test(batch, datagrams_of_one_size_are_one_run)
{
    static const struct {
        size_t bytes[6];
        uint32_t runs;
    } rows[] = {
        {{900}, 1},           {{900, 900, 900}, 1},
        {{900, 900, 800}, 1}, /* the smaller one is its last */
        {{900, 800, 900}, 2}, {{800, 900, 900}, 2},
        {{900, 800, 800}, 2}, {{900, 800, 700, 600}, 2}, /* two by two */
        {{700, 800, 900}, 3}, {{988 + 900}, 1},
        {{20000}, 1},         {{20000, 900}, 2},
    };
    static const uint8_t headers[6] = {0x65, 0x65, 0x65, 0x65, 0x65, 0x65};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shape shape = {headers, rows[i].bytes, 0};
        while (shape.count < 6 && rows[i].bytes[shape.count] > 0)
            shape.count++;
        struct slice au = shape_h264(&shape);
        size_t bytes = batch_interleaved_bytes(batch_measure(CODEC_H264, au, 1000));
        uint8_t *dst = malloc(bytes);
        batch_write_interleaved(dst, CODEC_H264, au, 1000, &layout);
        cr_assert_eq(try_runs(CODEC_H264, au, 1000, slice_of(dst, bytes)), rows[i].runs, "row %zu",
                     i);
        free(dst);
        shape_free(au);
    }
}

Test(batch, an_empty_access_unit_is_no_runs)
{
    uint8_t dst[1];
    struct batch_run run[1];
    cr_assert_eq(batch_write_datagrams(dst, run, CODEC_H264, (struct slice){0}, 1360, &layout), 0);
}
