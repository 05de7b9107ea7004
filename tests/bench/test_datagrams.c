/* SPDX-License-Identifier: MIT */
#include "bench/datagrams.h"

#include "bench/units.h"
#include "core/bytes.h"
#include "rtp/rtp.h"

#include <criterion/criterion.h>
#include <netinet/udp.h>
#include <stdlib.h>

enum { FIRST_SEQ = 0xfffe, UNITS = 12 };

static const struct {
    const char *rate;
    size_t packet_bytes;
} rows[] = {{"2M", 1360}, {"300k", 1360}, {"8M", 1360}, {"20M", 9000}, {"2M", 128}, {"2M", 65000}};

static struct datagrams write_unit(const struct units *u, uint64_t n, size_t packet_bytes)
{
    const struct batch_layout layout = {
        .payload_type = 96, .ssrc = 7, .first_seq = FIRST_SEQ, .rtp_time = 3};
    struct datagrams d;
    uint8_t *unit = malloc(units_max_bytes(u));
    cr_assert_not_null(unit);
    cr_assert_eq(datagrams_init(&d, units_max_bytes(u), packet_bytes), 0);
    datagrams_write(&d, slice_of(unit, units_write(unit, u, n, 0)), packet_bytes, &layout);
    free(unit);
    return d;
}

static size_t cut_at(const struct datagram_send *send)
{
    uint16_t segment;
    const struct cmsghdr *cmsg = &send->control.align;
    cr_assert_eq(cmsg->cmsg_level, SOL_UDP);
    cr_assert_eq(cmsg->cmsg_type, UDP_SEGMENT);
    memcpy(&segment, CMSG_DATA(cmsg), sizeof segment);
    return segment;
}

/* Takes the packets of a send as the kernel cuts them. Returns the marker of the last. */
static bool check_packets(const struct datagram_send *send, uint16_t *seq)
{
    size_t segment = cut_at(send);
    struct slice rest = slice_of(send->bytes.iov_base, send->bytes.iov_len);
    struct rtp_packet pkt = {0};
    uint32_t packets = 0;
    for (; rest.len > 0; rest = slice_from(rest, segment), packets++) {
        cr_assert_not(pkt.marker, "a marker inside of an access unit");
        cr_assert_eq(rtp_parse(slice_head(rest, segment), &pkt), 0);
        cr_assert_eq(pkt.seq, (*seq)++);
        cr_assert_eq(pkt.ssrc, 7);
    }
    cr_assert_eq(packets, send->packets);
    return pkt.marker;
}

Test(datagrams, sends_hold_all_packets_within_the_kernels_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct units u;
        cr_assert_eq(units_init(&u, rows[i].rate, 30, 10), 0);
        for (uint64_t n = 0; n < UNITS; n++) {
            struct datagrams d = write_unit(&u, n, rows[i].packet_bytes);
            uint16_t seq = FIRST_SEQ;
            size_t len = 0;
            bool ended = false;
            for (uint32_t s = 0; s < d.count; s++) {
                cr_assert_not(ended);
                cr_assert_leq(d.send[s].packets, DATAGRAM_SEND_SEGMENTS);
                cr_assert_leq(d.send[s].bytes.iov_len, DATAGRAM_SEND_BYTES);
                cr_assert_leq(cut_at(&d.send[s]), rows[i].packet_bytes);
                ended = check_packets(&d.send[s], &seq);
                len += d.send[s].bytes.iov_len;
            }
            cr_assert(ended, "row %zu, unit %d", i, (int)n);
            cr_assert_eq(len, d.len);
            datagrams_fini(&d);
        }
    }
}

/* A STAP-A with what is small, and the slice: no send more than that needs. */
Test(datagrams, sends_are_few)
{
    struct units u;
    cr_assert_eq(units_init(&u, "2M", 30, 60), 0);
    for (uint64_t n = 0; n < UNITS; n++) {
        struct datagrams d = write_unit(&u, n, 1360);
        cr_assert_eq(d.count, 2, "unit %d has %u", (int)n, d.count);
        datagrams_fini(&d);
    }
}

Test(datagrams, only_what_is_cut_says_where)
{
    struct units u;
    uint32_t place = 0;
    cr_assert_eq(units_init(&u, "2M", 30, 60), 0);
    struct datagrams d = write_unit(&u, 1, 1360);
    struct msghdr one = datagram_send_message(&d.send[0], &place, sizeof place);
    struct msghdr many = datagram_send_message(&d.send[1], &place, sizeof place);
    cr_assert_eq(d.send[0].packets, 1);
    cr_assert_eq(one.msg_controllen, 0);
    cr_assert_gt(d.send[1].packets, 1);
    cr_assert_eq(many.msg_controllen, CMSG_SPACE(sizeof(uint16_t)));
    cr_assert_eq(many.msg_name, &place);
    datagrams_fini(&d);
}
