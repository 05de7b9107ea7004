/* SPDX-License-Identifier: MIT */
/*
 * All players: who plays what and how, when each joins, and the reading of all of them.
 */
#pragma once

#include "bench/load_player.h"

struct load_crowd {
    struct load_scene scene;
    struct load_player *players;
    struct port_range range; /* of the players' UDP ports */
    uint64_t count;
    uint64_t begun;        /* players that have been told to join */
    int64_t first_join_ns; /* the moment of the first join; 0: not begun */
    int64_t next_churn_ns;
    int64_t next_slow_ns;
    int64_t next_time_ns; /* when to look for timeouts */
};

/* options and stats outlive the crowd. 0 or -errno. */
int load_crowd_init(struct load_crowd *crowd, const struct load_options *options,
                    const struct load_target *target, const struct addr *addr,
                    struct load_stats *stats);
void load_crowd_fini(struct load_crowd *crowd);

/* Which part each player has; pure. players: 'count' of them, zeroed. */
void load_crowd_cast(struct load_player *players, const struct load_options *options);

/* Begins the joins that are due. */
void load_crowd_join(struct load_crowd *crowd, int64_t now_ns);

/* True when every player has joined or failed to. */
bool load_crowd_has_joined(const struct load_crowd *crowd);

/* Lets the players leave and rejoin that are due to. */
void load_crowd_churn(struct load_crowd *crowd, int64_t now_ns);

/*
 * Reads the verified players and a batch of the others, and sees to timeouts and signs of life.
 * True when more may be readable: come again soon, but publish in between, so that neither the
 * publisher nor the verified players wait for a whole crowd.
 */
bool load_crowd_read(struct load_crowd *crowd, int64_t now_ns);
