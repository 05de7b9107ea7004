/* SPDX-License-Identifier: MIT */
/*
 * The inside of a lane, shared by the two files that make it: lane.c sweeps over the players,
 * player.c serves one.
 */
#pragma once

#include "rtsp/lane.h"

enum player_flags {
    PLAYER_OUT = 1,  /* the viewer has bytes that go first */
    PLAYER_FULL = 2, /* the socket is full */
};

struct player {
    struct cursor cursor;
    int fd;
    uint32_t flags;
    uint64_t sent_bytes; /* since it joined, those that viewer->sent_bytes does not have yet */
    struct viewer *viewer;
};

struct lane {
    struct list link;
    void (*on_empty)(void *arg);
    void *on_empty_arg;
    struct loop *loop;
    struct lane_options options;
    struct chain chain;
    struct player *player;
    uint32_t count, cap;
    uint32_t next_visit, to_visit; /* the sweep under way */
    uint64_t uncounted_bytes;      /* sent, and in the metrics at the end of the slice */
    bool is_loaded;                /* the splicer has the newest image */
    struct task sweep;
    struct tmr held; /* armed while audio waits for video to go out with */
};

/* Sends what the player lacks, or lets it jump. It may be gone afterwards. */
void player_serve(struct lane *l, struct player *p);

/* Gives a player that waits its place in the chain, if there is one. */
void player_seat(struct lane *l, struct player *p);

/* A player has joined or left: its place in the array changed, or another's. */
void lane_players_moved(struct lane *l);
