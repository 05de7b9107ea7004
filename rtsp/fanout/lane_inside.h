/* SPDX-License-Identifier: MIT */
/*
 * The inside of a lane, shared by the files that make it: lane.c sweeps over the players, player.c
 * knows what they have in common, player_tcp.c and player_udp.c serve one.
 */
#pragma once

#include "rtsp/fanout/lane.h"

enum player_flags {
    PLAYER_OUT = 1,  /* TCP: the viewer has bytes that go first */
    PLAYER_FULL = 2, /* TCP: the socket is full */
};

struct player {
    struct cursor cursor;
    int fd; /* TCP */
    uint32_t flags;
    uint64_t sent_bytes; /* since it joined, those that viewer->sent_bytes does not have yet */
    struct viewer *viewer;
};

/* Whether the splicer has the newest image, for the players of a slice. */
enum splice {
    SPLICE_UNTRIED, /* no player of the slice has needed it yet */
    SPLICE_LOADED,
    SPLICE_NOT, /* it is not worth it, or does not work */
};

/* How the players of a lane are served. A slice is a part of a sweep, or one player alone. */
struct serving {
    /* Sends what the player lacks, or lets it jump. It may be gone afterwards. */
    void (*serve)(struct lane *l, struct player *p);
    void (*end_slice)(struct lane *l);
    int (*greet)(struct lane *l, struct viewer *v);
};

extern const struct serving serving_tcp;
extern const struct serving serving_udp;

struct lane {
    struct list link;
    void (*on_empty)(void *arg);
    void *on_empty_arg;
    struct loop *loop;
    struct lane_options options;
    const struct serving *serving;
    struct chain chain;
    struct player *player;
    uint32_t count, cap;
    uint32_t next_visit, to_visit; /* the sweep under way */
    uint64_t uncounted_bytes;      /* sent, and in the metrics at the end of the slice */
    uint64_t uncounted_refusals;   /* UDP: the same of datagrams */
    enum splice splice;            /* TCP */
    uint32_t room_bytes;           /* TCP: of the players' sockets (room.h) */
    struct task sweep;
    struct tmr held;        /* armed while audio waits for video to go out with */
    struct tmr pace;        /* UDP: armed while players wait until they may be sent more */
    int64_t pace_at_ns;     /* UDP: when the first of them may */
    struct udp_waiter room; /* UDP: while the socket is full */
};

/* Visits every player, from the next turn's tasks on. */
void lane_start_sweep(struct lane *l);

/* A player has joined or left: its place in the array changed, or another's. */
void lane_players_moved(struct lane *l);

/* -- what players of all kinds have in common: player.c -- */

/* Gives a player that waits its place in the chain, if there is one. */
void player_seat(struct lane *l, struct player *p);

/* True when it is so far behind that it should let go of all that it lacks. */
bool player_should_jump(const struct lane *l, const struct player *p);

/* Lets go; the cursor stands between two packets. */
void player_jump(struct lane *l, struct player *p);

void player_end(struct player *p, enum viewer_end why);

/* TCP: the rest of the packet that the cursor is in goes to the viewer's out. 0 or -ENOMEM. */
int player_finish_packet(struct player *p);

/* Serves one viewer in its lane, outside a sweep. */
void lane_serve_one(struct lane *l, struct player *p);

/* TCP: the socket took less than all; or all. */
void viewer_note_full(struct viewer *v, bool progressed, int64_t now_ns);
void viewer_note_drained(struct viewer *v);

/* What stands in out, without any media. False when the viewer has ended by it. */
bool viewer_flush_alone(struct viewer *v);
void viewer_count(struct viewer *v, enum metric metric, uint64_t n);
