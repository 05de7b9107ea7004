/* SPDX-License-Identifier: MIT */
/*
 * Packing access units into RTP and back, for each codec.
 */
#include <stdlib.h>

#include "bench/micro.h"
#include "bench/micro_sample.h"
#include "core/bytes.h"
#include "rtp/batch.h"
#include "rtp/unpacker.h"

enum { UNITS = 1024, TIME_STEP = 3000 };

struct bench {
    struct sample sample;
    struct batch_layout layout;
    uint8_t *packets; /* the access unit's, interleaved */
    size_t packets_len;
    struct unpacker *unpacker;
    struct access_unit last; /* that the unpacker has delivered */
    uint16_t seq;
    uint32_t rtp_time;
};

static void on_unit(void *arg, const struct access_unit *au)
{
    struct bench *b = arg;
    b->last = *au;
    micro_keep(au->data.ptr);
}

static void write_packets(struct bench *b)
{
    batch_write_interleaved(b->packets, b->sample.codec, sample_slice(&b->sample),
                            SAMPLE_PACKET_BYTES, &b->layout);
}

static void *open_rtp(const void *param)
{
    struct bench *b = micro_need(calloc(1, sizeof *b));
    struct media media;
    sample_init(&b->sample, param);
    sample_describe(&media);
    b->layout = (struct batch_layout){.payload_type = 96, .ssrc = 0x12345678};
    b->packets_len = batch_interleaved_bytes(
        batch_measure(b->sample.codec, sample_slice(&b->sample), SAMPLE_PACKET_BYTES));
    b->packets = micro_need(malloc(b->packets_len));
    write_packets(b);
    b->unpacker = micro_need(unpacker_create(&media.track[b->sample.kind->track],
                                             SLICE_LIT("sizelength=13;indexlength=3"), on_unit, b));
    return b;
}

static void close_rtp(void *state)
{
    struct bench *b = state;
    unpacker_destroy(b->unpacker);
    free(b->packets);
    sample_fini(&b->sample);
    free(b);
}

static void measure_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++) {
        struct batch_size size =
            batch_measure(b->sample.codec, sample_slice(&b->sample), SAMPLE_PACKET_BYTES);
        micro_keep(&size);
    }
    micro_add(tally, UNITS, start_ns);
}

static void pack_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++) {
        write_packets(b);
        micro_keep(b->packets);
    }
    micro_add(tally, UNITS, start_ns);
}

/* The packets once more, as those of the next access unit. */
static void unpack_unit(struct bench *b)
{
    struct slice rest = slice_of(b->packets, b->packets_len);
    while (rest.len > 0) {
        size_t len = get_be16(rest.ptr + 2);
        struct rtp_packet packet;
        rest = slice_from(rest, INTERLEAVED_HEADER_BYTES);
        if (rtp_parse(slice_head(rest, len), &packet) != 0)
            micro_fail("a packet is malformed");
        packet.seq = b->seq++;
        packet.rtp_time = b->rtp_time;
        unpacker_push(b->unpacker, &packet);
        rest = slice_from(rest, len);
    }
    b->rtp_time += TIME_STEP;
}

static void unpack_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++)
        unpack_unit(b);
    micro_add(tally, UNITS, start_ns);
    /* Dropping is quick as well, and not what is meant. */
    if (unpacker_stats(b->unpacker).dropped_aus > 0 || b->last.data.len != b->sample.len)
        micro_fail("an access unit did not come through");
}

static const char what_measure[] = "count the packets of an access unit";
static const char what_pack[] = "write the interleaved packets of an access unit";
static const char what_unpack[] = "put an access unit together from its packets";

const struct micro micro_rtp[] = {
    {"rtp/measure/h264-p-8k", what_measure, &sample_p_8k, open_rtp, measure_batch, close_rtp},
    {"rtp/measure/h264-idr-60k", what_measure, &sample_idr_60k, open_rtp, measure_batch, close_rtp},
    {"rtp/measure/aac-200", what_measure, &sample_aac_200, open_rtp, measure_batch, close_rtp},
    {"rtp/pack/h264-p-8k", what_pack, &sample_p_8k, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/h264-idr-60k", what_pack, &sample_idr_60k, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/aac-200", what_pack, &sample_aac_200, open_rtp, pack_batch, close_rtp},
    {"rtp/unpack/h264-p-8k", what_unpack, &sample_p_8k, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/h264-idr-60k", what_unpack, &sample_idr_60k, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/aac-200", what_unpack, &sample_aac_200, open_rtp, unpack_batch, close_rtp},
    {0},
};
