/* SPDX-License-Identifier: MIT */
#include "bench/load_udp.h"

#include "bench/datagrams.h"
#include "bench/units.h"
#include "core/clock.h"
#include "net/listener.h"
#include "rtp/rtcp.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 1 << 17 };

/* A player's ends, and a server that sends to its first track. */
struct scene {
    int listener, connection;
    struct load_udp *udp;
    struct port_range range;
    struct port_pair server;
    struct addr player_rtp;
};

static struct scene scene;

static void begin(void)
{
    struct addr at;
    cr_assert_eq(addr_parse(&at, "127.0.0.1:0", 0), 0);
    cr_assert_eq(listener_open(&at, &scene.listener, 1), 0);
    scene.connection = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(scene.connection, (struct sockaddr *)&at.ss, at.len), 0);
    cr_assert_eq(port_pair_open(&scene.server, &at, &scene.range), 0);
    scene.udp = load_udp_create(true);
    cr_assert_not_null(scene.udp);
    int port = load_udp_add(scene.udp, scene.connection, &scene.range);
    cr_assert_gt(port, 0);
    scene.udp->track[0].theirs =
        (struct udp_ports){scene.server.rtp_port, (uint16_t)(scene.server.rtp_port + 1)};
    scene.player_rtp = at;
    addr_set_port(&scene.player_rtp, (uint16_t)port);
}

static void end(void)
{
    load_udp_destroy(&scene.udp);
    cr_assert_null(scene.udp);
    port_pair_close(&scene.server);
    close(scene.connection);
    close(scene.listener);
}

static void wait_for(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 5000), 1);
}

/* Sends one access unit as a server does. Returns its bytes. */
static size_t send_unit(struct datagrams *d)
{
    struct units u;
    const struct batch_layout layout = {.payload_type = 96, .ssrc = 7};
    cr_assert_eq(units_init(&u, "2M", 30, 60), 0);
    uint8_t *unit = malloc(units_max_bytes(&u));
    cr_assert_not_null(unit);
    cr_assert_eq(datagrams_init(d, units_max_bytes(&u), 1360), 0);
    datagrams_write(d, slice_of(unit, units_write(unit, &u, 0, 0)), 1360, &layout);
    free(unit);
    struct addr to = scene.player_rtp;
    for (uint32_t i = 0; i < d->count; i++) {
        struct msghdr msg = datagram_send_message(&d->send[i], &to.ss, to.len);
        cr_assert_eq(sendmsg(scene.server.rtp_fd, &msg, 0), (ssize_t)d->send[i].bytes.iov_len);
    }
    return d->len;
}

Test(load_udp, bursts_come_with_the_size_of_their_datagrams)
{
    static uint8_t room[ROOM];
    struct datagrams d;
    begin();
    size_t left = send_unit(&d);
    size_t at = 0;
    while (left > 0) {
        struct load_burst burst;
        wait_for(scene.udp->track[0].ours.rtp_fd);
        cr_assert_eq(load_udp_read(scene.udp, 0, room, sizeof room, &burst), 0);
        cr_assert_gt(burst.bytes.len, 0);
        cr_assert_leq(burst.segment, 1360);
        cr_assert_gt(burst.segment, 0);
        cr_assert_leq(burst.arrived_ns, clock_mono_ns());
        cr_assert_eq(memcmp(burst.bytes.ptr, d.data + at, burst.bytes.len), 0);
        at += burst.bytes.len;
        left -= burst.bytes.len;
    }
    struct load_burst burst;
    cr_assert_eq(load_udp_read(scene.udp, 0, room, sizeof room, &burst), -EAGAIN);
    cr_assert_eq(load_udp_overflows(scene.udp), 0);
    datagrams_fini(&d);
    end();
}

Test(load_udp, discarded_bytes_are_counted)
{
    struct datagrams d;
    begin();
    size_t left = send_unit(&d);
    while (left > 0) {
        wait_for(scene.udp->track[0].ours.rtp_fd);
        uint64_t got = load_udp_discard(scene.udp);
        cr_assert_gt(got, 0);
        cr_assert_leq(got, left);
        left -= got;
    }
    cr_assert_eq(load_udp_discard(scene.udp), 0);
    datagrams_fini(&d);
    end();
}

Test(load_udp, report_is_a_receiver_report_to_the_servers_port)
{
    uint8_t bytes[256];
    struct rtcp_seen seen;
    begin();
    struct addr to = scene.player_rtp;
    addr_set_port(&to, (uint16_t)(addr_port(&to) + 1));
    cr_assert_eq(sendto(scene.server.rtcp_fd, "sr", 2, 0, (struct sockaddr *)&to.ss, to.len), 2);
    wait_for(scene.udp->track[0].ours.rtcp_fd);
    cr_assert_eq(load_udp_report(scene.udp), 1, "what the server said is counted");
    wait_for(scene.server.rtcp_fd);
    ssize_t got = recv(scene.server.rtcp_fd, bytes, sizeof bytes, MSG_DONTWAIT);
    cr_assert_gt(got, 0);
    cr_assert_eq(rtcp_parse(slice_of(bytes, (size_t)got), &seen), 0);
    cr_assert(seen.has_rr);
    cr_assert_not(seen.has_bye);
    cr_assert_eq(load_udp_report(scene.udp), 0);
    end();
}

Test(load_udp, server_without_ports_gets_no_reports)
{
    uint8_t bytes[256];
    begin();
    scene.udp->track[0].theirs = (struct udp_ports){0};
    cr_assert_eq(load_udp_report(scene.udp), 0);
    cr_assert_eq(recv(scene.server.rtcp_fd, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    end();
}

Test(load_udp, there_is_room_for_as_many_tracks_as_a_stream_may_have)
{
    begin();
    for (int i = 1; i < MEDIA_TRACKS_MAX; i++)
        cr_assert_gt(load_udp_add(scene.udp, scene.connection, &scene.range), 0);
    cr_assert_eq(load_udp_add(scene.udp, scene.connection, &scene.range), -ENOSPC);
    end();
}
