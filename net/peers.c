/* SPDX-License-Identifier: MIT */
#include "net/peers.h"

#include "core/hash.h"
#include "core/random.h"

void peers_init(struct peers *t)
{
    for (unsigned i = 0; i < PEERS_BUCKETS; i++)
        list_init(&t->bucket[i]);
    t->seed = random_u32();
}

static size_t bucket_of(const struct peers *t, const struct udp_addr *a)
{
    uint16_t port = udp_addr_port(a);
    struct slice host = a->sa.sa_family == AF_INET
                            ? slice_of(&a->in4.sin_addr, sizeof a->in4.sin_addr)
                            : slice_of(&a->in6.sin6_addr, sizeof a->in6.sin6_addr);
    uint32_t hash = hash_bytes(hash_bytes(t->seed, slice_of(&port, sizeof port)), host);
    return (hash ^ hash >> 16) % PEERS_BUCKETS;
}

void peers_add(struct peers *t, struct peer *p)
{
    list_append(&t->bucket[bucket_of(t, &p->addr)], &p->link);
}

void peers_remove(struct peer *p)
{
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
    const struct list *bucket = &t->bucket[bucket_of(t, addr)];
    return find_from(bucket, bucket->next, addr);
}

struct peer *peers_next(const struct peers *t, const struct peer *p)
{
    return find_from(&t->bucket[bucket_of(t, &p->addr)], p->link.next, &p->addr);
}
