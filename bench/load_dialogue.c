/* SPDX-License-Identifier: MIT */
#include "bench/load_dialogue.h"

#include <stdio.h>

#include "core/version.h"
#include "rtsp/message/transport.h"
#include "rtsp/sdp/sdp.h"

static void begin_request(struct text *out, const char *method, const char *url, unsigned cseq,
                          const char *session)
{
    text_addf(out, "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: umbel-load/" UMBEL_VERSION "\r\n",
              method, url, cseq);
    if (session[0] != '\0')
        text_addf(out, "Session: %s\r\n", session);
}

void load_request_write(struct text *out, const char *method, const char *url, unsigned cseq,
                        const char *session)
{
    begin_request(out, method, url, cseq, session);
    text_add(out, "\r\n");
}

void load_dialogue_play(struct load_dialogue *d, const char *url)
{
    *d = (struct load_dialogue){0};
    snprintf(d->url, sizeof d->url, "%s", url);
    snprintf(d->base, sizeof d->base, "%s", url);
}

void load_dialogue_record(struct load_dialogue *d, const char *url, struct slice description,
                          const char *control)
{
    load_dialogue_play(d, url);
    d->record = true;
    d->description = description;
    d->track_count = 1;
    d->tracks[0] = (struct load_dialogue_track){.h264 = true, .rtcp_channel = 1};
    load_control_url(slice_str(url), slice_str(control), d->tracks[0].control);
}

static void add_describe(struct load_dialogue *d, struct text *out)
{
    begin_request(out, d->record ? "ANNOUNCE" : "DESCRIBE", d->url, d->cseq, "");
    if (d->record)
        text_addf(out, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n",
                  d->description.len);
    else
        text_add(out, "Accept: application/sdp\r\n");
    text_add(out, "\r\n");
    if (d->record)
        text_add_slice(out, d->description);
}

static void add_setup(struct load_dialogue *d, struct text *out)
{
    const struct load_dialogue_track *track = &d->tracks[d->track];
    begin_request(out, "SETUP", track->control, d->cseq, d->session);
    if (track->client_port != 0)
        text_addf(out, "Transport: RTP/AVP;unicast;client_port=%u-%u", track->client_port,
                  track->client_port + 1U);
    else
        text_addf(out, "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u", track->rtp_channel,
                  track->rtcp_channel);
    text_addf(out, "%s\r\n\r\n", d->record ? ";mode=record" : "");
}

/* The aggregate URL is what the server calls its base (RFC 2326 appendix C.1.1). */
static void add_start(struct load_dialogue *d, struct text *out)
{
    begin_request(out, d->record ? "RECORD" : "PLAY", d->base, d->cseq, d->session);
    text_add(out, "Range: npt=0.000-\r\n\r\n");
}

void load_dialogue_request(struct load_dialogue *d, struct text *out)
{
    d->cseq++;
    switch (d->step) {
    case LOAD_STEP_DESCRIBE:
        add_describe(d, out);
        break;
    case LOAD_STEP_SETUP:
        add_setup(d, out);
        break;
    case LOAD_STEP_START:
        add_start(d, out);
        break;
    case LOAD_STEP_DONE:
        break;
    }
}

static enum load_answer take_description(struct load_dialogue *d, const struct load_reply *reply)
{
    struct sdp sdp;
    if (reply->content_base.len >= sizeof d->base || sdp_parse(reply->body, &sdp) != 0)
        return LOAD_ANSWER_USELESS;
    if (reply->content_base.len > 0)
        snprintf(d->base, sizeof d->base, "%.*s", (int)reply->content_base.len,
                 (const char *)reply->content_base.ptr);
    d->track_count = sdp.track_count;
    for (unsigned i = 0; i < sdp.track_count; i++) {
        struct load_dialogue_track *track = &d->tracks[i];
        *track = (struct load_dialogue_track){
            .h264 = sdp.track[i].supported && sdp.track[i].media.codec == CODEC_H264,
            .rtp_channel = (uint8_t)(2 * i),
            .rtcp_channel = (uint8_t)(2 * i + 1),
        };
        load_control_url(slice_str(d->base), sdp.track[i].control, track->control);
    }
    return LOAD_ANSWER_NEXT;
}

/*
 * False when it is not the transport that was asked for. Some servers choose other channels, and
 * some say nothing of it; where a publisher is to send its datagrams they must say.
 */
static bool take_transport(struct load_dialogue *d, struct slice transport)
{
    struct load_dialogue_track *track = &d->tracks[d->track];
    struct transport_spec spec;
    struct slice offers = transport;
    bool udp = track->client_port != 0;
    if (udp)
        udp_ports_read(transport, "server_port", &track->server);
    if (udp && d->record && track->server.rtp == 0)
        return false;
    if (!transport_next(&offers, &spec))
        return true;
    if (spec.has_interleaved) {
        track->rtp_channel = spec.rtp_channel;
        track->rtcp_channel = spec.rtcp_channel;
    }
    return spec.kind == (udp ? TRANSPORT_UDP : TRANSPORT_TCP);
}

static enum load_answer take_setup(struct load_dialogue *d, const struct load_reply *reply)
{
    if (!take_transport(d, reply->transport))
        return LOAD_ANSWER_USELESS;
    if (d->session[0] == '\0')
        snprintf(d->session, sizeof d->session, "%.*s",
                 (int)size_min(reply->session.len, sizeof d->session),
                 (const char *)reply->session.ptr);
    d->track++;
    return d->session[0] != '\0' ? LOAD_ANSWER_NEXT : LOAD_ANSWER_USELESS;
}

static enum load_answer take_success(struct load_dialogue *d, const struct load_reply *reply)
{
    enum load_answer answer = LOAD_ANSWER_NEXT;
    switch (d->step) {
    case LOAD_STEP_DESCRIBE:
        if (!d->record)
            answer = take_description(d, reply);
        d->step = LOAD_STEP_SETUP;
        return answer;
    case LOAD_STEP_SETUP:
        answer = take_setup(d, reply);
        if (d->track == d->track_count)
            d->step = LOAD_STEP_START;
        return answer;
    case LOAD_STEP_START:
    case LOAD_STEP_DONE:
        break;
    }
    d->step = LOAD_STEP_DONE;
    return LOAD_ANSWER_DONE;
}

enum load_answer load_dialogue_reply(struct load_dialogue *d, const struct load_reply *reply)
{
    if (reply->status < 200)
        return LOAD_ANSWER_USELESS;
    return reply->status < 300 ? take_success(d, reply) : LOAD_ANSWER_REFUSED;
}
