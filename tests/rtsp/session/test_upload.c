/* SPDX-License-Identifier: MIT */
#include "rtsp/session/upload.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;
static struct upload *upload;
static int far_fd;
static uint8_t bytes[64];

static void set_up(void)
{
    int fd[2];
    cr_assert_eq(loop_init(&loop), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    upload = calloc(1, sizeof *upload);
    cr_assert_not_null(upload);
    upload->io.fd = fd[0];
    far_fd = fd[1];
}

static void tear_down(void)
{
    upload_end(upload, &loop);
    loop_fini(&loop);
    close(far_fd);
}

TestSuite(upload, .init = set_up, .fini = tear_down);

static void client_sends(const char *text)
{
    cr_assert_eq(write(far_fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void assert_reads(const char *text)
{
    ssize_t n = upload_read(upload, bytes, sizeof(bytes));
    cr_assert_gt(n, 0);
    cr_assert(slice_is(slice_of(bytes, (size_t)n), text), "%.*s", (int)n, (const char *)bytes);
}

Test(upload, body_is_decoded)
{
    cr_assert_eq(upload_read(upload, bytes, sizeof(bytes)), -EAGAIN);
    client_sends("Zm9v");
    assert_reads("foo");
    client_sends("Zg==\r\nZg==");
    assert_reads("ff");
    cr_assert_eq(upload_read(upload, bytes, sizeof(bytes)), -EAGAIN);
}

Test(upload, what_was_read_before_comes_first)
{
    cr_assert_eq(buf_append(&upload->early, SLICE_LIT("Zm9vY")), 0);
    client_sends("mFy");
    assert_reads("foo");
    assert_reads("bar");
}

Test(upload, small_room_gets_it_in_pieces)
{
    cr_assert_eq(buf_append(&upload->early, SLICE_LIT("Zm9vYmFy")), 0);
    cr_assert_eq(upload_read(upload, bytes, 4), 3);
    cr_assert_eq(upload_read(upload, bytes, 4), 3);
    cr_assert_eq(memcmp(bytes, "bar", 3), 0);
    cr_assert_eq(upload_read(upload, bytes, 4), -EAGAIN);
}

Test(upload, nothing_decoded_is_not_the_end)
{
    client_sends("\r\n Z");
    cr_assert_eq(upload_read(upload, bytes, sizeof(bytes)), -EINTR);
    client_sends("m");
    assert_reads("f");
}

Test(upload, garbage_is_told_from_a_broken_connection)
{
    client_sends("OPTIONS * RTSP/1.0\r\n");
    cr_assert_eq(upload_read(upload, bytes, sizeof(bytes)), -EBADMSG);
}

Test(upload, end_of_the_body_is_the_end)
{
    client_sends("Zm9v");
    shutdown(far_fd, SHUT_WR);
    assert_reads("foo");
    cr_assert_eq(upload_read(upload, bytes, sizeof(bytes)), 0);
}
