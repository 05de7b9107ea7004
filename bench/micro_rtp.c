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
    struct batch_size size;
    uint8_t *packets; /* the access unit's, interleaved; pack-udp: one right after the other */
    size_t packets_len;
    struct batch_run *runs; /* of its datagrams */
    struct unpacker *unpacker;
    uint64_t whole; /* access units that the unpacker has delivered */
    bool checking;  /* compare them with what was packed: */
    bool intact;    /* the last one is the same */
    uint16_t seq;
    uint32_t rtp_time;
};

static struct batch_size measure(const struct bench *b)
{
    return batch_measure(b->sample.kind->codec, sample_slice(&b->sample), SAMPLE_PACKET_BYTES);
}

static void write_packets(struct bench *b)
{
    batch_write_interleaved(b->packets, b->sample.kind->codec, sample_slice(&b->sample),
                            SAMPLE_PACKET_BYTES, &b->layout);
}

static uint32_t write_datagrams(struct bench *b)
{
    return batch_write_datagrams(b->packets, b->runs, b->sample.kind->codec,
                                 sample_slice(&b->sample), SAMPLE_PACKET_BYTES, &b->layout);
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

static void on_unit(void *arg, const struct access_unit *au)
{
    struct bench *b = arg;
    b->whole += au->data.len == b->sample.len;
    if (b->checking)
        b->intact = slice_eq(au->data, sample_slice(&b->sample)) && au->key == b->sample.kind->key;
    micro_keep(au->data.ptr);
}

static void start_unpacker(struct bench *b)
{
    /* Of AAC (RFC 3640 section 4.1); the others know no such parameters. */
    static const char fmtp[] = "sizelength=13;indexlength=3";
    struct media_track track;
    sample_describe(b->sample.kind, &track);
    b->unpacker = micro_need(unpacker_create(&track, slice_str(fmtp), on_unit, b));
}

/*
 * A frame that packs badly, or into nothing, would be quick, and not what is meant. The first unit
 * of all may be dropped: that of AV1 begins like the middle of one.
 */
static void check_round_trip(struct bench *b)
{
    b->checking = true;
    unpack_unit(b);
    unpack_unit(b);
    b->checking = false;
    if (!b->intact)
        micro_fail("an access unit does not come out as it went in");
}

static void *open_rtp(const void *param)
{
    struct bench *b = micro_need(calloc(1, sizeof *b));
    sample_init(&b->sample, param);
    b->layout = (struct batch_layout){.payload_type = 96, .ssrc = 0x12345678};
    b->size = measure(b);
    b->packets_len = batch_interleaved_bytes(b->size);
    b->packets = micro_need(malloc(b->packets_len));
    b->runs = micro_need(calloc(b->size.packets, sizeof *b->runs));
    write_packets(b);
    start_unpacker(b);
    check_round_trip(b);
    return b;
}

static void close_rtp(void *state)
{
    struct bench *b = state;
    unpacker_destroy(b->unpacker);
    free(b->runs);
    free(b->packets);
    sample_fini(&b->sample);
    free(b);
}

static void measure_batch(void *state, struct micro_tally *tally)
{
    const struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++) {
        struct batch_size size = measure(b);
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

static void pack_udp_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    uint32_t runs = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++) {
        runs = write_datagrams(b);
        micro_keep(b->packets);
    }
    micro_add(tally, UNITS, start_ns);
    if (b->runs[runs - 1].end != batch_datagram_bytes(b->size))
        micro_fail("datagrams are missing");
}

static void unpack_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    b->whole = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < UNITS; i++)
        unpack_unit(b);
    micro_add(tally, UNITS, start_ns);
    /* Dropping is quick as well, and not what is meant. */
    if (b->whole != UNITS)
        micro_fail("an access unit did not come through");
}

static const char what_measure[] = "count the packets of an access unit";
static const char what_pack[] = "write the interleaved packets of an access unit";
static const char what_pack_udp[] = "write the datagrams of an access unit";
static const char what_unpack[] = "put an access unit together from its packets";

const struct micro micro_rtp[] = {
    {"rtp/measure/h264-p-8k", what_measure, &sample_h264_p, open_rtp, measure_batch, close_rtp},
    {"rtp/measure/h264-idr-60k", what_measure, &sample_h264_idr, open_rtp, measure_batch,
     close_rtp},
    {"rtp/measure/aac-200", what_measure, &sample_aac, open_rtp, measure_batch, close_rtp},
    {"rtp/pack/h264-p-8k", what_pack, &sample_h264_p, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/h264-idr-60k", what_pack, &sample_h264_idr, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/h265-p-8k", what_pack, &sample_h265_p, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/h265-idr-60k", what_pack, &sample_h265_idr, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/av1-8k", what_pack, &sample_av1, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/vp8-8k", what_pack, &sample_vp8, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/vp9-8k", what_pack, &sample_vp9, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/jpeg-40k", what_pack, &sample_jpeg, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/aac-200", what_pack, &sample_aac, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/latm-300", what_pack, &sample_latm, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/opus-160", what_pack, &sample_opus, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/pcmu-160", what_pack, &sample_pcmu, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/l16-1280", what_pack, &sample_l16, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/mpa-417", what_pack, &sample_mpa, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/ac3-1536", what_pack, &sample_ac3, open_rtp, pack_batch, close_rtp},
    {"rtp/pack/other-1316", what_pack, &sample_other, open_rtp, pack_batch, close_rtp},
    {"rtp/pack-udp/h264-p-8k", what_pack_udp, &sample_h264_p, open_rtp, pack_udp_batch, close_rtp},
    {"rtp/pack-udp/h264-idr-60k", what_pack_udp, &sample_h264_idr, open_rtp, pack_udp_batch,
     close_rtp},
    {"rtp/unpack/h264-p-8k", what_unpack, &sample_h264_p, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/h264-idr-60k", what_unpack, &sample_h264_idr, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/h265-p-8k", what_unpack, &sample_h265_p, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/h265-idr-60k", what_unpack, &sample_h265_idr, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/av1-8k", what_unpack, &sample_av1, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/vp8-8k", what_unpack, &sample_vp8, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/vp9-8k", what_unpack, &sample_vp9, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/jpeg-40k", what_unpack, &sample_jpeg, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/aac-200", what_unpack, &sample_aac, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/latm-300", what_unpack, &sample_latm, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/opus-160", what_unpack, &sample_opus, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/pcmu-160", what_unpack, &sample_pcmu, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/l16-1280", what_unpack, &sample_l16, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/mpa-417", what_unpack, &sample_mpa, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/ac3-1536", what_unpack, &sample_ac3, open_rtp, unpack_batch, close_rtp},
    {"rtp/unpack/other-1316", what_unpack, &sample_other, open_rtp, unpack_batch, close_rtp},
    {0},
};
