/* SPDX-License-Identifier: MIT */
#include "bench/load_dialogue.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct load_dialogue dialogue;

static const char *ask(struct load_dialogue *d)
{
    static char buf[LOAD_REQUEST_MAX];
    struct text t;
    text_init(&t, buf, sizeof buf);
    load_dialogue_request(d, &t);
    cr_assert_not(t.cut);
    return buf;
}

static enum load_answer answer(struct load_dialogue *d, const char *text)
{
    struct load_reply reply;
    cr_assert_eq(load_reply_read(slice_str(text), &reply), (int64_t)strlen(text), "%s", text);
    return load_dialogue_reply(d, &reply);
}

static void assert_says(const char *request, const char *what)
{
    cr_assert(strstr(request, what), "no \"%s\" in:\n%s", what, request);
}

static enum load_answer answer_describe(struct load_dialogue *d)
{
    static const char sdp[] = "v=0\r\n"
                              "m=video 0 RTP/AVP 96\r\n"
                              "a=rtpmap:96 H264/90000\r\n"
                              "a=control:trackID=0\r\n"
                              "m=application 0 RTP/AVP 107\r\n"
                              "a=control:trackID=1\r\n";
    char text[512];
    snprintf(text, sizeof text,
             "RTSP/1.0 200 OK\r\nContent-Base: rtsp://h/a/\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(sdp), sdp);
    return answer(d, text);
}

Test(load_dialogue, player_sets_up_every_track_and_plays)
{
    struct load_dialogue *d = &dialogue;
    load_dialogue_play(d, "rtsp://h/a");
    assert_says(ask(d), "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n");
    cr_assert_eq(answer_describe(d), LOAD_ANSWER_NEXT);
    const char *setup = ask(d);
    assert_says(setup, "SETUP rtsp://h/a/trackID=0 RTSP/1.0\r\nCSeq: 2\r\n");
    assert_says(setup, "interleaved=0-1");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\nSession: 77;timeout=60\r\n\r\n"), LOAD_ANSWER_NEXT);
    setup = ask(d);
    assert_says(setup, "SETUP rtsp://h/a/trackID=1 RTSP/1.0\r\n");
    assert_says(setup, "Session: 77\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\nSession: 77\r\nTransport: "
                           "RTP/AVP/TCP;unicast;interleaved=8-9\r\n\r\n"),
                 LOAD_ANSWER_NEXT);
    assert_says(ask(d), "PLAY rtsp://h/a/ RTSP/1.0\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\n\r\n"), LOAD_ANSWER_DONE);
    cr_assert_eq(d->step, LOAD_STEP_DONE);
    cr_assert(d->tracks[0].h264);
    cr_assert_not(d->tracks[1].h264);
    cr_assert_eq(d->tracks[1].rtp_channel, 8, "the server's choice of channels counts");
}

Test(load_dialogue, publisher_announces_and_records)
{
    struct load_dialogue *d = &dialogue;
    load_dialogue_record(d, "rtsp://h/a", SLICE_LIT("v=0\r\n"), "trackID=0");
    const char *announce = ask(d);
    assert_says(announce, "ANNOUNCE rtsp://h/a RTSP/1.0\r\n");
    assert_says(announce, "Content-Length: 5\r\n\r\nv=0\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\n\r\n"), LOAD_ANSWER_NEXT);
    assert_says(ask(d), "SETUP rtsp://h/a/trackID=0 RTSP/1.0\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\nSession: 1\r\n\r\n"), LOAD_ANSWER_NEXT);
    assert_says(ask(d), "RECORD rtsp://h/a RTSP/1.0\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\n\r\n"), LOAD_ANSWER_DONE);
}

Test(load_dialogue, refusals_and_useless_answers_end_it)
{
    static const struct {
        const char *text;
        enum load_answer answer;
    } rows[] = {
        {"RTSP/1.0 404 Not Found\r\n\r\n", LOAD_ANSWER_REFUSED},
        {"RTSP/1.0 302 Moved\r\n\r\n", LOAD_ANSWER_REFUSED},
        {"RTSP/1.0 100 Continue\r\n\r\n", LOAD_ANSWER_USELESS},
        {"RTSP/1.0 200 OK\r\n\r\n", LOAD_ANSWER_USELESS},
        {"RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n", LOAD_ANSWER_USELESS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        load_dialogue_play(&dialogue, "rtsp://h/a");
        ask(&dialogue);
        cr_assert_eq(answer(&dialogue, rows[i].text), rows[i].answer, "row %zu", i);
    }
}

static const char *setup_over_udp(struct load_dialogue *d)
{
    load_dialogue_play(d, "rtsp://h/a");
    cr_assert_eq(answer_describe(d), LOAD_ANSWER_NEXT);
    d->tracks[0].client_port = 5000;
    return ask(d);
}

Test(load_dialogue, datagrams_go_to_the_ports_that_are_named)
{
    struct load_dialogue *d = &dialogue;
    assert_says(setup_over_udp(d), "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n");
    cr_assert_eq(answer(d, "RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;"
                           "client_port=5000-5001;server_port=6000-6001;ssrc=1\r\n\r\n"),
                 LOAD_ANSWER_NEXT);
    cr_assert_eq(d->tracks[0].server.rtp, 6000);
    cr_assert_eq(d->tracks[0].server.rtcp, 6001);
}

Test(load_dialogue, server_that_keeps_its_ports_to_itself_can_be_played)
{
    setup_over_udp(&dialogue);
    cr_assert_eq(answer(&dialogue, "RTSP/1.0 200 OK\r\nSession: 1\r\n"
                                   "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n"),
                 LOAD_ANSWER_NEXT);
    cr_assert_eq(dialogue.tracks[0].server.rtcp, 0);
}

Test(load_dialogue, publisher_must_learn_where_to_send)
{
    static const struct {
        const char *transport;
        enum load_answer answer;
    } rows[] = {
        {"RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001", LOAD_ANSWER_NEXT},
        {"RTP/AVP;unicast;client_port=5000-5001", LOAD_ANSWER_USELESS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        load_dialogue_record(&dialogue, "rtsp://h/a", SLICE_LIT("v=0\r\n"), "trackID=0");
        cr_assert_eq(answer(&dialogue, "RTSP/1.0 200 OK\r\n\r\n"), LOAD_ANSWER_NEXT);
        dialogue.tracks[0].client_port = 5000;
        assert_says(ask(&dialogue),
                    "Transport: RTP/AVP;unicast;client_port=5000-5001;mode=record\r\n");
        snprintf(text, sizeof text, "RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: %s\r\n\r\n",
                 rows[i].transport);
        cr_assert_eq(answer(&dialogue, text), rows[i].answer, "row %zu", i);
    }
}

Test(load_dialogue, setup_needs_a_session_and_the_transport_that_was_asked_for)
{
    static const struct {
        const char *text;
        uint16_t client_port;
    } rows[] = {
        {"RTSP/1.0 200 OK\r\n\r\n", 0},
        {"RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;client_port=1-2\r\n\r\n", 0},
        {"RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n", 5000},
        {"RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP;multicast;port=1-2\r\n\r\n", 5000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        load_dialogue_play(&dialogue, "rtsp://h/a");
        cr_assert_eq(answer_describe(&dialogue), LOAD_ANSWER_NEXT);
        dialogue.tracks[0].client_port = rows[i].client_port;
        cr_assert_eq(answer(&dialogue, rows[i].text), LOAD_ANSWER_USELESS, "row %zu", i);
    }
}
