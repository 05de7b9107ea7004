/* SPDX-License-Identifier: MIT */
#include "rtp/rtcp.h"

#include "core/bytes.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* clang-format off */
#define SR                                                                                         \
    "\x80\xc8\x00\x06" "\x01\x02\x03\x04" "\xe9\xaa\xbb\xcc" "\x80\x00\x00\x00"                    \
    "\xde\xad\xbe\xef" "\x00\x00\x00\x07" "\x00\x01\x00\x00"
#define SDES "\x81\xca\x00\x03" "\x01\x02\x03\x04" "\x01\x05" "umbel" "\x00"
#define BYE  "\x81\xcb\x00\x01" "\x01\x02\x03\x04"
#define RR   "\x80\xc9\x00\x01" "\x01\x02\x03\x04"
#define RR_WITH_BLOCK                                                                              \
    "\x81\xc9\x00\x07" "\x01\x02\x03\x04" "aaaabbbbccccddddeeeeffff"
#define BLOCK_A                                                                                    \
    "\x0a\x0a\x0a\x0a" "\x40" "\x00\x01\x02" "\x00\x03\xff\xfe" "\x00\x00\x00\x64"                  \
    "\xbb\xcc\x80\x00" "\x00\x01\x80\x00"
#define BLOCK_B                                                                                    \
    "\x0b\x0b\x0b\x0b" "\xff" "\xff\xff\xff" "\x00\x00\x00\x01" "\xff\xff\xff\xff"                  \
    "\x00\x00\x00\x00" "\x00\x00\x00\x00"
#define RR_ABOUT_A_AND_B "\x82\xc9\x00\x0d" "\x01\x02\x03\x04" BLOCK_A BLOCK_B
#define SR_ABOUT_B                                                                                 \
    "\x81\xc8\x00\x0c" "\x01\x02\x03\x04" "\xe9\xaa\xbb\xcc" "\x80\x00\x00\x00"                    \
    "\xde\xad\xbe\xef" "\x00\x00\x00\x07" "\x00\x01\x00\x00" BLOCK_B
#define APP  "\x80\xcc\x00\x02" "\x01\x02\x03\x04" "name"
/* clang-format on */

static const struct rtcp_sender_info info = {
    .ssrc = 0x01020304,
    .ntp = UINT64_C(0xe9aabbcc80000000),
    .rtp_time = 0xdeadbeef,
    .packets = 7,
    .octets = 65536,
};

Test(rtcp, report_is_a_sender_report_and_a_cname)
{
    uint8_t wire[RTCP_REPORT_MAX];
    size_t len = rtcp_write_report(wire, &info, "umbel");
    cr_assert(slice_eq(slice_of(wire, len), SLICE_LIT(SR SDES)));
}

Test(rtcp, goodbye_ends_in_a_bye)
{
    uint8_t wire[RTCP_REPORT_MAX + RTCP_BYE_BYTES];
    size_t len = rtcp_write_goodbye(wire, &info, "umbel");
    cr_assert(slice_eq(slice_of(wire, len), SLICE_LIT(SR SDES BYE)));
}

static const struct rtcp_report_block blocks[] = {
    {0x0a0a0a0a, 0x40, 258, 0x3fffe, 100, 0xbbcc8000, 0x18000},
    {0x0b0b0b0b, 0xff, -1, 1, UINT32_MAX, 0, 0},
};

static void assert_block(const struct rtcp_report_block *got, const struct rtcp_report_block *want)
{
    cr_assert_eq(got->ssrc, want->ssrc);
    cr_assert_eq(got->fraction_lost, want->fraction_lost);
    cr_assert_eq(got->lost, want->lost);
    cr_assert_eq(got->highest_seq, want->highest_seq);
    cr_assert_eq(got->jitter, want->jitter);
    cr_assert_eq(got->last_sr, want->last_sr);
    cr_assert_eq(got->since_last_sr, want->since_last_sr);
}

Test(rtcp, receiver_report_has_its_blocks_and_a_cname)
{
    uint8_t wire[RTCP_RECEIVER_REPORT_MAX];
    size_t len = rtcp_write_receiver_report(wire, 0x01020304, blocks, 2, "umbel");
    cr_assert(slice_eq(slice_of(wire, len), SLICE_LIT(RR_ABOUT_A_AND_B SDES)));
    len = rtcp_write_receiver_report(wire, 0x01020304, NULL, 0, "umbel");
    cr_assert(slice_eq(slice_of(wire, len), SLICE_LIT(RR SDES)));
}

Test(rtcp, blocks_of_receiver_and_sender_reports_are_read)
{
    struct rtcp_seen seen;
    cr_assert_eq(rtcp_parse(SLICE_LIT(RR_ABOUT_A_AND_B SDES), &seen), 0);
    cr_assert_eq(seen.block_count, 2);
    assert_block(rtcp_block_about(&seen, 0x0a0a0a0a), &blocks[0]);
    assert_block(rtcp_block_about(&seen, 0x0b0b0b0b), &blocks[1]);
    cr_assert_null(rtcp_block_about(&seen, 0x0c0c0c0c));

    cr_assert_eq(rtcp_parse(SLICE_LIT(SR_ABOUT_B), &seen), 0);
    cr_assert(seen.has_sr);
    cr_assert_eq(seen.block_count, 1);
    assert_block(&seen.block[0], &blocks[1]);
}

Test(rtcp, lost_packets_are_a_signed_number_of_24_bits)
{
    static const int32_t lost[] = {0, 1, 0x7fffff, -1, -0x800000};
    for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
        struct rtcp_report_block b = {.ssrc = 1, .fraction_lost = 255, .lost = lost[i]};
        uint8_t wire[RTCP_RECEIVER_REPORT_MAX];
        struct rtcp_seen seen;
        size_t len = rtcp_write_receiver_report(wire, 2, &b, 1, "");
        cr_assert_eq(rtcp_parse(slice_of(wire, len), &seen), 0);
        assert_block(&seen.block[0], &b);
    }
}

Test(rtcp, more_blocks_than_one_report_can_hold_are_left_out)
{
    struct rtcp_report_block many[RTCP_BLOCKS_MAX];
    for (unsigned i = 0; i < RTCP_BLOCKS_MAX; i++)
        many[i] = (struct rtcp_report_block){.ssrc = i};
    char cname[RTCP_CNAME_MAX + 1];
    memset(cname, 'c', RTCP_CNAME_MAX);
    cname[RTCP_CNAME_MAX] = '\0';
    uint8_t wire[2 * RTCP_RECEIVER_REPORT_MAX];
    size_t len = rtcp_write_receiver_report(wire, 1, many, RTCP_BLOCKS_MAX, cname);
    cr_assert_leq(len, RTCP_RECEIVER_REPORT_MAX);
    len += rtcp_write_receiver_report(wire + len, 1, blocks, 2, cname);
    struct rtcp_seen seen;
    cr_assert_eq(rtcp_parse(slice_of(wire, len), &seen), 0);
    cr_assert_eq(seen.block_count, RTCP_BLOCKS_MAX);
    assert_block(&seen.block[RTCP_BLOCKS_MAX - 1], &many[RTCP_BLOCKS_MAX - 1]);
}

Test(rtcp, a_cname_of_any_length_is_terminated_and_fits)
{
    char cname[RTCP_CNAME_MAX + 10];
    for (size_t n = 0; n < sizeof(cname); n++) {
        memset(cname, 'c', n);
        cname[n] = '\0';
        uint8_t wire[RTCP_REPORT_MAX];
        size_t len = rtcp_write_report(wire, &info, cname);
        cr_assert_leq(len, RTCP_REPORT_MAX);
        cr_assert_eq(len % 4, 0);
        cr_assert_eq(wire[len - 1], 0);
        cr_assert_eq(wire[37], size_min(n, RTCP_CNAME_MAX));
        cr_assert_eq(28 + ((size_t)get_be16(wire + 30) + 1) * 4, len);
        struct rtcp_seen seen;
        cr_assert_eq(rtcp_parse(slice_of(wire, len), &seen), 0);
    }
}

struct row {
    const char *name;
    struct slice wire;
    int err;
    bool sr, rr, bye;
};

static const struct row rows[] = {
    {"sender report", BYTES(SR SDES), 0, true, false, false},
    {"goodbye", BYTES(SR SDES BYE), 0, true, false, true},
    {"receiver report", BYTES(RR SDES), 0, false, true, false},
    {"receiver report with a block", BYTES(RR_WITH_BLOCK SDES), 0, false, true, false},
    {"receiver report alone", BYTES(RR), 0, false, true, false},
    {"unknown types are skipped", BYTES(APP "\x80\x01\0\0" RR), 0, false, true, false},
    {"receiver report with two blocks", BYTES(RR_ABOUT_A_AND_B), 0, false, true, false},
    {"sender report with a block", BYTES(SR_ABOUT_B SDES), 0, true, false, false},
    {"reduced size, bye first", BYTES(BYE RR), 0, false, true, true},
    {"profile extension behind the blocks",
     BYTES("\x80\xc9\0\2\1\2\3\4"
           "more"),
     0, false, true, false},
    {"fewer blocks than it says", BYTES("\x82\xc9\0\7\1\2\3\4" BLOCK_A), -EBADMSG, false, false,
     false},
    {"sender report, fewer blocks",
     BYTES("\x81\xc8\0\6"
           "aaaabbbbccccddddeeeeffff"),
     -EBADMSG, false, false, false},
    {"padding over a block",
     BYTES("\xa1\xc9\0\7\1\2\3\4"
           "aaaabbbbccccddddeeee\0\0\0\4"),
     -EBADMSG, false, false, false},
    {"bye without a source", BYTES(RR "\x80\xcb\0\0"), 0, false, true, true},
    {"padding", BYTES(RR "\xa1\xcb\0\2\1\2\3\4\0\0\0\4"), 0, false, true, true},
    {"nothing", BYTES(""), -EBADMSG, false, false, false},
    {"version 1", BYTES("\x40\xc9\0\1\1\2\3\4"), -EBADMSG, false, false, false},
    {"length beyond the end", BYTES(RR "\x81\xcb\0\2\1\2\3\4"), -EBADMSG, false, true, false},
    {"bytes behind the end", BYTES(RR "\x81\xcb"), -EBADMSG, false, true, false},
    {"short sender report", BYTES("\x80\xc8\0\1\1\2\3\4" BYE), -EBADMSG, false, false, false},
    {"short receiver report", BYTES("\x80\xc9\0\0" BYE), -EBADMSG, false, false, false},
    {"padding beyond the packet", BYTES("\xa1\xcb\0\1\1\2\3\5"), -EBADMSG, false, false, false},
    {"padding over the report", BYTES("\xa0\xc9\0\1\1\2\3\4"), -EBADMSG, false, false, false},
};

Test(rtcp, compound_packets_are_read)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice copy = guard_copy(rows[i].wire);
        struct rtcp_seen seen;
        cr_assert_eq(rtcp_parse(copy, &seen), rows[i].err, "%s", rows[i].name);
        cr_assert_eq(seen.has_sr, rows[i].sr, "%s", rows[i].name);
        cr_assert_eq(seen.has_rr, rows[i].rr, "%s", rows[i].name);
        cr_assert_eq(seen.has_bye, rows[i].bye, "%s", rows[i].name);
        guard_free(copy);
    }
}

Test(rtcp, sender_info_is_read_back)
{
    struct rtcp_seen seen;
    cr_assert_eq(rtcp_parse(SLICE_LIT(SR SDES), &seen), 0);
    cr_assert_eq(seen.sr.ssrc, info.ssrc);
    cr_assert_eq(seen.sr.ntp, info.ntp);
    cr_assert_eq(seen.sr.rtp_time, info.rtp_time);
    cr_assert_eq(seen.sr.packets, info.packets);
    cr_assert_eq(seen.sr.octets, info.octets);
}

Test(rtcp, every_prefix_is_read_within_its_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t len = 0; len < rows[i].wire.len; len++) {
            struct slice copy = guard_copy(slice_head(rows[i].wire, len));
            struct rtcp_seen seen;
            int err = rtcp_parse(copy, &seen);
            cr_assert(err == 0 || err == -EBADMSG);
            cr_assert(len % 4 == 0 || err == -EBADMSG, "%s at %zu", rows[i].name, len);
            guard_free(copy);
        }
    }
}

static const struct {
    int64_t wall_ns;
    uint64_t ntp;
} times[] = {
    {0, UINT64_C(2208988800) << 32},
    {INT64_C(500000000), UINT64_C(2208988800) << 32 | UINT64_C(0x80000000)},
    {INT64_C(-1000000000), UINT64_C(2208988799) << 32},
    {INT64_C(1700000000) * NS_PER_S + 250000000, UINT64_C(3908988800) << 32 | 0x40000000},
    /* The last second of era 0 and the first one of era 1: 2036-02-07. */
    {INT64_C(2085978495) * NS_PER_S, UINT64_C(0xffffffff) << 32},
    {INT64_C(2085978496) * NS_PER_S, 0},
};

Test(rtcp, known_instants_convert_both_ways)
{
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        cr_assert_eq(rtcp_ntp_from_wall(times[i].wall_ns), times[i].ntp, "row %zu", i);
        cr_assert_eq(rtcp_wall_from_ntp(times[i].ntp), times[i].wall_ns, "row %zu", i);
    }
}

Test(rtcp, nanoseconds_survive_the_round_trip)
{
    static const int64_t seconds[] = {-1, 0, 1700000000, 2085978495, 2085978496, 4000000000};
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        for (int64_t ns = 0; ns < NS_PER_S; ns += 999983) {
            int64_t wall = seconds[i] * NS_PER_S + ns;
            cr_assert_eq(rtcp_wall_from_ntp(rtcp_ntp_from_wall(wall)), wall);
        }
        int64_t last = seconds[i] * NS_PER_S + NS_PER_S - 1;
        cr_assert_eq(rtcp_wall_from_ntp(rtcp_ntp_from_wall(last)), last);
    }
}
