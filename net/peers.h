/* SPDX-License-Identifier: MIT */
/*
 * Who a datagram is from: a table of the addresses that a worker knows, each embedded in what it
 * means. Belongs to one thread.
 */
#pragma once

#include "core/list.h"
#include "net/udp.h"

enum {
    PEERS_BUCKETS_MIN = 64, /* powers of two */
    PEERS_BUCKETS_MAX = 1 << 16,
};

struct peer {
    struct list link;
    struct udp_addr addr;
    void *owner; /* as its user likes */
};

struct peers {
    struct list *bucket;
    uint32_t buckets;
    uint32_t count; /* of peers */
    uint32_t seed;  /* see bucket_of */
    struct list few[PEERS_BUCKETS_MIN];
};

void peers_init(struct peers *t);
/* Nobody is in it any more. Harmless for one that is all zero, or finished already. */
void peers_fini(struct peers *t);

/* An address may be in it several times; the first one is found. */
void peers_add(struct peers *t, struct peer *p);
/* Harmless when it is in none, but initialised with peer_init. */
void peers_remove(struct peers *t, struct peer *p);

static inline void peer_init(struct peer *p, const struct udp_addr *addr)
{
    list_init(&p->link);
    p->addr = *addr;
}

/* NULL when there is none. */
struct peer *peers_find(const struct peers *t, const struct udp_addr *addr);

/* The next one with the address of p, or NULL. */
struct peer *peers_next(const struct peers *t, const struct peer *p);
