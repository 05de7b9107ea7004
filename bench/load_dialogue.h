/* SPDX-License-Identifier: MIT */
/*
 * The requests that lead to media, and what the replies mean for the next one: DESCRIBE, SETUP of
 * each track, PLAY for a player; ANNOUNCE, SETUP, RECORD for a publisher. No socket, no clock.
 */
#pragma once

#include "bench/load_reply.h"
#include "bench/load_target.h"
#include "bench/udp_ports.h"
#include "core/media.h"

enum { LOAD_SESSION_MAX = 128, LOAD_REQUEST_MAX = 4096 };

enum load_step { LOAD_STEP_DESCRIBE, LOAD_STEP_SETUP, LOAD_STEP_START, LOAD_STEP_DONE };

struct load_dialogue_track {
    char control[LOAD_URL_MAX]; /* the URL of its SETUP */
    bool h264;
    uint8_t rtp_channel;
    uint8_t rtcp_channel;
    uint16_t client_port;    /* set by the caller before the SETUP: wants UDP there; 0: wants TCP */
    struct udp_ports server; /* UDP, after the SETUP; 0: the server told none */
};

struct load_dialogue {
    bool record;
    enum load_step step;
    unsigned cseq;
    unsigned track; /* the next to set up */
    unsigned track_count;
    struct slice description; /* record: what to announce; borrowed */
    char url[LOAD_URL_MAX];
    char base[LOAD_URL_MAX];
    char session[LOAD_SESSION_MAX];
    struct load_dialogue_track tracks[MEDIA_TRACKS_MAX];
};

enum load_answer {
    LOAD_ANSWER_NEXT,    /* send the next request */
    LOAD_ANSWER_DONE,    /* media may flow */
    LOAD_ANSWER_REFUSED, /* the status says why */
    LOAD_ANSWER_USELESS, /* 200, but without what is needed to go on */
};

void load_dialogue_play(struct load_dialogue *d, const char *url);

/* description: an SDP with one track, whose control is 'control'. Borrowed until the end. */
void load_dialogue_record(struct load_dialogue *d, const char *url, struct slice description,
                          const char *control);

/* Appends the request of the present step. */
void load_dialogue_request(struct load_dialogue *d, struct text *out);

/* Takes the reply to it. */
enum load_answer load_dialogue_reply(struct load_dialogue *d, const struct load_reply *reply);

/* A request that needs nothing but the session: OPTIONS as a sign of life, TEARDOWN. */
void load_request_write(struct text *out, const char *method, const char *url, unsigned cseq,
                        const char *session);
