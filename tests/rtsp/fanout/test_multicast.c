/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/multicast.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>

#include "core/rcu.h"
#include "rtsp/fanout/fanout.h"
#include "tests/support/turn.h"
#include "tests/support/udp_viewer.h"

enum { FRAME_BYTES = 500, WORKERS = 2, CROWD = 5 };

#define BEGIN_NS (2000 * NS_PER_S)

/* A worker and its players. */
struct house {
    struct loop loop;
    struct udp rtp, rtcp;
    struct egress_udp egress;
    struct lane_options options;
    struct multicast_worker multicast;
    struct metrics metrics;
};

/* A player. */
struct member {
    struct multicast_member member;
    unsigned ends;
    struct member *takes_along; /* leaves when this one hears of the end */
};

static struct house house[WORKERS];
static struct groups *groups;
static struct feed feed;
static struct udp_viewer listener; /* somebody who listens to the group */
static struct addr local;

static void on_end(struct multicast_member *m)
{
    struct member *who = CONTAINER_OF(m, struct member, member);
    who->ends++;
    if (who->takes_along)
        multicast_leave(&who->takes_along->member);
}

static void open_house(struct house *h, unsigned id)
{
    cr_assert_eq(loop_init(&h->loop), 0);
    h->loop.now_ns = BEGIN_NS;
    cr_assert_eq(udp_open(&h->rtp, &h->loop, 0), 0);
    cr_assert_eq(udp_open(&h->rtcp, &h->loop, 0), 0);
    egress_udp_init(&h->egress, &h->rtp, &h->rtcp, 0, 64 << 10);
    h->options = (struct lane_options){
        .max_lag_ns = 3600 * NS_PER_S, .max_lag_bytes = 1 << 30, .udp = &h->egress};
    h->multicast = (struct multicast_worker){
        .groups = groups, .loop = &h->loop, .id = id, .metrics = &h->metrics};
    list_init(&h->multicast.streams);
}

/* Hears what is sent to the stream's group from this machine. */
static void hear_group(void)
{
    struct group *group = groups_get(groups, "live/one");
    struct ip_mreq here = {.imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
    here.imr_multiaddr = ((const struct sockaddr_in *)(const void *)&group->addr.ss)->sin_addr;
    cr_assert_eq(setsockopt(listener.rtp.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &here, sizeof here), 0);
    group_put(&group);
}

static void set_up(void)
{
    const struct udp any_family = {.family = AF_INET};
    rcu_enter();
    udp_viewer_open(&listener, &any_family, "0.0.0.0", "127.0.0.1");
    groups = groups_create("239.255.0.0/16", addr_port(&listener.rtp.addr));
    cr_assert_eq(addr_parse(&local, "127.0.0.1", 8554), 0);
    hear_group();
    for (unsigned i = 0; i < WORKERS; i++)
        open_house(&house[i], i);
    feed_open(&feed, &feed_video_and_audio, &feed_options);
}

static void turn_all(void (*how)(struct loop *l))
{
    for (unsigned i = 0; i < WORKERS; i++)
        how(&house[i].loop);
}

static void turn_now(struct loop *l)
{
    turn_at(l, BEGIN_NS);
}

/* Everybody has left. */
static void tear_down(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        cr_assert(list_empty(&house[i].multicast.streams));
    turn_all(turn);
    feed_close(&feed);
    rcu_offline();
    rcu_drain();
    rcu_online();
    for (unsigned i = 0; i < WORKERS; i++) {
        udp_close(&house[i].rtp);
        udp_close(&house[i].rtcp);
    }
    turn_all(turn);
    for (unsigned i = 0; i < WORKERS; i++)
        loop_fini(&house[i].loop);
    rcu_leave();
    rcu_drain();
    groups_destroy(groups);
    udp_viewer_close(&listener);
}

static int try_join(struct house *h, struct member *m)
{
    *m = (struct member){.member = {.on_end = on_end}};
    return multicast_join(&h->multicast, &m->member, feed.stream, &local, &h->options);
}

static void join(struct house *h, struct member *m)
{
    cr_assert_eq(try_join(h, m), 0);
}

static void leave(struct member *m)
{
    multicast_leave(&m->member);
}

static void feed_one(bool key)
{
    feed_video(&feed, key, FRAME_BYTES);
    turn_all(turn_now);
}

static void expect(uint64_t from, uint64_t upto)
{
    udp_viewer_expect(&listener, &feed, from, upto);
    udp_viewer_clear(&listener);
}

static void expect_nothing(void)
{
    udp_viewer_hear(&listener, &feed);
    cr_assert_eq(buf_len(&listener.got), 0);
}

TestSuite(multicast, .init = set_up, .fini = tear_down);

Test(multicast, one_copy_is_for_all)
{
    struct member m[CROWD];
    feed_one(true);
    feed_one(false);
    for (unsigned i = 0; i < CROWD; i++)
        join(&house[0], &m[i]);
    expect(0, 2);
    feed_one(false);
    feed_one(true);
    expect(2, 4);
    cr_assert_eq(metrics_get(&house[0].metrics, METRIC_PLAYERS_JOINED), CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        leave(&m[i]);
    cr_assert_eq(metrics_get(&house[0].metrics, METRIC_PLAYERS_LEFT), CROWD);
}

/* What the second one has in its cache was sent by the first. */
Test(multicast, one_worker_sends)
{
    struct member m[WORKERS];
    feed_one(true);
    feed_one(false);
    join(&house[0], &m[0]);
    expect(0, 2);
    join(&house[1], &m[1]);
    expect_nothing();
    feed_one(false);
    feed_one(true);
    expect(2, 4);
    leave(&m[0]);
    leave(&m[1]);
}

Test(multicast, another_worker_goes_on_where_the_first_one_left)
{
    struct member m[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++)
        join(&house[i], &m[i]);
    feed_one(true);
    feed_one(false);
    expect(0, 2);
    leave(&m[0]);
    feed_one(false);
    feed_one(false);
    expect(2, 4);
    join(&house[0], &m[0]);
    feed_one(true);
    expect(4, 5);
    leave(&m[1]);
    feed_one(false);
    expect(5, 6);
    leave(&m[0]);
}

Test(multicast, last_one_who_leaves_ends_it)
{
    struct member m[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        join(&house[0], &m[i]);
    feed_one(true);
    expect(0, 1);
    for (unsigned i = 0; i < CROWD; i++) {
        feed_one(false);
        expect(i + 1, i + 2);
        leave(&m[i]);
        leave(&m[i]);
    }
    feed_one(false);
    expect_nothing();
    turn_all(turn);
    join(&house[0], &m[0]);
    expect(0, CROWD + 2);
    leave(&m[0]);
}

Test(multicast, all_hear_of_the_end_of_the_stream)
{
    struct member m[WORKERS][CROWD];
    for (unsigned w = 0; w < WORKERS; w++)
        for (unsigned i = 0; i < CROWD; i++)
            join(&house[w], &m[w][i]);
    feed_one(true);
    stream_end(feed.stream);
    turn_all(turn_now);
    expect(0, 1);
    for (unsigned w = 0; w < WORKERS; w++) {
        for (unsigned i = 0; i < CROWD; i++) {
            cr_assert_eq(m[w][i].ends, 1);
            cr_assert_null(m[w][i].member.stream);
            leave(&m[w][i]);
        }
        cr_assert_eq(metrics_get(&house[w].metrics, METRIC_PLAYERS_LEFT), CROWD);
    }
}

Test(multicast, members_may_leave_when_others_hear_of_the_end)
{
    struct member m[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        join(&house[0], &m[i]);
    m[0].takes_along = &m[CROWD - 1];
    m[1].takes_along = &m[1];
    m[CROWD - 3].takes_along = &m[CROWD - 2]; /* the last one that is left */
    stream_end(feed.stream);
    turn_all(turn_now);
    for (unsigned i = 0; i < CROWD; i++) {
        cr_assert_eq(m[i].ends, i < CROWD - 2, "%u", i);
        cr_assert_null(m[i].member.stream);
    }
}

/* The kernel takes no IPv6 address as the source of what goes to an IPv4 group. */
Test(multicast, who_comes_by_another_family_keeps_nobody_from_the_group)
{
    struct member m;
    struct in_addr here = {htonl(INADDR_LOOPBACK)};
    cr_assert_eq(addr_parse(&local, "[::1]", 8554), 0);
    cr_assert_eq(setsockopt(house[0].rtp.io.fd, IPPROTO_IP, IP_MULTICAST_IF, &here, sizeof here),
                 0);
    join(&house[0], &m);
    feed_one(true);
    expect(0, 1);
    cr_assert_eq(house[0].rtp.refused, 0);
    leave(&m);
}

Test(multicast, without_a_group_nobody_joins)
{
    struct member m;
    struct groups *few = groups_create("239.255.0.1", 5000);
    struct group *taken = groups_get(few, "live/other");
    house[0].multicast.groups = few;
    cr_assert_eq(try_join(&house[0], &m), -ENOMEM);
    cr_assert_null(m.member.stream);
    group_put(&taken);
    groups_destroy(few);
}
