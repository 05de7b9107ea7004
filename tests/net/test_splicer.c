/* SPDX-License-Identifier: MIT */
#include "net/splicer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES = 50000 };

static struct splicer splicer;
static uint8_t bytes[BYTES];

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(splicer_init(&splicer), 0);
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static void tear_down(void)
{
    splicer_fini(&splicer);
}

static void pair(int fd[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
}

static void expect(int fd, size_t len)
{
    uint8_t got[BYTES];
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(fd, got + have, len - have);
        cr_assert_gt(n, 0);
        have += (size_t)n;
    }
    cr_assert_eq(memcmp(got, bytes, len), 0);
    cr_assert_eq(read(fd, got, 1), -1, "and no more");
}

TestSuite(splicer, .init = set_up, .fini = tear_down);

Test(splicer, every_socket_gets_all_of_what_was_loaded_last)
{
    int fd[2];
    pair(fd);
    cr_assert(splicer_load(&splicer, slice_of(bytes, BYTES)));
    cr_assert(splicer_load(&splicer, slice_of(bytes, 5000)));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(splicer_send(&splicer, fd[0]), 5000);
        expect(fd[1], 5000);
    }
    close(fd[0]);
    close(fd[1]);
}

Test(splicer, a_full_socket_takes_a_part_and_the_next_one_gets_all)
{
    int tight[2], roomy[2], room = 4096;
    pair(tight);
    pair(roomy);
    setsockopt(tight[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    cr_assert(splicer_load(&splicer, slice_of(bytes, BYTES)));
    ssize_t part = BYTES;
    for (int i = 0; i < 100 && part == BYTES; i++)
        part = splicer_send(&splicer, tight[0]);
    cr_assert_lt(part, BYTES);
    cr_assert_eq(splicer_send(&splicer, tight[0]), -EAGAIN);
    cr_assert_eq(splicer_send(&splicer, roomy[0]), BYTES);
    expect(roomy[1], BYTES);
}

Test(splicer, a_closed_socket_is_an_error_and_no_more)
{
    int fd[2];
    pair(fd);
    close(fd[1]);
    cr_assert(splicer_load(&splicer, slice_of(bytes, BYTES)));
    cr_assert_eq(splicer_send(&splicer, fd[0]), -EPIPE);
    pair(fd);
    cr_assert_eq(splicer_send(&splicer, fd[0]), BYTES);
    expect(fd[1], BYTES);
}

Test(splicer, refuses_more_than_a_pipe_holds)
{
    size_t len = splicer.capacity + 1;
    uint8_t *much = calloc(1, len);
    cr_assert_not(splicer_load(&splicer, slice_of(much, len)));
    cr_assert(splicer_load(&splicer, slice_of(bytes, BYTES)));
    free(much);
}
