/* SPDX-License-Identifier: MIT */
#include "bench/floor_rtsp.h"

#include <ctype.h>
#include <inttypes.h>

#include "bench/udp_ports.h"
#include "core/bytes.h"
#include "core/scan.h"

enum { INTERLEAVED_HEADER_BYTES = 4 };

static bool is_interleaved(struct slice message)
{
    return message.len > 0 && message.ptr[0] == '$';
}

size_t floor_rtsp_message(struct slice input)
{
    if (is_interleaved(input)) {
        if (input.len < INTERLEAVED_HEADER_BYTES)
            return 0;
        size_t len = INTERLEAVED_HEADER_BYTES + (size_t)get_be16(input.ptr + 2);
        return len <= input.len ? len : 0;
    }
    const uint8_t *end = input.len > 0 ? memmem(input.ptr, input.len, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - input.ptr) + 4 : 0;
}

/* What stands behind "name:" in one of the lines; empty when none has it. */
static struct slice header(struct slice message, const char *name)
{
    struct slice line;
    while (scan_until(&message, '\n', &line))
        if (scan_prefix_nocase(&line, name) && line.len > 0 && line.ptr[0] == ':')
            return scan_trim(slice_from(line, 1));
    return (struct slice){0};
}

static bool contains(struct slice s, const char *text)
{
    return s.ptr && s.len > 0 && memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

/* "interleaved=0-1", and not 0-10; a client that names no channels is given these. */
static bool wants_our_channels(struct slice transport)
{
    static const char channels[] = "interleaved=0-1";
    if (!contains(transport, "interleaved="))
        return contains(transport, "RTP/AVP/TCP");
    const uint8_t *at = memmem(transport.ptr, transport.len, channels, sizeof(channels) - 1);
    if (!at)
        return false;
    struct slice behind =
        slice_from(transport, (size_t)(at - transport.ptr) + sizeof(channels) - 1);
    return behind.len == 0 || !isdigit(behind.ptr[0]);
}

static void begin(struct text *reply, const char *status, struct slice cseq)
{
    text_addf(reply, "RTSP/1.0 %s\r\nCSeq: ", status);
    text_add_slice(reply, cseq);
    text_add(reply, "\r\n");
}

static void write_described(struct text *reply, struct slice url, struct slice sdp)
{
    text_add(reply, "Content-Type: application/sdp\r\nContent-Base: ");
    text_add_slice(reply, url);
    text_addf(reply, "/\r\nContent-Length: %zu\r\n\r\n", sdp.len);
    text_add_slice(reply, sdp);
}

/* The first of the transports that can be served. ports->rtp is 0 for TCP. */
static bool choose_transport(struct slice offers, struct udp_ports *ports)
{
    struct slice transport;
    while (scan_until(&offers, ',', &transport)) {
        *ports = (struct udp_ports){0};
        if (wants_our_channels(transport))
            return true;
        if (!contains(transport, "/TCP") && !contains(transport, "multicast") &&
            udp_ports_read(transport, "client_port", ports))
            return true;
    }
    return false;
}

static void write_transport(struct text *reply, const struct udp_ports *client,
                            const struct floor_facts *facts)
{
    text_add(reply, "Session: floor;timeout=3600\r\nTransport: ");
    if (client->rtp == 0) {
        text_add(reply, "RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n");
        return;
    }
    text_addf(reply, "RTP/AVP;unicast;client_port=%u-%u;server_port=%u-%u;ssrc=%08" PRIX32,
              client->rtp, client->rtcp, facts->rtp_port, facts->rtp_port + 1U, facts->ssrc);
    text_add(reply, ";source=");
    text_add_slice(reply, facts->source);
    text_add(reply, "\r\n\r\n");
}

static enum floor_action answer_setup(struct slice message, struct slice cseq,
                                      const struct floor_facts *facts, struct text *reply,
                                      uint16_t *client_port)
{
    struct udp_ports client;
    if (!choose_transport(header(message, "Transport"), &client)) {
        begin(reply, "461 Unsupported Transport", cseq);
        text_add(reply, "\r\n");
        return FLOOR_GO_ON;
    }
    begin(reply, "200 OK", cseq);
    write_transport(reply, &client, facts);
    *client_port = client.rtp;
    return FLOOR_SETUP;
}

enum floor_action floor_rtsp_answer(struct slice message, const struct floor_facts *facts,
                                    struct text *reply, uint16_t *client_port)
{
    struct slice method = {0}, url = {0}, rest = message;
    if (is_interleaved(message))
        return FLOOR_GO_ON;
    scan_word(&rest, &method);
    scan_word(&rest, &url);
    struct slice cseq = header(message, "CSeq");
    if (slice_is(method, "SETUP"))
        return answer_setup(message, cseq, facts, reply, client_port);

    begin(reply, "200 OK", cseq);
    if (slice_is(method, "DESCRIBE")) {
        write_described(reply, url, facts->sdp);
        return FLOOR_GO_ON;
    }
    if (slice_is(method, "OPTIONS"))
        text_add(reply, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n");
    text_add(reply, "Session: floor\r\n\r\n");
    if (slice_is(method, "TEARDOWN"))
        return FLOOR_CLOSE;
    return slice_is(method, "PLAY") ? FLOOR_PLAY : FLOOR_GO_ON;
}
