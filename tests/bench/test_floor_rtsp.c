/* SPDX-License-Identifier: MIT */
#include "bench/floor_rtsp.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SDP "v=0\r\n"

static const struct {
    const char *request;
    enum floor_action action;
    const char *status;
    const char *has; /* a part of the reply */
} rows[] = {
    {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", FLOOR_GO_ON, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n",
     "Public: OPTIONS, DESCRIBE"},
    {"DESCRIBE rtsp://h/a/b RTSP/1.0\r\nAccept: application/sdp\r\ncseq:22\r\n\r\n", FLOOR_GO_ON,
     "RTSP/1.0 200 OK\r\nCSeq: 22\r\n", "rtsp://h/a/b/\r\nContent-Length: 5\r\n\r\n" SDP},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
     FLOOR_SETUP, "RTSP/1.0 200 OK\r\nCSeq: 3\r\n", "interleaved=0-1\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;interleaved=0-1;mode=PLAY\r\n\r\n",
     FLOOR_SETUP, "RTSP/1.0 200 OK\r\nCSeq: 3\r\n", "Session: floor"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP\r\n\r\n", FLOOR_SETUP,
     "RTSP/1.0 200 OK\r\nCSeq: 3\r\n", "interleaved=0-1\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;interleaved=0-10\r\n\r\n", FLOOR_GO_ON,
     "RTSP/1.0 461 ", "\r\nCSeq: 3\r\n\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;interleaved=2-3\r\n\r\n", FLOOR_GO_ON,
     "RTSP/1.0 461 ", "\r\n\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;multicast;client_port=6-7\r\n\r\n",
     FLOOR_GO_ON, "RTSP/1.0 461 ", "\r\n\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast\r\n\r\n", FLOOR_GO_ON,
     "RTSP/1.0 461 ", "\r\n\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast;client_port=0-0\r\n\r\n",
     FLOOR_GO_ON, "RTSP/1.0 461 ", "\r\n\r\n"},
    {"SETUP u RTSP/1.0\r\nCSeq: 3\r\n\r\n", FLOOR_GO_ON, "RTSP/1.0 461 ", "\r\n\r\n"},
    {"PLAY u RTSP/1.0\r\nCSeq: 4\r\n\r\n", FLOOR_PLAY, "RTSP/1.0 200 OK\r\nCSeq: 4\r\n",
     "Session: floor"},
    {"GET_PARAMETER u RTSP/1.0\r\nCSeq: 5\r\n\r\n", FLOOR_GO_ON, "RTSP/1.0 200 OK\r\n", "\r\n\r\n"},
    {"TEARDOWN u RTSP/1.0\r\nCSeq: 6\r\n\r\n", FLOOR_CLOSE, "RTSP/1.0 200 OK\r\n", "\r\n\r\n"},
    {"\r\n\r\n", FLOOR_GO_ON, "RTSP/1.0 200 OK\r\n", "\r\n\r\n"},
};

static uint16_t client_port;

static enum floor_action answer(struct slice message, char buf[1024])
{
    const struct floor_facts facts = {
        .sdp = SLICE_LIT(SDP), .source = SLICE_LIT("10.0.0.1"), .rtp_port = 6000, .ssrc = 0xabc};
    struct text reply;
    text_init(&reply, buf, 1024);
    client_port = 0;
    enum floor_action action = floor_rtsp_answer(message, &facts, &reply, &client_port);
    cr_assert_not(reply.cut);
    return action;
}

Test(floor_rtsp, each_method_has_its_reply)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char reply[1024];
        struct slice copy = guard_copy(slice_str(rows[i].request));
        cr_assert_eq(floor_rtsp_message(copy), copy.len, "row %zu", i);
        cr_assert_eq(answer(copy, reply), rows[i].action, "row %zu", i);
        cr_assert_eq(strncmp(reply, rows[i].status, strlen(rows[i].status)), 0, "row %zu: %s", i,
                     reply);
        cr_assert_not_null(strstr(reply, rows[i].has), "row %zu: %s", i, reply);
        guard_free(copy);
    }
}

Test(floor_rtsp, first_transport_that_can_be_served_is_chosen)
{
    static const struct {
        const char *offers;
        uint16_t port;
    } offers[] = {
        {"RTP/AVP;unicast;client_port=5000-5001", 5000},
        {"RTP/AVP/UDP;unicast;client_port=5000", 5000},
        {"RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1", 5000},
        {"RTP/AVP/TCP;interleaved=0-1,RTP/AVP;unicast;client_port=5000-5001", 0},
        {"RTP/AVP;multicast;client_port=1-2,RTP/AVP;unicast;client_port=5000-5001", 5000},
    };
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        char request[256];
        char reply[1024];
        snprintf(request, sizeof request, "SETUP u RTSP/1.0\r\nCSeq: 1\r\nTransport: %s\r\n\r\n",
                 offers[i].offers);
        cr_assert_eq(answer(slice_str(request), reply), FLOOR_SETUP, "row %zu", i);
        cr_assert_eq(client_port, offers[i].port, "row %zu", i);
        const char *says = offers[i].port
                               ? "Transport: RTP/AVP;unicast;client_port=5000-5001;"
                                 "server_port=6000-6001;ssrc=00000ABC;source=10.0.0.1\r\n"
                               : "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        cr_assert_not_null(strstr(reply, says), "row %zu: %s", i, reply);
    }
}

Test(floor_rtsp, no_prefix_is_a_message_and_each_is_survived)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice whole = slice_str(rows[i].request);
        for (size_t len = 0; len < whole.len; len++) {
            char reply[1024];
            struct slice copy = guard_copy(slice_head(whole, len));
            cr_assert_eq(floor_rtsp_message(copy), 0, "row %zu, %zu bytes", i, len);
            answer(copy, reply);
            guard_free(copy);
        }
    }
}

Test(floor_rtsp, interleaved_packets_are_passed_over)
{
    struct slice whole = SLICE_LIT("$\1\0\4abcdOPTIONS");
    char reply[1024];
    for (size_t len = 0; len <= whole.len; len++) {
        struct slice copy = guard_copy(slice_head(whole, len));
        cr_assert_eq(floor_rtsp_message(copy), len < 8 ? 0 : 8);
        guard_free(copy);
    }
    cr_assert_eq(answer(slice_head(whole, 8), reply), FLOOR_GO_ON);
    cr_assert_str_eq(reply, "");
}
