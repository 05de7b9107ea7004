/* SPDX-License-Identifier: MIT */
/*
 * The multicast groups of the server: each stream that is played by multicast has one, out of the
 * range that the operator gave. The stream's name chooses it, so that a stream has the same one
 * every time, unless another has that. Shared by all workers; a mutex guards the table, which is
 * looked at when somebody asks for multicast, never for media.
 *
 * A worker that has players of a group may send to it; one at a time does. Since the packets of a
 * frame are the same wherever they are made, another goes on when that one's last player leaves:
 * with its next frame, so one may be lost, or come twice.
 */
#pragma once

#include <stdatomic.h>

#include "net/addr.h"

struct groups;

enum { GROUP_SENDER_NONE = -1 };

struct group {
    struct addr addr;   /* of track 0's RTP; port + 2 * N: of track N's, and RTCP the next one */
    _Atomic int sender; /* the worker that sends; GROUP_SENDER_NONE */
    /* the table's */
    struct groups *table;
    struct group *next;
    char *name;
    uint32_t number; /* in the range */
    unsigned refs;
};

/*
 * Reads "239.255.0.0/16" or "[ff15::]/112". 0 or -EINVAL, also when it is not multicast.
 */
int groups_parse_range(const char *text, struct addr *base, unsigned *prefix_bits);

/* range: as groups_parse_range takes it. NULL when memory is out. */
struct groups *groups_create(const char *range, uint16_t port);
/* Nobody uses one any more. Accepts NULL. */
void groups_destroy(struct groups *g);

/* The group of the stream of that name, a reference; NULL when there is none left, or no memory. */
struct group *groups_get(struct groups *g, const char *name);
/* Gives *group back and sets it to NULL. *group may be NULL. */
void group_put(struct group **group);

/* True when this worker sends to the group: it does already, or nobody does. */
bool group_claim(struct group *group, int worker);
/* This worker sends to it no longer. */
void group_release(struct group *group, int worker);
