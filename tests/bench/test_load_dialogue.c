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

Test(load_dialogue, setup_needs_a_session_and_tcp)
{
    static const char *const rows[] = {
        "RTSP/1.0 200 OK\r\n\r\n",
        "RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP;unicast;client_port=1-2\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        load_dialogue_play(&dialogue, "rtsp://h/a");
        cr_assert_eq(answer_describe(&dialogue), LOAD_ANSWER_NEXT);
        cr_assert_eq(answer(&dialogue, rows[i]), LOAD_ANSWER_USELESS, "row %zu", i);
    }
}
