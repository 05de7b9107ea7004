/* SPDX-License-Identifier: MIT */
#include "rtp/rtp.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
#define FIXED                                                                                      \
    "\x60\x12\x34\xde\xad\xbe\xef\x01\x02\x03\x04" /* the header without its first byte            \
                                                    */

static const struct {
    const char *name;
    struct slice wire;
    struct slice payload;
} good[] = {
    {"empty payload", BYTES("\x80" FIXED), BYTES("")},
    {"payload", BYTES("\x80" FIXED "hello"), BYTES("hello")},
    {"two contributing sources", BYTES("\x82" FIXED "aaaabbbbhello"), BYTES("hello")},
    {"empty extension", BYTES("\x90" FIXED "\xbe\xde\0\0hello"), BYTES("hello")},
    {"extension", BYTES("\x90" FIXED "\xbe\xde\0\2xxxxyyyyhello"), BYTES("hello")},
    {"padding", BYTES("\xa0" FIXED "hello\0\0\3"), BYTES("hello")},
    {"nothing but padding", BYTES("\xa0" FIXED "\0\0\0\4"), BYTES("")},
    {"all of it", BYTES("\xb1" FIXED "aaaa\0\0\0\1xxxxhello\1"), BYTES("hello")},
};

Test(rtp, headers_are_read_whatever_is_optional)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct slice copy = guard_copy(good[i].wire);
        struct rtp_packet pkt;
        cr_assert_eq(rtp_parse(copy, &pkt), 0, "%s", good[i].name);
        cr_assert(slice_eq(pkt.payload, good[i].payload), "%s", good[i].name);
        cr_assert_eq(pkt.payload_type, 96);
        cr_assert_not(pkt.marker);
        cr_assert_eq(pkt.seq, 0x1234);
        cr_assert_eq(pkt.rtp_time, 0xdeadbeef);
        cr_assert_eq(pkt.ssrc, 0x01020304);
        guard_free(copy);
    }
}

static const struct {
    const char *name;
    struct slice wire;
} bad[] = {
    {"version 1", BYTES("\x40" FIXED "hello")},
    {"version 3", BYTES("\xc0" FIXED "hello")},
    {"sources beyond the end", BYTES("\x8f" FIXED "hello")},
    {"extension header beyond the end", BYTES("\x90" FIXED "\xbe\xde\0")},
    {"extension beyond the end", BYTES("\x90" FIXED "\xbe\xde\0\2xxxxyyy")},
    {"longest extension", BYTES("\x90" FIXED "\xbe\xde\xff\xffxxxx")},
    {"padding of 0", BYTES("\xa0" FIXED "hello\0")},
    {"padding longer than the payload", BYTES("\xa0" FIXED "hello\7")},
    {"padding of an empty payload", BYTES("\xa0" FIXED)},
    {"padding reaching into the extension", BYTES("\xb0" FIXED "\xbe\xde\0\1xxxx\2")},
};

Test(rtp, malformed_packets_are_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct slice copy = guard_copy(bad[i].wire);
        struct rtp_packet pkt;
        cr_assert_eq(rtp_parse(copy, &pkt), -EBADMSG, "%s", bad[i].name);
        guard_free(copy);
    }
}

Test(rtp, every_prefix_is_refused_or_read_within_its_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        for (size_t len = 0; len < good[i].wire.len; len++) {
            struct slice copy = guard_copy(slice_head(good[i].wire, len));
            struct rtp_packet pkt = {0};
            int err = rtp_parse(copy, &pkt);
            cr_assert(len >= RTP_HEADER_BYTES || err == -EBADMSG, "%s at %zu", good[i].name, len);
            cr_assert_leq(pkt.payload.len, len);
            guard_free(copy);
        }
    }
}

Test(rtp, what_is_written_is_read_back)
{
    struct rtp_packet in = {127, true, 0xffff, 0x80000001, 0xfedcba98, {0}};
    struct rtp_packet out;
    uint8_t wire[RTP_HEADER_BYTES];
    rtp_write_header(wire, &in);
    cr_assert(slice_eq(slice_of(wire, sizeof(wire)),
                       SLICE_LIT("\x80\xff\xff\xff\x80\x00\x00\x01\xfe\xdc\xba\x98")));
    cr_assert_eq(rtp_parse(slice_of(wire, sizeof(wire)), &out), 0);
    cr_assert(out.marker);
    cr_assert_eq(out.payload_type, in.payload_type);
    cr_assert_eq(out.seq, in.seq);
    cr_assert_eq(out.rtp_time, in.rtp_time);
    cr_assert_eq(out.ssrc, in.ssrc);
}

Test(rtp, sequence_numbers_wrap)
{
    cr_assert_eq(rtp_seq_diff(10, 13), 3);
    cr_assert_eq(rtp_seq_diff(13, 10), -3);
    cr_assert_eq(rtp_seq_diff(0xffff, 0), 1);
    cr_assert_eq(rtp_seq_diff(0, 0xffff), -1);
    cr_assert_eq(rtp_seq_diff(0, 0x7fff), 0x7fff);
}
