/* SPDX-License-Identifier: MIT */
/*
 * One player: joins, reads or does not, stays alive, leaves.
 */
#pragma once

#include "bench/load_stats.h"

enum load_role {
    LOAD_ROLE_VERIFIED, /* looks at every byte */
    LOAD_ROLE_DRAINED,  /* lets the kernel discard what comes */
    LOAD_ROLE_SLOW,     /* the same, at a bounded rate */
    LOAD_ROLE_STALLED,  /* plays, and then reads nothing */
};

enum load_player_state { LOAD_PLAYER_IDLE, LOAD_PLAYER_JOINING, LOAD_PLAYER_PLAYING };

/* What all players share. */
struct load_scene {
    const struct load_options *options;
    struct load_target target;
    struct addr addr;
    struct load_stats *stats;
    int verified_epoll;     /* media of verified players: looked at first and often */
    int datagram_epoll;     /* UDP media of the others */
    int crowd_epoll;        /* connections: with their media, where it is interleaved */
    struct port_range *udp; /* NULL: media is interleaved */
    uint8_t *scratch;       /* LOAD_SCRATCH_BYTES, for the read at hand */
};

enum { LOAD_SCRATCH_BYTES = 1 << 20 };
#define LOAD_JOIN_TIMEOUT_NS (10 * NS_PER_S)

struct load_player {
    struct load_link link;
    enum load_role role;
    enum load_player_state state;
    uint64_t number;
    uint64_t stream;
    int64_t planned_ns;  /* when it was to join */
    int64_t deadline_ns; /* joining: for all replies */
    int64_t play_ns;     /* when PLAY was sent, no later */
    int64_t alive_ns;    /* playing: when to send the next sign of life */
    int64_t report_ns;   /* playing over UDP: when to send the next receiver report */
    int64_t credit_ns;   /* slow: bytes may be read up to here */
    unsigned cseq;
    char *url; /* playing: of the session */
    char *session;
    struct load_verify *verify; /* playing and verified */
    uint8_t *carry;             /* verified: the packet that is not whole */
    size_t carry_len;
};

void load_player_join(struct load_player *p, struct load_scene *scene, int64_t planned_ns,
                      int64_t now_ns);

/* Its connection is ready. */
void load_player_on_event(struct load_player *p, struct load_scene *scene);

/* Ends a join that takes too long; sends signs of life. */
void load_player_on_time(struct load_player *p, struct load_scene *scene, int64_t now_ns);

/* TEARDOWN, and away. */
void load_player_leave(struct load_player *p, struct load_scene *scene);

/* Its connection has come to an end that it did not want: counts it. */
void load_player_lose(struct load_player *p, struct load_scene *scene, enum load_reason reason,
                      const char *why);
