/* SPDX-License-Identifier: MIT */
#include "rtsp/setup.h"

#include "rtsp/reply.h"
#include "rtsp/transport.h"

/* The first offer that is interleaved TCP. 200, or the status to refuse with, and why. */
static int choose(const struct msg *msg, bool record, struct transport_spec *spec, const char **why)
{
    struct slice offers = msg_get(msg, "Transport");
    *why = "the Transport header is missing";
    if (!offers.ptr)
        return 400;
    *why = "interleaved TCP only (RTP/AVP/TCP)";
    do
        if (!transport_next(&offers, spec))
            return 461;
    while (spec->kind != TRANSPORT_TCP);
    *why = "ANNOUNCE comes before SETUP for recording";
    return spec->record && !record ? 455 : 200;
}

/* The client's channels, or free ones when it names none or those of another track. */
static void assign_channels(struct session *s, unsigned track, const struct transport_spec *spec)
{
    if (spec->has_interleaved && session_set_track(s, track, spec->rtp_channel, spec->rtcp_channel))
        return;
    uint8_t channel = session_free_channels(s);
    session_set_track(s, track, channel, (uint8_t)(channel + 1));
}

bool setup_transport(struct request *rq, unsigned track, uint32_t ssrc, bool record)
{
    struct session *s = &rq->conn->session;
    struct transport_spec spec;
    const char *why;
    int status = choose(rq->msg, record, &spec, &why);
    if (status != 200) {
        request_fail(rq, status, why);
        return false;
    }
    assign_channels(s, track, &spec);
    session_name(s);
    request_ok(rq);
    unsigned rtp = s->layout.channel[track].rtp, rtcp = s->layout.channel[track].rtcp;
    if (record)
        reply_header(&rq->reply, "Transport", "RTP/AVP/TCP;unicast;interleaved=%u-%u;mode=record",
                     rtp, rtcp);
    else
        reply_header(&rq->reply, "Transport",
                     "RTP/AVP/TCP;unicast;interleaved=%u-%u;ssrc=%08X;mode=\"PLAY\"", rtp, rtcp,
                     (unsigned)ssrc);
    request_end(rq, NULL, (struct slice){0});
    return true;
}
