/* SPDX-License-Identifier: MIT */
#include "core/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <urcu/rculfhash.h>

#include "core/random.h"

/* Fixed: in this version of liburcu a table that resizes itself can deadlock when it is destroyed.
 */
enum { BUCKETS = 4096 };

struct registry {
    struct cds_lfht *table;
    _Atomic uint64_t count; /* relaxed: for people to look at */
    uint64_t seed;          /* so that names that share a bucket are hard to choose */
};

struct entry {
    struct cds_lfht_node node;
    struct stream *stream;
    struct rcu_node rcu;
};

struct registry *registry_create(void)
{
    struct registry *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    random_bytes(&r->seed, sizeof r->seed);
    r->table = cds_lfht_new(BUCKETS, BUCKETS, BUCKETS, 0, NULL);
    if (!r->table) {
        free(r);
        return NULL;
    }
    return r;
}

void registry_destroy(struct registry *r)
{
    if (!r)
        return;
    cds_lfht_destroy(r->table, NULL);
    free(r);
}

/* FNV-1a from a secret start. */
static unsigned long hash_name(const struct registry *r, const char *name)
{
    uint64_t h = r->seed ^ UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return (unsigned long)(h ^ h >> 32);
}

static int name_matches(struct cds_lfht_node *node, const void *name)
{
    RCU_TSAN_ACQUIRE(node); /* G2, pairs with G1 */
    const struct entry *e = CONTAINER_OF(node, struct entry, node);
    return strcmp(stream_name(e->stream), name) == 0;
}

static void free_entry(struct rcu_node *node)
{
    struct entry *e = CONTAINER_OF(node, struct entry, rcu);
    stream_unref(&e->stream);
    free(e);
}

int registry_add(struct registry *r, struct stream *s)
{
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->stream = stream_ref(s);
    cds_lfht_node_init(&e->node);
    const char *name = stream_name(s);
    RCU_TSAN_RELEASE(&e->node); /* G1: the entry, before it is found */
    struct cds_lfht_node *found =
        cds_lfht_add_unique(r->table, hash_name(r, name), name_matches, name, &e->node);
    if (found == &e->node) {
        atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
        return 0;
    }
    free_entry(&e->rcu);
    return -EEXIST;
}

static struct entry *find(struct registry *r, const char *name)
{
    struct cds_lfht_iter iter;
    cds_lfht_lookup(r->table, hash_name(r, name), name_matches, name, &iter);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&iter);
    return node ? CONTAINER_OF(node, struct entry, node) : NULL;
}

void registry_remove(struct registry *r, struct stream *s)
{
    struct entry *e = find(r, stream_name(s));
    if (!e || e->stream != s || cds_lfht_del(r->table, &e->node) != 0)
        return;
    atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
    rcu_defer(&e->rcu, free_entry);
}

uint64_t registry_count(const struct registry *r)
{
    return atomic_load_explicit(&r->count, memory_order_relaxed);
}

struct stream *registry_find(struct registry *r, const char *name)
{
    struct entry *e = find(r, name);
    return e ? e->stream : NULL;
}
