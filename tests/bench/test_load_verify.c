/* SPDX-License-Identifier: MIT */
#include "bench/load_verify.h"

#include "core/bytes.h"
#include "rtp/batch.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

enum { CHANNEL = 0, PLAY_MS = 1000, WIRE_MAX = 1 << 20 };

/* A stream on the wire, and who reads it. */
struct scene {
    struct units units;
    uint16_t seq;
    size_t packet_bytes;
    struct load_tally tally;
    struct load_verify verify;
    size_t len;
    uint8_t wire[WIRE_MAX];
    uint8_t unit[WIRE_MAX / 2];
};

static struct scene scene;

static void begin(const char *rate, size_t packet_bytes)
{
    scene = (struct scene){.seq = 0xfff0, .packet_bytes = packet_bytes};
    cr_assert_eq(units_init(&scene.units, rate, 30, 10), 0);
    load_verify_init(&scene.verify, &scene.tally, PLAY_MS * NS_PER_MS);
    load_verify_add_track(&scene.verify, CHANNEL, CHANNEL + 1, true);
}

/* Appends access unit n; returns the packets that it has. */
static uint32_t append(uint64_t n, int64_t published_ms)
{
    size_t bytes = units_write(scene.unit, &scene.units, n, published_ms * NS_PER_MS);
    struct slice unit = slice_of(scene.unit, bytes);
    struct batch_size size = batch_measure(CODEC_H264, unit, scene.packet_bytes);
    const struct batch_layout layout = {.channel = CHANNEL,
                                        .payload_type = 96,
                                        .ssrc = 7,
                                        .first_seq = scene.seq,
                                        .rtp_time = (uint32_t)n * 3000};
    uint8_t *end = batch_write_interleaved(scene.wire + scene.len, CODEC_H264, unit,
                                           scene.packet_bytes, &layout);
    scene.len = (size_t)(end - scene.wire);
    scene.seq = (uint16_t)(scene.seq + size.packets);
    return size.packets;
}

static struct slice wire(void)
{
    return slice_of(scene.wire, scene.len);
}

static void read_all(int64_t now_ms)
{
    int64_t used = load_verify_bytes(&scene.verify, wire(), now_ms * NS_PER_MS);
    cr_assert_eq(used, (int64_t)scene.len);
    scene.len = 0;
}

/* Packet number 'which' of the wire, with its interleaved header. */
static struct slice find_packet(unsigned which)
{
    size_t at = 0;
    for (; which > 0; which--)
        at += INTERLEAVED_HEADER_BYTES + get_be16(scene.wire + at + 2);
    return slice_of(scene.wire + at, INTERLEAVED_HEADER_BYTES + get_be16(scene.wire + at + 2));
}

/* Takes it out of the wire. */
static void drop_packet(unsigned which)
{
    struct slice packet = find_packet(which);
    size_t at = (size_t)(packet.ptr - scene.wire);
    scene.len -= packet.len;
    memmove(scene.wire + at, scene.wire + at + packet.len, scene.len - at);
}

static void assert_flawless(void)
{
    const struct load_tally *t = &scene.tally;
    cr_assert_eq(t->lost_packets, 0);
    cr_assert_eq(t->late_packets, 0);
    cr_assert_eq(t->broken_packets, 0);
    cr_assert_eq(t->missing_units, 0);
    cr_assert_eq(t->damaged_units, 0);
}

Test(load_verify, flawless_stream_is_counted_whole)
{
    uint64_t packets = 0;
    begin("2M", 1360);
    for (uint64_t n = 0; n < 20; n++) {
        packets += append(n, PLAY_MS + 33 * (int64_t)n);
        read_all(PLAY_MS + 33 * (int64_t)n + 2);
    }
    assert_flawless();
    cr_assert_eq(scene.tally.units, 20);
    cr_assert_eq(scene.tally.key_units, 2);
    cr_assert_eq(scene.tally.stamped_units, 20);
    cr_assert_eq(scene.tally.packets, packets);
    cr_assert_eq(scene.tally.delay[LOAD_PHASE_JOINING].count, 20);
    cr_assert_eq(scene.tally.delay[LOAD_PHASE_JOINING].max_ns, (uint64_t)(2 * NS_PER_MS));
}

Test(load_verify, stamps_are_found_whatever_the_packet_size)
{
    static const size_t sizes[] = {RTP_HEADER_BYTES + PACKER_MIN_PAYLOAD, 200, 500, 1360, 9000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        begin("300k", sizes[i]);
        for (uint64_t n = 0; n < 12; n++) {
            append(n, PLAY_MS + 33 * (int64_t)n);
            read_all(PLAY_MS + 33 * (int64_t)n + 1);
        }
        assert_flawless();
        cr_assert_eq(scene.tally.stamped_units, 12, "packets of %zu", sizes[i]);
        cr_assert_eq(scene.tally.key_units, 2);
    }
}

Test(load_verify, bytes_may_come_one_by_one)
{
    begin("300k", 500);
    append(0, PLAY_MS);
    append(1, PLAY_MS);
    size_t from = 0;
    for (size_t to = 0; to <= scene.len; to++) {
        struct slice copy = guard_copy(slice_of(scene.wire + from, to - from));
        int64_t used = load_verify_bytes(&scene.verify, copy, PLAY_MS * NS_PER_MS);
        guard_free(copy);
        cr_assert_geq(used, 0);
        from += (size_t)used;
    }
    cr_assert_eq(from, scene.len);
    assert_flawless();
    cr_assert_eq(scene.tally.units, 2);
}

Test(load_verify, lost_packet_is_counted_and_damages_its_unit_only)
{
    begin("2M", 1360);
    append(0, PLAY_MS);
    read_all(PLAY_MS);
    append(1, PLAY_MS);
    append(2, PLAY_MS);
    drop_packet(1);
    read_all(PLAY_MS);
    cr_assert_eq(scene.tally.lost_packets, 1);
    cr_assert_eq(scene.tally.damaged_units, 1);
    cr_assert_eq(scene.tally.units, 2);
    cr_assert_eq(scene.tally.missing_units, 0);
}

Test(load_verify, last_packet_lost_damages_the_unit_that_it_ended)
{
    begin("2M", 1360);
    append(0, PLAY_MS);
    read_all(PLAY_MS);
    uint32_t packets = append(1, PLAY_MS);
    append(2, PLAY_MS);
    drop_packet(packets - 1);
    read_all(PLAY_MS);
    cr_assert_eq(scene.tally.lost_packets, 1);
    cr_assert_geq(scene.tally.damaged_units, 1);
}

Test(load_verify, units_that_a_server_leaves_out_are_missing)
{
    begin("2M", 1360);
    append(0, PLAY_MS);
    append(5, PLAY_MS); /* the sequence numbers go on without a gap */
    read_all(PLAY_MS);
    cr_assert_eq(scene.tally.lost_packets, 0);
    cr_assert_eq(scene.tally.missing_units, 4);
    cr_assert_eq(scene.tally.units, 2);
}

Test(load_verify, what_comes_twice_is_late)
{
    begin("300k", 1360);
    append(0, PLAY_MS);
    uint32_t packets = append(1, PLAY_MS);
    scene.seq = (uint16_t)(scene.seq - packets);
    append(1, PLAY_MS);
    read_all(PLAY_MS);
    cr_assert_eq(scene.tally.late_packets, packets);
    cr_assert_eq(scene.tally.units, 2);
}

/* The packets of the wire without their interleaved headers, in this order. */
static void take_datagrams(const unsigned *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice packet = find_packet(order[i]);
        struct slice copy = guard_copy(slice_from(packet, INTERLEAVED_HEADER_BYTES));
        load_verify_datagram(&scene.verify, 0, copy, PLAY_MS * NS_PER_MS);
        guard_free(copy);
    }
}

Test(load_verify, datagrams_are_packets_without_a_header)
{
    static const unsigned order[] = {0, 1, 2};
    begin("2M", 30000);
    cr_assert_eq(append(0, PLAY_MS), 3);
    take_datagrams(order, ARRAY_LEN(order));
    assert_flawless();
    cr_assert_eq(scene.tally.units, 1);
    cr_assert_eq(scene.tally.bytes, scene.len - 3 * INTERLEAVED_HEADER_BYTES);
}

Test(load_verify, overtaken_packet_is_late_and_not_lost)
{
    static const unsigned order[] = {0, 2, 1, 3};
    begin("300k", 1360);
    for (uint64_t n = 0; n < ARRAY_LEN(order); n++)
        append(n, PLAY_MS);
    take_datagrams(order, ARRAY_LEN(order));
    cr_assert_eq(scene.tally.lost_packets, 0);
    cr_assert_eq(scene.tally.late_packets, 1);
}

Test(load_verify, cached_units_have_no_delay)
{
    begin("2M", 1360);
    append(0, PLAY_MS - 500);
    append(1, PLAY_MS + 5);
    read_all(PLAY_MS + 8);
    const struct hist *delay = &scene.tally.delay[LOAD_PHASE_JOINING];
    cr_assert_eq(delay->count, 1);
    cr_assert_eq(delay->max_ns, (uint64_t)(3 * NS_PER_MS));
    cr_assert_eq(scene.tally.first_packet.max_ns, (uint64_t)(8 * NS_PER_MS));
    cr_assert_eq(scene.tally.first_key.count, 1);
}

Test(load_verify, delays_go_to_the_phase_at_hand)
{
    begin("2M", 1360);
    append(0, PLAY_MS);
    read_all(PLAY_MS + 1);
    scene.tally.phase = LOAD_PHASE_MEASURING;
    append(1, PLAY_MS);
    read_all(PLAY_MS + 1);
    cr_assert_eq(scene.tally.delay[LOAD_PHASE_JOINING].count, 1);
    cr_assert_eq(scene.tally.delay[LOAD_PHASE_MEASURING].count, 1);
}

Test(load_verify, beginning_within_a_unit_is_no_damage)
{
    begin("2M", 1360);
    append(0, PLAY_MS);
    append(1, PLAY_MS);
    for (int i = 0; i < 4; i++)
        drop_packet(0);
    read_all(PLAY_MS);
    cr_assert_eq(scene.tally.damaged_units, 0);
    cr_assert_eq(scene.tally.lost_packets, 0);
    cr_assert_eq(scene.tally.units, 1);
}

/* What is not a packet of the track, between two that are. */
static const struct {
    struct slice bytes;
    uint64_t broken, rtcp;
} strangers[] = {
    {{0}, 0, 0},
    {SLICE_LIT("$\1\0\4\x80\xc8\0\0"), 0, 1},
    {SLICE_LIT("$\7\0\4abcd"), 1, 0},
    {SLICE_LIT("$\0\0\0"), 1, 0},
    {SLICE_LIT("$\0\0\4abcd"), 1, 0},
    {SLICE_LIT("RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n"), 0, 0},
    {SLICE_LIT("RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n$$"), 0, 0},
    /* another SSRC, another payload type, an empty payload */
    {SLICE_LIT("$\0\0\15\x80\x60\xff\xff\0\0\0\0\0\0\0\1x"), 1, 0},
    {SLICE_LIT("$\0\0\15\x80\x61\xff\xff\0\0\0\0\0\0\0\7x"), 1, 0},
};

Test(load_verify, replies_and_strangers_between_packets_harm_nothing)
{
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        begin("300k", 1360);
        append(0, PLAY_MS);
        struct slice bytes = strangers[i].bytes;
        if (bytes.len > 0)
            memcpy(scene.wire + scene.len, bytes.ptr, bytes.len);
        scene.len += bytes.len;
        append(1, PLAY_MS);
        read_all(PLAY_MS);
        cr_assert_eq(scene.tally.broken_packets, strangers[i].broken, "row %zu", i);
        cr_assert_eq(scene.tally.rtcp_packets, strangers[i].rtcp, "row %zu", i);
        cr_assert_eq(scene.tally.units, 2, "row %zu", i);
        cr_assert_eq(scene.tally.lost_packets, 0, "row %zu", i);
    }
}

Test(load_verify, garbage_is_refused)
{
    begin("300k", 1360);
    cr_assert_eq(load_verify_bytes(&scene.verify, SLICE_LIT("garbage"), 0), -EBADMSG);
}

/* Payloads as a hostile server may send them: none may be read beyond its end. */
static const struct slice payloads[] = {
    SLICE_LIT(""),
    SLICE_LIT("\x18"),
    SLICE_LIT("\x18\0\2\x41"),
    SLICE_LIT("\x18\0\1\x41\0"),
    SLICE_LIT("\x18\0\0\0\0"),
    SLICE_LIT("\x1c"),
    SLICE_LIT("\x1c\x45"),
    SLICE_LIT("\x1c\xc6\5\377\377"),
    SLICE_LIT("\6\5\377\377\377"),
    SLICE_LIT("\6\5"),
    SLICE_LIT("\6"),
};

Test(load_verify, hostile_payloads_are_bounded_by_their_packet)
{
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        uint8_t bytes[64] = {'$', CHANNEL, 0, (uint8_t)(RTP_HEADER_BYTES + payloads[i].len)};
        const struct rtp_packet header = {.payload_type = 96, .marker = true, .ssrc = 7};
        begin("300k", 1360);
        rtp_write_header(bytes + INTERLEAVED_HEADER_BYTES, &header);
        size_t head = INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;
        if (payloads[i].len > 0)
            memcpy(bytes + head, payloads[i].ptr, payloads[i].len);
        struct slice copy = guard_copy(slice_of(bytes, head + payloads[i].len));
        cr_assert_eq(load_verify_bytes(&scene.verify, copy, 0), (int64_t)copy.len, "row %zu", i);
        guard_free(copy);
        cr_assert_eq(scene.tally.stamped_units, 0);
    }
}
