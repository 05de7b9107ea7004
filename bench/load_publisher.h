/* SPDX-License-Identifier: MIT */
/*
 * The publishers: one connection a stream, whose access units go out at planned moments, whatever
 * the server or this program do. What is late keeps its planned moment in its stamp, so that the
 * delays that players see include it.
 */
#pragma once

#include "bench/load_player.h"

struct load_publisher;

struct load_feed {
    struct load_scene *scene;
    struct units units;
    uint64_t count; /* publishers */
    uint64_t up;    /* of which so many may send */
    int epoll;
    struct port_range range;           /* of the publishers' UDP ports */
    int64_t first_ns;                  /* the moment of access unit 0 of stream 0; 0: not begun */
    double spacing_ns;                 /* from one unit to the next, of all streams in turn */
    uint64_t next;                     /* units that are due so far, of all streams in turn */
    uint64_t backlog;                  /* publishers with something that is due and not sent */
    uint8_t *unit_scratch;             /* one access unit */
    struct load_publisher *publishers; /* those refused and lost are counted in scene->stats */
};

/* Begins to connect all. 0 or -errno. */
int load_feed_start(struct load_feed *feed, struct load_scene *scene);

/* Does what is due. */
void load_feed_tick(struct load_feed *feed, int64_t now_ns);

bool load_feed_is_up(const struct load_feed *feed);

/* When the next access unit is due; INT64_MAX when there is none. */
int64_t load_feed_next_ns(const struct load_feed *feed);

void load_feed_stop(struct load_feed *feed);
