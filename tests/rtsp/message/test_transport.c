/* SPDX-License-Identifier: MIT */
#include "rtsp/message/transport.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

enum { SPECS_MAX = 3 };

#define TCP(rtp, rtcp)                                                                             \
    .kind = TRANSPORT_TCP, .has_interleaved = true, .rtp_channel = rtp, .rtcp_channel = rtcp

#define UDP(rtp, rtcp) .kind = TRANSPORT_UDP, .rtp_port = rtp, .rtcp_port = rtcp

static const struct {
    const char *header;
    unsigned count;
    struct transport_spec spec[SPECS_MAX];
} rows[] = {
    /* ffmpeg, over TCP and over UDP. */
    {"RTP/AVP/TCP;unicast;interleaved=0-1", 1, {{TCP(0, 1)}}},
    {"RTP/AVP/UDP;unicast;client_port=24104-24105", 1, {{UDP(24104, 24105)}}},
    {"RTP/AVP/TCP;unicast;interleaved=2-3;mode=record", 1, {{TCP(2, 3), .record = true}}},
    {"RTP/AVP/TCP;unicast;interleaved=0-1;mode=receive", 1, {{TCP(0, 1), .record = true}}},
    /* GStreamer: a choice, and its publisher. */
    {"RTP/AVPF;unicast;client_port=50000-50001,RTP/AVPF/TCP;unicast;interleaved=0-1",
     2,
     {{UDP(50000, 50001)}, {TCP(0, 1)}}},
    {"RTP/AVP;unicast;client_port=0-0;mode=RECORD", 1, {{UDP(0, 0), .record = true}}},
    {"RTP/AVP;multicast;destination=224.0.0.1;port=5000-5001;ttl=16,RTP/AVP;unicast,RTP/AVP/TCP",
     3,
     {{.kind = TRANSPORT_MULTICAST, .destination = SLICE_LIT("224.0.0.1")},
      {.kind = TRANSPORT_UDP},
      {.kind = TRANSPORT_TCP}}},
    /* Case, quotes, white space, folded lines. */
    {"rtp/avp/tcp;UNICAST;Interleaved=4-5;MODE=\"Record\"", 1, {{TCP(4, 5), .record = true}}},
    {" RTP/AVP/TCP ; unicast ; interleaved = 4 - 5 ,\r\n RTP/AVP ",
     2,
     {{TCP(4, 5)}, {.kind = TRANSPORT_UDP}}},
    {"RTP/AVP/TCP;mode=\"PLAY, RECORD\";interleaved=0-1,RTP/AVP",
     2,
     {{TCP(0, 1), .record = true}, {.kind = TRANSPORT_UDP}}},
    {"RTP/AVP/TCP;mode=\"PLAY\"", 1, {{.kind = TRANSPORT_TCP}}},
    {"RTP/AVP/TCP;mode=\"record", 1, {{.kind = TRANSPORT_TCP, .record = true}}},
    {"RTP/AVP/TCP;mode=", 1, {{.kind = TRANSPORT_TCP}}},
    {"RTP/AVP/TCP;mode=\"", 1, {{.kind = TRANSPORT_TCP}}},
    /* Channels: one only, odd ones, at the upper end. */
    {"RTP/AVP/TCP;interleaved=7", 1, {{TCP(7, 8)}}},
    {"RTP/AVP/TCP;interleaved=7-", 1, {{TCP(7, 8)}}},
    {"RTP/AVP/TCP;interleaved=3-4", 1, {{TCP(3, 4)}}},
    {"RTP/AVP/TCP;interleaved=10-20", 1, {{TCP(10, 20)}}},
    {"RTP/AVP/TCP;interleaved=254-255", 1, {{TCP(254, 255)}}},
    /* Ports: one only, odd ones, the same twice, and what counts as not given. */
    {"RTP/AVP;unicast;client_port=5000", 1, {{UDP(5000, 5001)}}},
    {"RTP/AVP;client_port=5001-", 1, {{UDP(5001, 5002)}}},
    {"RTP/AVP;client_port=5000-5000", 1, {{UDP(5000, 5000)}}},
    {"RTP/AVP;Client_Port = 5000 - 6001 ", 1, {{UDP(5000, 6001)}}},
    {"RTP/AVP;client_port=65534-65535", 1, {{UDP(65534, 65535)}}},
    {"RTP/AVP;client_port=65535", 1, {{UDP(65535, 0)}}},
    {"RTP/AVP;client_port=5000-x", 1, {{UDP(5000, 5001)}}},
    {"RTP/AVP;client_port=5000-65536", 1, {{UDP(5000, 5001)}}},
    {"RTP/AVP;client_port=65536-65537", 1, {{UDP(0, 0)}}},
    {"RTP/AVP;client_port=-5000", 1, {{UDP(0, 0)}}},
    {"RTP/AVP;client_port=", 1, {{UDP(0, 0)}}},
    {"RTP/AVP;client_port", 1, {{UDP(0, 0)}}},
    {"RTP/AVP;client_port=18446744073709556616", 1, {{UDP(0, 0)}}},
    {"RTP/AVP/TCP;client_port=5000-5001;interleaved=0-1",
     1,
     {{TCP(0, 1), .rtp_port = 5000, .rtcp_port = 5001}}},
    /* Where to: the caller decides whether it may be. */
    {"RTP/AVP;unicast;destination=10.0.0.7;client_port=5000-5001",
     1,
     {{UDP(5000, 5001), .destination = SLICE_LIT("10.0.0.7")}}},
    {"RTP/AVP;destination= ::1 ", 1, {{.kind = TRANSPORT_UDP, .destination = SLICE_LIT("::1")}}},
    {"RTP/AVP;destination=,RTP/AVP;destination",
     2,
     {{.kind = TRANSPORT_UDP}, {.kind = TRANSPORT_UDP}}},
    /* Feedback, whichever way it goes. */
    {"RTP/AVPF/UDP;unicast;client_port=1024-1025", 1, {{UDP(1024, 1025)}}},
    {"rtp/avpf", 1, {{.kind = TRANSPORT_UDP}}},
    {"RTP/AVPF;multicast", 1, {{.kind = TRANSPORT_MULTICAST}}},
    {"RTP/AVP/UDP;multicast;unicast", 1, {{.kind = TRANSPORT_MULTICAST}}},
    {"RTP/AVP/TCP;multicast", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    /* Malformed ones. */
    {"RTP/AVP/TCP;interleaved=255", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=255-256", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=1-0", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=1-1", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=-1", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=a-b;multicast", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/SAVP/TCP;unicast", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RAW/RAW/UDP", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {";unicast", 1, {{.kind = TRANSPORT_UNKNOWN}}},
    {"RTP/AVP/TCP;interleaved=9-8,RTP/AVP/TCP;interleaved=8-9",
     2,
     {{.kind = TRANSPORT_UNKNOWN}, {TCP(8, 9)}}},
    /* Empty elements count for nothing. */
    {"", 0, {{0}}},
    {" , ,, ", 0, {{0}}},
    {",RTP/AVP/TCP,", 1, {{.kind = TRANSPORT_TCP}}},
};

static void assert_spec(const struct transport_spec *got, const struct transport_spec *want,
                        const char *header)
{
    cr_assert_eq(got->kind, want->kind, "%s", header);
    if (want->kind == TRANSPORT_UNKNOWN)
        return;
    cr_assert_eq(got->record, want->record, "%s", header);
    cr_assert_eq(got->rtp_port, want->rtp_port, "%s", header);
    cr_assert_eq(got->rtcp_port, want->rtcp_port, "%s", header);
    cr_assert(slice_eq(got->destination, want->destination), "%s", header);
    cr_assert_eq(got->has_interleaved, want->has_interleaved, "%s", header);
    if (!want->has_interleaved)
        return;
    cr_assert_eq(got->rtp_channel, want->rtp_channel, "%s", header);
    cr_assert_eq(got->rtcp_channel, want->rtcp_channel, "%s", header);
}

Test(transport, headers_come_apart)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice header = slice_str(rows[i].header);
        struct transport_spec spec;
        for (unsigned n = 0; n < rows[i].count; n++) {
            cr_assert(transport_next(&header, &spec), "%s", rows[i].header);
            assert_spec(&spec, &rows[i].spec[n], rows[i].header);
        }
        cr_assert_not(transport_next(&header, &spec), "%s", rows[i].header);
    }
}

Test(transport, protocol_is_the_one_that_the_client_means)
{
    struct slice header = SLICE_LIT(" rtp/AVPF/udp ;unicast, RTP/AVP , RAW/RAW");
    static const char *const protocols[] = {"RTP/AVPF/UDP", "RTP/AVP"};
    struct transport_spec spec;
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        cr_assert(transport_next(&header, &spec));
        cr_assert_str_eq(spec.protocol, protocols[i]);
    }
    cr_assert(transport_next(&header, &spec));
    cr_assert_null(spec.protocol);
}

Test(transport, every_prefix_ends_within_its_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice whole = slice_str(rows[i].header);
        for (size_t len = 0; len <= whole.len; len++) {
            struct slice copy = guard_copy(slice_head(whole, len));
            struct slice header = copy;
            struct transport_spec spec;
            unsigned count = 0;
            while (transport_next(&header, &spec))
                count++;
            cr_assert_leq(count, SPECS_MAX);
            guard_free(copy);
        }
    }
}
