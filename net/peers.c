/* SPDX-License-Identifier: MIT */
#include "net/peers.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/random.h"

static void use_buckets(struct peers *t, struct list *bucket, uint32_t buckets)
{
    for (uint32_t i = 0; i < buckets; i++)
        list_init(&bucket[i]);
    t->bucket = bucket;
    t->buckets = buckets;
}

void peers_init(struct peers *t)
{
    use_buckets(t, t->few, PEERS_BUCKETS_MIN);
    t->count = 0;
    t->seed = random_u32();
}

void peers_fini(struct peers *t)
{
    if (t->bucket != t->few)
        free(t->bucket);
    t->bucket = NULL;
}

/*
 * FNV is no defence against chosen addresses, and need not be: whoever is in the table belongs to a
 * session, which has a connection from that host, and has no more than a few places. Forged
 * datagrams add nobody else. So a long bucket costs many connections, and delays only the datagrams
 * that fall into it; the seed keeps secret which do.
 */
static struct list *bucket_of(const struct peers *t, const struct udp_addr *a)
{
    uint16_t port = udp_addr_port(a);
    struct slice host = a->sa.sa_family == AF_INET
                            ? slice_of(&a->in4.sin_addr, sizeof a->in4.sin_addr)
                            : slice_of(&a->in6.sin6_addr, sizeof a->in6.sin6_addr);
    uint32_t hash = hash_bytes(hash_bytes(t->seed, slice_of(&port, sizeof port)), host);
    return &t->bucket[(hash ^ hash >> 16) & (t->buckets - 1)];
}

/* Twice as many buckets; those of one address stay in their order. Without memory the buckets
 * become longer instead. */
static void grow(struct peers *t)
{
    struct list *old = t->bucket, *item;
    uint32_t count = t->buckets;
    struct list *bucket = malloc(2 * count * sizeof *bucket);
    if (!bucket)
        return;
    use_buckets(t, bucket, 2 * count);
    for (uint32_t i = 0; i < count; i++)
        while ((item = list_pop(&old[i])) != NULL) {
            struct peer *p = CONTAINER_OF(item, struct peer, link);
            list_append(bucket_of(t, &p->addr), item);
        }
    if (old != t->few)
        free(old);
}

void peers_add(struct peers *t, struct peer *p)
{
    if (t->count >= t->buckets && t->buckets < PEERS_BUCKETS_MAX)
        grow(t);
    t->count++;
    list_append(bucket_of(t, &p->addr), &p->link);
}

void peers_remove(struct peers *t, struct peer *p)
{
    t->count -= !list_empty(&p->link);
    list_remove(&p->link);
}

static struct peer *find_from(const struct list *bucket, const struct list *from,
                              const struct udp_addr *addr)
{
    for (const struct list *l = from; l != bucket; l = l->next) {
        struct peer *p = CONTAINER_OF((struct list *)(uintptr_t)l, struct peer, link);
        if (udp_addr_eq(&p->addr, addr))
            return p;
    }
    return NULL;
}

struct peer *peers_find(const struct peers *t, const struct udp_addr *addr)
{
    const struct list *bucket = bucket_of(t, addr);
    return find_from(bucket, bucket->next, addr);
}

struct peer *peers_next(const struct peers *t, const struct peer *p)
{
    return find_from(bucket_of(t, &p->addr), p->link.next, &p->addr);
}
