/* SPDX-License-Identifier: MIT */
/*
 * A connection to the server until media may flow: connects, opens UDP ports where media is to come
 * over UDP, carries the dialogue, and says what went wrong. Never blocks.
 */
#pragma once

#include "bench/load_dialogue.h"
#include "bench/load_udp.h"

/* Why a join failed or a connection ended. */
enum load_reason {
    LOAD_REASON_CONNECT, /* no connection */
    LOAD_REASON_TIMEOUT, /* no reply in time */
    LOAD_REASON_REFUSED, /* a reply with an error status, or one that leads nowhere */
    LOAD_REASON_CLOSED,  /* the server closed */
    LOAD_REASON_RESET,   /* the connection was reset, or another error of the socket */
    LOAD_REASON_GARBLED, /* bytes that are neither RTSP nor interleaved packets */
    LOAD_REASON_COUNT
};

/* "refused" */
const char *load_reason_name(enum load_reason reason);

enum { LOAD_TALK_BYTES = 72 << 10 }; /* the largest interleaved packet, and a reply */

/* What is needed until the media flows. */
struct load_talk {
    struct load_dialogue dialogue;
    bool connected;
    int64_t arrived_ns; /* the last byte of 'in' */
    size_t len;
    uint8_t in[LOAD_TALK_BYTES];
};

struct load_link {
    int fd;                   /* -1: none */
    struct load_talk *talk;   /* NULL once the media flows */
    struct load_udp *udp;     /* NULL: media is interleaved */
    struct port_range *range; /* where it looks for UDP ports */
};

enum load_link_state { LOAD_LINK_BUSY, LOAD_LINK_UP, LOAD_LINK_FAILED };

struct load_link_result {
    enum load_link_state state;
    enum load_reason reason; /* when failed */
    char why[160];           /* when failed: for people */
};

/* Where connections lead, and how media travels. */
struct load_way {
    struct addr to;
    unsigned source;        /* 0, or the last byte of the 127.0.0.x to connect from */
    struct port_range *udp; /* NULL: media is interleaved */
    bool stamped;           /* by the kernel: see bench/arrival.h */
};

/*
 * Begins to connect. The caller then prepares talk->dialogue. 0 or -errno; on failure nothing is
 * left open.
 */
int load_link_open(struct load_link *link, const struct load_way *way);

/*
 * Goes on as far as the socket allows: call when it is writable for the first time, and whenever it
 * is readable. When UP, the bytes behind the last reply are in talk->in, talk->len of them.
 */
void load_link_advance(struct load_link *link, struct load_link_result *result);

/* The dialogue is over: frees what only it needed. */
void load_link_settle(struct load_link *link);

void load_link_close(struct load_link *link);
