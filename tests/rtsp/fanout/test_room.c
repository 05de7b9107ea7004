/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/room.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "tests/support/stage.h"

enum { KIB = 1024, LARGE = 200 * KIB, LARGE_ROOM = 256 * KIB, SMALL_ROOM = 128 * KIB };

TestSuite(room, .init = stage_set_up, .fini = stage_tear_down);

static void tcp_pair(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listening, (struct sockaddr *)&a, sizeof a), 0);
    cr_assert_eq(listen(listening, 1), 0);
    cr_assert_eq(getsockname(listening, (struct sockaddr *)&a, &len), 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd[1], (struct sockaddr *)&a, sizeof a), 0);
    cr_assert_eq(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
    fd[0] = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    cr_assert_geq(fd[0], 0);
    close(listening);
}

/* A spectator on TCP joins. */
static void enter(struct spectator *s)
{
    int fd[2];
    tcp_pair(fd);
    spectator_open(s, SPECTATOR_ROOMY);
    cr_assert_eq(dup2(fd[0], s->viewer.fd), s->viewer.fd);
    cr_assert_eq(dup2(fd[1], s->far_fd), s->far_fd);
    close(fd[0]);
    close(fd[1]);
    stage_join(s, &both_tracks, &patient);
}

static int room_of(const struct spectator *s)
{
    int room = -1;
    socklen_t len = sizeof room;
    cr_assert_eq(getsockopt(s->viewer.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &room, &len), 0);
    return room;
}

Test(room, is_a_step_that_the_image_fits_into)
{
    static const struct {
        uint32_t bytes, room;
    } rows[] = {
        {0, 128 * KIB},           {1, 128 * KIB},
        {120 * KIB, 128 * KIB},   {120 * KIB + 1, 256 * KIB},
        {240 * KIB, 256 * KIB},   {240 * KIB + 1, 512 * KIB},
        {1000 * KIB, 2048 * KIB}, {3840 * KIB, 4096 * KIB},
        {5000 * KIB, 4096 * KIB}, {UINT32_MAX, 4096 * KIB},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_assert_eq(room_for_image(rows[i].bytes), rows[i].room, "row %zu", i);
}

Test(room, follows_the_largest_image_for_all_players)
{
    struct spectator early, late;
    feed_gop(&feed, 2, FRAME_BYTES);
    enter(&early);
    cr_assert_eq(room_of(&early), SMALL_ROOM);
    feed_video(&feed, false, LARGE);
    turn(&loop);
    cr_assert_eq(room_of(&early), LARGE_ROOM);
    feed_gop(&feed, 2, FRAME_BYTES);
    turn(&loop);
    enter(&late);
    cr_assert_eq(room_of(&early), LARGE_ROOM, "the next large one will come");
    cr_assert_eq(room_of(&late), LARGE_ROOM);
    spectator_close(&early);
    spectator_close(&late);
}

Test(room, is_there_for_the_cached_images_of_the_first_player)
{
    struct spectator s;
    feed_video(&feed, true, LARGE);
    enter(&s);
    cr_assert_eq(room_of(&s), LARGE_ROOM);
    spectator_close(&s);
}

Test(room, makes_one_write_of_a_large_image_whose_player_does_not_read_yet)
{
    struct spectator s;
    uint64_t from = feed_gop(&feed, 1, FRAME_BYTES);
    enter(&s);
    feed_video(&feed, false, LARGE);
    turn(&loop);
    cr_assert_eq(s.fulls, 0);
    while (buf_len(&s.got) < viewer_sent_bytes(&s.viewer))
        spectator_read(&s);
    spectator_expect(&s, &feed, &both_tracks, from - 1, from + 1);
    spectator_close(&s);
}
