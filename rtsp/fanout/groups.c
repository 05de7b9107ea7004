/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/groups.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/scan.h"

enum { NUMBER_BITS_MAX = 16 }; /* as many groups as anybody has streams */

struct groups {
    pthread_mutex_t mutex;
    struct addr base;
    uint32_t count; /* addresses in the range */
    struct group *first;
};

/* The last four bytes of the host, where the number of a group goes. */
static uint8_t *host_tail(struct addr *a)
{
    if (a->ss.ss_family == AF_INET)
        return (uint8_t *)&((struct sockaddr_in *)(void *)&a->ss)->sin_addr;
    return ((struct sockaddr_in6 *)(void *)&a->ss)->sin6_addr.s6_addr + 12;
}

static bool is_multicast(const struct addr *a)
{
    if (a->ss.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&a->ss;
        return IN_MULTICAST(ntohl(in->sin_addr.s_addr));
    }
    return ((const struct sockaddr_in6 *)(const void *)&a->ss)->sin6_addr.s6_addr[0] == 0xff;
}

int groups_parse_range(const char *text, struct addr *base, unsigned *prefix_bits)
{
    char host[ADDR_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof host)
        return -EINVAL;
    memcpy(host, text, len);
    host[len] = '\0';
    int err = addr_parse(base, host, 0);
    if (err || addr_port(base) != 0 || !is_multicast(base))
        return -EINVAL;
    uint64_t bits = base->ss.ss_family == AF_INET ? 32 : 128, prefix = bits;
    if (slash && !scan_number(slice_str(slash + 1), bits, &prefix))
        return -EINVAL;
    *prefix_bits = (unsigned)prefix;
    return 0;
}

/* Clears the bits of the host that the number of a group takes. */
static void align_base(struct addr *base, unsigned number_bits)
{
    uint32_t tail;
    memcpy(&tail, host_tail(base), sizeof tail);
    tail = htonl(ntohl(tail) >> number_bits << number_bits);
    memcpy(host_tail(base), &tail, sizeof tail);
}

struct groups *groups_create(const char *range, uint16_t port)
{
    struct groups *g = calloc(1, sizeof *g);
    unsigned prefix;
    if (!g || groups_parse_range(range, &g->base, &prefix) != 0) {
        free(g);
        return NULL;
    }
    unsigned bits = (g->base.ss.ss_family == AF_INET ? 32 : 128) - prefix;
    bits = bits < NUMBER_BITS_MAX ? bits : NUMBER_BITS_MAX;
    g->count = 1u << bits;
    align_base(&g->base, bits);
    addr_set_port(&g->base, port);
    pthread_mutex_init(&g->mutex, NULL);
    return g;
}

static void free_group(struct group *group)
{
    free(group->name);
    free(group);
}

void groups_destroy(struct groups *g)
{
    if (!g)
        return;
    pthread_mutex_destroy(&g->mutex);
    free(g);
}

/* -- the table, under the mutex -- */

static struct group *find_name(const struct groups *g, const char *name)
{
    struct group *group = g->first;
    while (group && strcmp(group->name, name) != 0)
        group = group->next;
    return group;
}

static bool is_taken(const struct groups *g, uint32_t number)
{
    const struct group *group = g->first;
    while (group && group->number != number)
        group = group->next;
    return group != NULL;
}

/* The name says where to begin: a stream gets the same group every time, if that is free. */
static struct group *make_group(struct groups *g, const char *name)
{
    uint32_t hash = hash_bytes(HASH_START, slice_str(name)), tries = 0;
    while (tries < g->count && is_taken(g, (hash + tries) % g->count))
        tries++;
    if (tries == g->count)
        return NULL;
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->name = strdup(name);
    if (!group->name) {
        free(group);
        return NULL;
    }
    group->number = (hash + tries) % g->count;
    group->table = g;
    group->addr = g->base;
    uint32_t tail;
    memcpy(&tail, host_tail(&group->addr), sizeof tail);
    tail = htonl(ntohl(tail) + group->number);
    memcpy(host_tail(&group->addr), &tail, sizeof tail);
    atomic_init(&group->sender, GROUP_SENDER_NONE);
    group->next = g->first;
    g->first = group;
    return group;
}

struct group *groups_get(struct groups *g, const char *name)
{
    pthread_mutex_lock(&g->mutex);
    struct group *group = find_name(g, name);
    if (!group)
        group = make_group(g, name);
    if (group)
        group->refs++;
    pthread_mutex_unlock(&g->mutex);
    return group;
}

static void remove_group(struct groups *g, struct group *group)
{
    struct group **at = &g->first;
    while (*at != group)
        at = &(*at)->next;
    *at = group->next;
    free_group(group);
}

void group_put(struct group **groupp)
{
    struct group *group = *groupp;
    *groupp = NULL;
    if (!group)
        return;
    struct groups *g = group->table;
    pthread_mutex_lock(&g->mutex);
    if (--group->refs == 0)
        remove_group(g, group);
    pthread_mutex_unlock(&g->mutex);
}

/* -- who sends -- */

bool group_claim(struct group *group, int worker)
{
    /* Relaxed: our own name is no news, and what else it says the exchange decides. */
    int sender = atomic_load_explicit(&group->sender, memory_order_relaxed);
    if (sender == worker)
        return true;
    return sender == GROUP_SENDER_NONE &&
           atomic_compare_exchange_strong_explicit(&group->sender, &sender, worker,
                                                   memory_order_acquire, /* H2, pairs with H1 */
                                                   memory_order_relaxed);
}

void group_release(struct group *group, int worker)
{
    /* H1: what we have sent, before the next one (H2) sends. */
    if (atomic_load_explicit(&group->sender, memory_order_relaxed) == worker)
        atomic_store_explicit(&group->sender, GROUP_SENDER_NONE, memory_order_release);
}
