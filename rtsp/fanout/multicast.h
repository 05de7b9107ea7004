/* SPDX-License-Identifier: MIT */
/*
 * Playing by multicast: the players of a stream that this worker has are members of the stream's
 * group, and the group is one player over UDP, in a lane of its own. In every worker with members
 * there is such a lane, so that all members hear of the end of the stream; one worker sends
 * (groups.h). Belongs to the worker.
 */
#pragma once

#include "rtsp/fanout/groups.h"
#include "rtsp/fanout/lane.h"

struct multicast;

/* What of a worker multicast needs. */
struct multicast_worker {
    struct groups *groups; /* NULL: there is no multicast */
    struct loop *loop;
    unsigned id;
    const char *from; /* our address to send from; NULL: see multicast_source */
    struct metrics *metrics;
    struct list streams; /* that have members */
};

/* Embedded in who plays. */
struct multicast_member {
    struct list link;
    struct multicast *stream; /* NULL: plays nothing */
    void (*on_end)(struct multicast_member *m);
};

/* Our address that multicast is sent from: the configured one, or that to which the connection fd
 * has come. */
struct addr multicast_source(const struct multicast_worker *w, int fd);

/*
 * From now on m plays s: all its tracks, for the group has them all. local: our address, to send
 * from. 0 or -ENOMEM.
 */
int multicast_join(struct multicast_worker *w, struct multicast_member *m, struct stream *s,
                   const struct addr *local, const struct lane_options *options);

/* Plays no longer; harmless when it does not. */
void multicast_leave(struct multicast_member *m);
