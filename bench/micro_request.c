/* SPDX-License-Identifier: MIT */
/*
 * Reading requests as players send them.
 */
#include <stdlib.h>

#include "bench/micro.h"
#include "rtsp/message/msg.h"

enum { REQUESTS = 256 };

static const char describe_request[] =
    "DESCRIBE rtsp://192.0.2.10:8554/live/camera-0001 RTSP/1.0\r\n"
    "Accept: application/sdp\r\n"
    "CSeq: 2\r\n"
    "User-Agent: Example player 1.0\r\n"
    "\r\n";

static const char setup_request[] =
    "SETUP rtsp://192.0.2.10:8554/live/camera-0001/streamid=0 RTSP/1.0\r\n"
    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
    "CSeq: 3\r\n"
    "User-Agent: Example player 1.0\r\n"
    "Session: 0123456789abcdef\r\n"
    "\r\n";

static void *open_request(const void *param)
{
    return micro_need(strdup(param));
}

static void read_batch(void *state, struct micro_tally *tally)
{
    static const struct msg_limits limits = {2048, 8192, 65536};
    struct slice bytes = slice_str(state);
    struct msg msg;
    const char *why;
    int status;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct msg_reader reader = {0};
        if (msg_read(&reader, bytes, &limits, &msg, &status, &why) != (int64_t)bytes.len)
            micro_fail("a request cannot be read");
        micro_keep(&msg);
    }
    micro_add(tally, REQUESTS, start_ns);
}

static void close_request(void *state)
{
    free(state);
}

const struct micro micro_request[] = {
    {"rtsp/read/describe", "read a DESCRIBE request", describe_request, open_request, read_batch,
     close_request},
    {"rtsp/read/setup", "read a SETUP request", setup_request, open_request, read_batch,
     close_request},
    {0},
};
