/* SPDX-License-Identifier: MIT */
#include "rtp/receiver.h"

#include <criterion/criterion.h>

enum { RATE = 90000, SSRC = 7, OTHER_SSRC = 8 };

static void show(struct receiver *r, uint16_t seq)
{
    receiver_on_packet(r, &(struct rtp_packet){.seq = seq, .ssrc = SSRC}, 0);
}

static struct rtcp_report_block report(struct receiver *r, int64_t now_ns)
{
    struct rtcp_report_block block;
    cr_assert(receiver_report(r, now_ns, &block));
    return block;
}

Test(receiver, has_no_report_before_the_first_packet)
{
    struct receiver r;
    struct rtcp_report_block block;
    receiver_init(&r, RATE);
    receiver_on_sender_report(&r, 1, 0);
    cr_assert_not(receiver_report(&r, 0, &block));
}

/* What came, up to 0; then the report. */
static const struct {
    const char *name;
    uint32_t seq[12]; /* plus 65536, to tell 0 from the end */
    uint32_t highest;
    int32_t lost;
    uint8_t fraction;
} rows[] = {
    {"one", {66000}, 464, 0, 0},
    {"in order", {66000, 66001, 66002, 66003}, 467, 0, 0},
    {"one of four lost", {66000, 66001, 66003}, 467, 1, 64},
    {"reordered", {66000, 66002, 66001, 66003}, 467, 0, 0},
    {"duplicates hide losses", {66000, 66001, 66001, 66003}, 467, 0, 0},
    {"duplicates alone", {66000, 66001, 66001, 66001}, 465, -2, 0},
    {"wrap", {131070, 131071, 65536, 65537}, 65537, 0, 0},
    {"late across the wrap", {131071, 65537, 131070, 65536, 65538}, 65538, -1, 0},
    {"half of it lost", {66000, 66002, 66004, 66006, 66007}, 471, 3, 96},
    {"a burst of loss", {66000, 66000 + 2999}, 3463, 2998, 255},
};

Test(receiver, losses_and_the_highest_number_are_reported)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct receiver r;
        receiver_init(&r, RATE);
        for (unsigned k = 0; rows[i].seq[k] != 0; k++)
            show(&r, (uint16_t)rows[i].seq[k]);
        struct rtcp_report_block b = report(&r, 0);
        cr_assert_eq(b.ssrc, SSRC);
        cr_assert_eq(b.highest_seq, rows[i].highest, "%s: %u", rows[i].name, b.highest_seq);
        cr_assert_eq(b.lost, rows[i].lost, "%s: %d", rows[i].name, b.lost);
        cr_assert_eq(b.fraction_lost, rows[i].fraction, "%s: %u", rows[i].name, b.fraction_lost);
    }
}

Test(receiver, the_fraction_is_since_the_last_report)
{
    struct receiver r;
    receiver_init(&r, RATE);
    for (uint16_t seq = 0; seq < 100; seq++)
        if (seq % 2 == 0)
            show(&r, seq);
    cr_assert_eq(report(&r, 0).fraction_lost, 49 * 256 / 99);
    cr_assert_eq(report(&r, 0).fraction_lost, 0, "nothing was expected");
    for (uint16_t seq = 99; seq < 199; seq++)
        show(&r, seq);
    struct rtcp_report_block b = report(&r, 0);
    cr_assert_eq(b.fraction_lost, 0);
    cr_assert_eq(b.lost, 49);
    show(&r, 202);
    cr_assert_eq(report(&r, 0).fraction_lost, 192);
}

Test(receiver, lost_packets_are_clamped_to_24_bits)
{
    struct receiver r;
    receiver_init(&r, RATE);
    for (uint32_t seq = 0; seq < 4000 * 2999u; seq += 2999)
        show(&r, (uint16_t)seq);
    struct rtcp_report_block b = report(&r, 0);
    cr_assert_eq(b.lost, 0x7fffff);
    cr_assert_eq(b.highest_seq, 3999 * 2999u);
    receiver_init(&r, RATE);
    for (uint32_t i = 0; i < 0x800010; i++)
        show(&r, 1);
    cr_assert_eq(report(&r, 0).lost, -0x800000);
}

/* Every other packet is late by some ticks: the estimate converges to that (A.8). */
Test(receiver, jitter_is_what_the_spacing_changes_by)
{
    static const uint32_t rates[] = {90000, 48000, 8000, 1};
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct receiver r;
        receiver_init(&r, rates[i]);
        const uint32_t late = rates[i] / 100;
        for (uint32_t n = 0; n < 500; n++) {
            uint32_t ticks = n * (rates[i] / 50), at = ticks + (n % 2 ? late : 0);
            struct rtp_packet pkt = {
                .seq = (uint16_t)n, .ssrc = SSRC, .rtp_time = ticks - 5000 /* wraps */};
            int64_t now_ns = INT64_C(86400) * NS_PER_S + (int64_t)at * NS_PER_S / rates[i];
            receiver_on_packet(&r, &pkt, now_ns);
        }
        uint32_t jitter = report(&r, 0).jitter;
        cr_assert(jitter + 1 >= late && jitter <= late + 1, "%u of %u", jitter, late);
    }
}

Test(receiver, jitter_of_hostile_time_stamps_is_bounded)
{
    struct receiver r;
    receiver_init(&r, UINT32_MAX);
    for (uint32_t n = 0; n < 1000; n++) {
        struct rtp_packet pkt = {
            .seq = (uint16_t)n, .ssrc = SSRC, .rtp_time = n % 2 ? UINT32_C(0x80000000) : 0};
        receiver_on_packet(&r, &pkt, INT64_MAX - 1000 + n);
    }
    cr_assert_geq(report(&r, 0).jitter, UINT32_C(0x7fff0000));
}

Test(receiver, the_last_sender_report_and_its_age_are_told)
{
    struct receiver r;
    receiver_init(&r, RATE);
    const int64_t then = 1000 * NS_PER_S;
    receiver_on_sender_report(&r, UINT64_C(0xe9aabbcc80001234), then);
    show(&r, 1);
    static const struct {
        int64_t later_ns;
        uint32_t delay;
    } ages[] = {
        {0, 0},
        {NS_PER_S / 2, 0x8000},
        {5 * NS_PER_S + NS_PER_S / 4, 0x54000},
        {65535 * NS_PER_S, 0xffff0000},
        {65536 * NS_PER_S, UINT32_MAX},
        {-NS_PER_S, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
        struct rtcp_report_block b = report(&r, then + ages[i].later_ns);
        cr_assert_eq(b.last_sr, 0xbbcc8000);
        cr_assert_eq(b.since_last_sr, ages[i].delay, "row %zu: %x", i, b.since_last_sr);
    }
}

Test(receiver, has_no_age_without_a_sender_report)
{
    struct receiver r;
    receiver_init(&r, RATE);
    show(&r, 1);
    struct rtcp_report_block b = report(&r, 1000 * NS_PER_S);
    cr_assert_eq(b.last_sr, 0);
    cr_assert_eq(b.since_last_sr, 0);
}

/* Where a stream that was at 1000 goes on. */
static const struct {
    uint32_t ssrc;
    uint16_t seq;
} leaps[] = {{OTHER_SSRC, 1001}, {SSRC, 1000 + 3000}, {SSRC, 1000 - 101}, {SSRC, 40000}};

Test(receiver, counts_start_anew_when_two_packets_follow_each_other)
{
    for (size_t i = 0; i < ARRAY_LEN(leaps); i++) {
        struct receiver r;
        struct rtp_packet pkt = {.ssrc = leaps[i].ssrc, .seq = leaps[i].seq};
        receiver_init(&r, RATE);
        show(&r, 990);
        show(&r, 1000);
        receiver_on_packet(&r, &pkt, 0);
        cr_assert_eq(report(&r, 0).highest_seq, 1000, "one is not believed");
        pkt.seq++;
        receiver_on_packet(&r, &pkt, 0);
        struct rtcp_report_block b = report(&r, 0);
        cr_assert_eq(b.ssrc, leaps[i].ssrc);
        cr_assert_eq(b.highest_seq, leaps[i].seq + 1u);
        cr_assert_eq(b.lost, 0);
    }
}

Test(receiver, forged_packets_between_true_ones_change_nothing)
{
    struct receiver r;
    receiver_init(&r, RATE);
    for (uint16_t n = 0; n < 100; n++) {
        struct rtp_packet forged = {.ssrc = OTHER_SSRC, .seq = (uint16_t)(n + 500)};
        show(&r, n);
        receiver_on_packet(&r, &forged, 0);
    }
    struct rtcp_report_block b = report(&r, 0);
    cr_assert_eq(b.ssrc, SSRC);
    cr_assert_eq(b.highest_seq, 99);
    cr_assert_eq(b.lost, 0);
    cr_assert_eq(r.first_seq, 0, "never started anew");
}
