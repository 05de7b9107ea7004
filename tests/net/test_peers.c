/* SPDX-License-Identifier: MIT */
#include "net/peers.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 4000 };

static struct peers table;

static void set_up(void)
{
    peers_init(&table);
}

static struct udp_addr v4(const char *host, uint16_t port)
{
    struct udp_addr a = {.in4 = {.sin_family = AF_INET}};
    cr_assert_eq(inet_pton(AF_INET, host, &a.in4.sin_addr), 1);
    return udp_addr_with_port(&a, port);
}

static struct udp_addr v6(const char *host, uint32_t scope, uint16_t port)
{
    struct udp_addr a = {.in6 = {.sin6_family = AF_INET6, .sin6_scope_id = scope}};
    cr_assert_eq(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
    return udp_addr_with_port(&a, port);
}

static void add(struct peer *p, struct udp_addr addr)
{
    peer_init(p, &addr);
    peers_add(&table, p);
}

static struct peer *find(struct udp_addr addr)
{
    return peers_find(&table, &addr);
}

static void tear_down(void)
{
    peers_fini(&table);
    peers_fini(&table);
}

TestSuite(peers, .init = set_up, .fini = tear_down);

Test(peers, finds_who_was_added_by_host_and_port)
{
    struct peer p[5];
    add(&p[0], v4("10.0.0.1", 5000));
    add(&p[1], v4("10.0.0.1", 5001));
    add(&p[2], v4("10.0.0.2", 5000));
    add(&p[3], v6("fe80::1", 2, 5000));
    add(&p[4], v6("::ffff:10.0.0.1", 0, 5000));
    for (size_t i = 0; i < ARRAY_LEN(p); i++)
        cr_assert_eq(find(p[i].addr), &p[i], "peer %zu", i);
    cr_assert_null(find(v4("10.0.0.1", 5002)));
    cr_assert_null(find(v4("10.0.0.3", 5000)));
    cr_assert_null(find(v6("fe80::1", 3, 5000)), "the same name on another link");
    cr_assert_null(find(v6("fe80::2", 2, 5000)));
}

Test(peers, what_the_kernel_adds_to_an_address_does_not_matter)
{
    struct peer p;
    add(&p, v6("2001:db8::1", 0, 5000));
    struct udp_addr heard = p.addr;
    heard.in6.sin6_flowinfo = htonl(0x12345);
    cr_assert_eq(find(heard), &p);
}

Test(peers, of_several_with_one_address_each_is_met_once)
{
    struct peer p[3], other;
    add(&p[0], v4("10.0.0.1", 0));
    add(&other, v4("10.0.0.2", 0));
    add(&p[1], v4("10.0.0.1", 0));
    add(&p[2], v4("10.0.0.1", 0));
    struct peer *at = find(v4("10.0.0.1", 0));
    for (size_t i = 0; i < ARRAY_LEN(p); i++, at = peers_next(&table, at))
        cr_assert_eq(at, &p[i]);
    cr_assert_null(at);
}

Test(peers, who_was_removed_is_found_no_more)
{
    struct peer p[2];
    add(&p[0], v4("10.0.0.1", 5000));
    add(&p[1], v4("10.0.0.1", 5000));
    peers_remove(&table, &p[0]);
    cr_assert_eq(find(p[0].addr), &p[1]);
    cr_assert_null(peers_next(&table, &p[1]));
    peers_remove(&table, &p[0]);
    cr_assert_eq(table.count, 1);
    peers_remove(&table, &p[1]);
    cr_assert_null(find(p[1].addr));
    cr_assert_eq(table.count, 0);
}

Test(peers, may_be_many)
{
    static struct peer p[MANY];
    for (unsigned i = 0; i < MANY; i++)
        add(&p[i], v4("192.0.2.7", (uint16_t)(1024 + i)));
    for (unsigned i = 0; i < MANY; i += 2)
        peers_remove(&table, &p[i]);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(find(p[i].addr), i % 2 ? &p[i] : NULL);
}

/* The table grows as they come, and those of one address stay in their order. */
Test(peers, of_one_address_keep_their_order_among_many)
{
    static struct peer p[MANY];
    for (unsigned i = 0; i < MANY; i++)
        add(&p[i], v4(i % 2 ? "192.0.2.7" : "192.0.2.8", (uint16_t)(i % 200 / 2)));
    for (unsigned i = 0; i < 200; i++) {
        unsigned n = i;
        for (struct peer *at = find(p[i].addr); at; at = peers_next(&table, at), n += 200)
            cr_assert_eq(at, &p[n]);
        cr_assert_eq(n, MANY + i);
    }
}

static struct peer *many_addresses(unsigned count)
{
    struct peer *p = calloc(count, sizeof *p);
    cr_assert_not_null(p);
    for (unsigned i = 0; i < count; i++) {
        char host[INET_ADDRSTRLEN];
        snprintf(host, sizeof host, "10.0.0.%u", i >> 14);
        add(&p[i], v4(host, (uint16_t)(20000 + 2 * (i & 0x3fff))));
    }
    return p;
}

static unsigned longest_bucket(void)
{
    unsigned longest = 0;
    for (uint32_t i = 0; i < table.buckets; i++) {
        unsigned len = 0;
        for (struct list *l = table.bucket[i].next; l != &table.bucket[i]; l = l->next)
            len++;
        longest = len > longest ? len : longest;
    }
    return longest;
}

/* Neighbouring ports, as clients choose them, do not share few buckets, however many they are. */
Test(peers, spread_over_the_buckets)
{
    static const unsigned counts[] = {50, 1000, MANY, 20000};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct peer *p = many_addresses(counts[i]);
        cr_assert_lt(longest_bucket(), 32, "of %u", counts[i]);
        peers_fini(&table);
        peers_init(&table);
        free(p);
    }
}

Test(peers, table_has_a_bound)
{
    enum { TOO_MANY = 3 * PEERS_BUCKETS_MAX };
    struct peer *p = many_addresses(TOO_MANY);
    cr_assert_eq(table.buckets, PEERS_BUCKETS_MAX);
    for (unsigned i = 0; i < TOO_MANY; i += 97)
        cr_assert_eq(find(p[i].addr), &p[i]);
    free(p);
}
