/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

#include "rtp/batch.h"
#include "tests/rtp/audio_trip.h"

#include <errno.h>

/* A frame of so many ticks. */
static struct slice shape_samples(uint8_t tick_bytes, size_t ticks)
{
    uint8_t *au = malloc(1 + tick_bytes * ticks);
    fill_nonzero(au + 1, tick_bytes * ticks, tick_bytes);
    au[0] = tick_bytes;
    return slice_of(au, 1 + tick_bytes * ticks);
}

/* What arrived has no hole, in bytes and in time. */
static void assert_continuous(const struct collected *c, struct slice au)
{
    struct slice rest = slice_from(au, 1);
    uint32_t rtp_time = TRIP_TIME;
    for (unsigned i = 0; i < c->count; i++) {
        struct slice got = c->unit[i].data;
        cr_assert_eq(got.ptr[0], au.ptr[0]);
        cr_assert_eq(c->unit[i].rtp_time, rtp_time);
        cr_assert(slice_eq(slice_from(got, 1), slice_head(rest, got.len - 1)));
        rest = slice_from(rest, got.len - 1);
        rtp_time += (uint32_t)((got.len - 1) / au.ptr[0]);
    }
    cr_assert_eq(rest.len, 0);
}

static void try_trip(const struct media_track *track, uint8_t tick_bytes, size_t ticks, size_t max)
{
    struct collected c = {0};
    struct slice au = shape_samples(tick_bytes, ticks);
    unsigned packets = trip(track, au, max, &c);
    size_t packet_ticks = max / tick_bytes;
    cr_assert_eq(packets, (ticks + packet_ticks - 1) / packet_ticks);
    assert_continuous(&c, au);
    collected_free(&c);
    shape_free(au);
}

static const struct {
    struct media_track track;
    uint8_t tick_bytes;
} kinds[] = {
    {{.codec = CODEC_PCMU, .clock_rate = 8000}, 1},
    {{.codec = CODEC_PCMU, .clock_rate = 8000, .channels = 1}, 1},
    {{.codec = CODEC_PCMA, .clock_rate = 16000, .channels = 2}, 2},
    {{.codec = CODEC_G722, .clock_rate = 8000, .channels = 1}, 1},
    {{.codec = CODEC_G722, .clock_rate = 8000, .channels = 2}, 2},
    {{.codec = CODEC_L16, .clock_rate = 44100, .channels = 1}, 2},
    {{.codec = CODEC_L16, .clock_rate = 48000, .channels = 2}, 4},
    {{.codec = CODEC_L16, .clock_rate = 48000, .channels = 3}, 6},
    {{.codec = CODEC_L16, .clock_rate = 96000, .channels = 8}, 16},
};

Test(samples, none_is_lost_or_moved_in_any_payload_size)
{
    for (size_t i = 0; i < ARRAY_LEN(payload_sizes); i++) {
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            size_t max = payload_sizes[i], fit = max / kinds[k].tick_bytes;
            const size_t ticks[] = {1, 2, fit - 1, fit, fit + 1, 2 * fit, 2 * fit + 1, 7 * fit + 3};
            for (size_t n = 0; n < ARRAY_LEN(ticks); n++)
                try_trip(&kinds[k].track, kinds[k].tick_bytes, ticks[n], max);
        }
    }
}

Test(samples, a_packet_is_cut_between_ticks)
{
    struct slice au = shape_samples(6, 25);
    static const struct {
        size_t len;
        uint32_t ticks;
    } packets[] = {{60, 0}, {60, 10}, {30, 20}};
    struct packer p;
    bool marker = true;
    packer_init(&p, CODEC_L16, au, PACKER_MIN_PAYLOAD);
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        cr_assert_eq(packer_next(&p, NULL, &marker), packets[i].len);
        cr_assert_eq(p.ticks, packets[i].ticks);
        cr_assert_not(marker);
    }
    cr_assert_eq(packer_next(&p, NULL, &marker), 0);
    shape_free(au);
}

Test(samples, what_no_packet_can_hold_makes_none)
{
    static const struct slice frames[] = {
        BYTES(""), BYTES("\x01"), BYTES("\x00"), BYTES("\x00xxxx"), BYTES("\x41xxxx"),
    };
    for (size_t i = 0; i < ARRAY_LEN(frames); i++)
        cr_assert_eq(trip_count(CODEC_L16, frames[i], PACKER_MIN_PAYLOAD), 0, "row %zu", i);
}

Test(samples, each_packet_of_a_batch_has_the_time_of_its_first_sample)
{
    const struct batch_layout layout = {.rtp_time = 0xfffffff8};
    const size_t packet_bytes = RTP_HEADER_BYTES + PACKER_MIN_PAYLOAD;
    struct slice au = shape_samples(4, 40);
    size_t bytes = batch_interleaved_bytes(batch_measure(CODEC_L16, au, packet_bytes));
    uint8_t *dst = malloc(bytes);
    cr_assert_eq(batch_write_interleaved(dst, CODEC_L16, au, packet_bytes, &layout), dst + bytes);
    struct slice rest = slice_of(dst, bytes);
    for (uint32_t ticks = 0; ticks < 40; ticks += 16) {
        struct rtp_packet pkt;
        size_t len = get_be16(rest.ptr + 2);
        cr_assert_eq(rtp_parse(slice_of(rest.ptr + INTERLEAVED_HEADER_BYTES, len), &pkt), 0);
        cr_assert_eq(pkt.rtp_time, 0xfffffff8 + ticks);
        rest = slice_from(rest, INTERLEAVED_HEADER_BYTES + len);
    }
    cr_assert_eq(rest.len, 0);
    free(dst);
    shape_free(au);
}

static const struct row rows[] = {
    {"packet by packet",
     {{1, 0, true, BYTES("LlRrLlRr")}, {2, 2, false, BYTES("LlRr")}},
     {{0, false, BYTES("\x04LlRrLlRr")}, {2, false, BYTES("\x04LlRr")}}},
    {"a loss costs no other packet",
     {{1, 0, false, BYTES("LlRr")}, {3, 2, false, BYTES("LlRr")}},
     {{0, false, BYTES("\x04LlRr")}, {2, false, BYTES("\x04LlRr")}}},
    {"half a sample",
     {{1, 0, false, BYTES("LlRr")},
      {2, 1, false, BYTES("LlRrLl"), true},
      {3, 3, false, BYTES("L"), true},
      {4, 4, false, BYTES("LlRr")}},
     {{0, false, BYTES("\x04LlRr")}, {4, false, BYTES("\x04LlRr")}},
     2},
};

Test(samples, packets_come_out_with_the_bytes_of_a_tick_before_them)
{
    const struct media_track stereo = {.codec = CODEC_L16, .clock_rate = 48000, .channels = 2};
    run_rows(rows, ARRAY_LEN(rows), &stereo, (struct slice){0});
    run_rows_prefixes(rows, ARRAY_LEN(rows), &stereo, (struct slice){0});
}

Test(samples, more_channels_than_a_byte_can_count_are_refused)
{
    struct media_track t = {.codec = CODEC_L16, .clock_rate = 48000, .channels = 127};
    struct unpacker *u = unpacker_create(&t, (struct slice){0}, collect, NULL);
    cr_assert_not_null(u);
    unpacker_destroy(u);
    t.channels = 128;
    errno = 0;
    cr_assert_null(unpacker_create(&t, (struct slice){0}, collect, NULL));
    cr_assert_eq(errno, EINVAL);
}
