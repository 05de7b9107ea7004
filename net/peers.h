/* SPDX-License-Identifier: MIT */
/*
 * Who a datagram is from: a table of the addresses that a worker knows, each embedded in what it
 * means. Belongs to one thread.
 */
#pragma once

#include "core/list.h"
#include "net/udp.h"

enum { PEERS_BUCKETS = 1024 };

struct peer {
    struct list link;
    struct udp_addr addr;
    void *owner; /* as its user likes */
};

struct peers {
    struct list bucket[PEERS_BUCKETS];
    uint32_t seed; /* so that addresses that share a bucket are hard to choose */
};

void peers_init(struct peers *t);

/* An address may be in it several times; the first one is found. */
void peers_add(struct peers *t, struct peer *p);
/* Harmless when it is in none, but initialised with peer_init. */
void peers_remove(struct peer *p);

static inline void peer_init(struct peer *p, const struct udp_addr *addr)
{
    list_init(&p->link);
    p->addr = *addr;
}

/* NULL when there is none. */
struct peer *peers_find(const struct peers *t, const struct udp_addr *addr);

/* The next one with the address of p, or NULL. */
struct peer *peers_next(const struct peers *t, const struct peer *p);
