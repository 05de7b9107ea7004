/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/groups.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

enum { PORT = 5000, MANY = 300 };

static const char *text_of(const struct group *g)
{
    static char text[ADDR_TEXT_MAX];
    addr_format(&g->addr, text);
    return text;
}

static struct group *get(struct groups *g, unsigned number)
{
    char name[32];
    snprintf(name, sizeof name, "live/%u", number);
    return groups_get(g, name);
}

Test(groups, ranges_are_multicast_addresses_with_a_prefix)
{
    static const struct {
        const char *text;
        int result;
        unsigned prefix;
    } rows[] = {
        {"239.255.0.0/16", 0, 16},
        {"239.1.2.3", 0, 32},
        {"239.1.2.3/32", 0, 32},
        {"224.0.0.0/4", 0, 4},
        {"239.0.0.0/0", 0, 0},
        {"[ff15::]/112", 0, 112},
        {"[ff15::1]", 0, 128},
        {"[ff15::1]/128", 0, 128},
        {"10.0.0.0/8", -EINVAL, 0},
        {"[2001:db8::]/64", -EINVAL, 0},
        {"239.255.0.0/33", -EINVAL, 0},
        {"[ff15::]/129", -EINVAL, 0},
        {"239.255.0.0/", -EINVAL, 0},
        {"239.255.0.0/-1", -EINVAL, 0},
        {"239.255.0.0/16x", -EINVAL, 0},
        {"239.255.0.0/16/16", -EINVAL, 0},
        {"239.255.0.0:5000/16", -EINVAL, 0},
        {"239.255.0/16", -EINVAL, 0},
        {"ff15::/112", -EINVAL, 0},
        {"[ff15::/112", -EINVAL, 0},
        {"/16", -EINVAL, 0},
        {":5000/16", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"[ff15:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/112", -EINVAL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr base;
        unsigned prefix;
        int result = groups_parse_range(rows[i].text, &base, &prefix);
        cr_assert_eq(result, rows[i].result, "%s", rows[i].text);
        if (result == 0)
            cr_assert_eq(prefix, rows[i].prefix, "%s", rows[i].text);
    }
}

Test(groups, stream_keeps_its_group)
{
    struct groups *g = groups_create("239.255.0.0/16", PORT);
    struct group *a = get(g, 1), *again = get(g, 1), *b = get(g, 2);
    cr_assert_eq(again, a);
    cr_assert_neq(b, a);
    char first[ADDR_TEXT_MAX];
    snprintf(first, sizeof first, "%s", text_of(a));
    cr_assert_str_neq(first, text_of(b));
    group_put(&a);
    cr_assert_null(a);
    group_put(&again);
    group_put(&a);
    a = get(g, 1);
    cr_assert_str_eq(first, text_of(a), "and once it is played again, too");
    group_put(&a);
    group_put(&b);
    groups_destroy(g);

    g = groups_create("239.255.0.0/16", PORT);
    a = get(g, 1);
    cr_assert_str_eq(first, text_of(a), "and in the next life of the server");
    group_put(&a);
    groups_destroy(g);
}

Test(groups, are_within_the_range_and_each_is_another)
{
    static const struct {
        const char *range;
        const char *begin; /* of their text */
    } rows[] = {
        {"239.255.0.0/16", "239.255."},
        {"239.255.77.99/16", "239.255."},
        {"239.192.0.0/10", "239.192."}, /* no more than 65536 of them */
        {"224.0.0.0/0", "224.0."},
        {"[ff15::]/112", "[ff15::"},
        {"[ff15:1:2:3:4:5:6:7]/16", "[ff15:1:2:3:4:5:6:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct group *group[MANY];
        struct groups *g = groups_create(rows[i].range, PORT);
        cr_assert_not_null(g);
        for (unsigned n = 0; n < MANY; n++) {
            group[n] = get(g, n);
            cr_assert_eq(strncmp(text_of(group[n]), rows[i].begin, strlen(rows[i].begin)), 0,
                         "%s in %s", text_of(group[n]), rows[i].range);
            cr_assert_eq(addr_port(&group[n]->addr), PORT);
            for (unsigned other = 0; other < n; other++)
                cr_assert_neq(memcmp(&group[n]->addr, &group[other]->addr, sizeof(struct addr)), 0);
        }
        for (unsigned n = 0; n < MANY; n++)
            group_put(&group[n]);
        groups_destroy(g);
    }
}

Test(groups, range_is_used_up_to_the_last)
{
    struct groups *g = groups_create("239.255.1.7/30", PORT);
    struct group *group[4];
    unsigned seen = 0;
    for (unsigned n = 0; n < 4; n++) {
        group[n] = get(g, n);
        uint32_t host = ntohl(((struct sockaddr_in *)(void *)&group[n]->addr.ss)->sin_addr.s_addr);
        cr_assert_eq(host & ~3U, 0xefff0104);
        seen |= 1U << (host & 3);
    }
    cr_assert_eq(seen, 0xf);
    cr_assert_null(get(g, 4));
    struct group *again = get(g, 2);
    cr_assert_eq(again, group[2], "who has one still gets it");
    group_put(&again);
    cr_assert_null(get(g, 4), "and still has it");
    uint32_t number = group[2]->number;
    group_put(&group[2]);
    group[2] = get(g, 4);
    cr_assert_eq(group[2]->number, number, "the one that nobody uses");
    for (unsigned n = 0; n < 4; n++)
        group_put(&group[n]);
    groups_destroy(g);
}

Test(groups, range_of_one_serves_one_stream_at_a_time)
{
    struct groups *g = groups_create("[ff15::1]", PORT);
    struct group *a = get(g, 1);
    cr_assert_str_eq(text_of(a), "[ff15::1]:5000");
    cr_assert_null(get(g, 2));
    group_put(&a);
    struct group *b = get(g, 2);
    cr_assert_str_eq(text_of(b), "[ff15::1]:5000");
    group_put(&b);
    groups_destroy(g);
}

Test(groups, one_worker_at_a_time_sends)
{
    struct groups *g = groups_create("239.255.0.0/16", PORT);
    struct group *a = get(g, 1);
    cr_assert(group_claim(a, 0));
    cr_assert(group_claim(a, 0));
    cr_assert_not(group_claim(a, 1));
    group_release(a, 1);
    cr_assert(group_claim(a, 0), "not another's to release");
    group_release(a, 0);
    cr_assert(group_claim(a, 1));
    cr_assert_not(group_claim(a, 0));
    group_release(a, 1);
    group_put(&a);
    groups_destroy(g);
}

Test(groups, bad_range_makes_none)
{
    cr_assert_null(groups_create("10.0.0.0/8", PORT));
    groups_destroy(NULL);
}
