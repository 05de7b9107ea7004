/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/egress_tcp.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/spectator.h"

static int fd[2];
static struct buf out, got, expected;
static struct cursor cursor;
static uint64_t sent;

static void set_up(void)
{
    socket_pair(fd, SPECTATOR_TIGHT);
}

static void tear_down(void)
{
    close(fd[0]);
    close(fd[1]);
    buf_reset(&out);
    buf_reset(&got);
    buf_reset(&expected);
    cursor_drop(&cursor);
}

static uint8_t next_byte(void)
{
    static uint32_t state = 1;
    return (uint8_t)((state = state * 1103515245 + 12345) >> 16);
}

/* Bytes that follow no pattern, noted as expected. */
static void make(uint8_t *dst, size_t len)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = next_byte();
    cr_assert_eq(buf_append(&expected, slice_of(dst, len)), 0);
}

static void add_out(size_t len)
{
    cr_assert_eq(buf_reserve(&out, len), 0);
    make(out.data + out.end, len);
    out.end += (uint32_t)len;
}

/* Images of that size; the cursor stands at the first. */
static void add_images(unsigned count, size_t len)
{
    struct image *last = NULL;
    for (unsigned i = 0; i < count; i++) {
        struct image *img = image_create(len);
        cr_assert_not_null(img);
        make(img->data, len);
        if (last)
            image_link(last, img);
        else
            cursor.at = image_ref(img);
        image_unref(&img);
        last = last ? last->next : cursor.at;
    }
}

static size_t take(size_t at_most)
{
    uint8_t bytes[1024];
    ssize_t n = recv(fd[1], bytes, size_min(at_most, sizeof bytes), 0);
    if (n <= 0)
        return 0;
    cr_assert_eq(buf_append(&got, slice_of(bytes, (size_t)n)), 0);
    return (size_t)n;
}

static enum egress_result flush(void)
{
    return egress_tcp_flush(fd[0], &out, &cursor, &sent);
}

/* All that was expected came, in order. The reader takes 'piece' bytes at a time. */
static void flush_to_the_end(size_t piece)
{
    enum egress_result result;
    while ((result = flush()) == EGRESS_FULL)
        cr_assert_gt(take(piece), 0);
    cr_assert_eq(result, EGRESS_DONE);
    while (take(piece) > 0)
        ;
    cr_assert(slice_eq(buf_slice(&got), buf_slice(&expected)));
    cr_assert_eq(sent, buf_len(&expected));
    cr_assert_eq(buf_len(&out), 0);
    cr_assert(cursor_at_end(&cursor));
}

TestSuite(egress_tcp, .init = set_up, .fini = tear_down);

Test(egress_tcp, nothing_to_send_is_done)
{
    cr_assert_eq(flush(), EGRESS_DONE);
    cr_assert_eq(sent, 0);
}

Test(egress_tcp, out_goes_before_the_images)
{
    add_out(20);
    add_images(2, 100);
    flush_to_the_end(1024);
}

Test(egress_tcp, goes_on_where_a_partial_write_stopped)
{
    add_out(9001);
    add_images(30, 777);
    cr_assert_eq(flush(), EGRESS_FULL);
    cr_assert(sent > 0 && sent < buf_len(&expected));
    flush_to_the_end(1);
}

Test(egress_tcp, goes_on_in_the_middle_of_an_image)
{
    add_images(3, 20000);
    cr_assert_eq(flush(), EGRESS_FULL);
    cr_assert(cursor.offset == sent && cursor.offset > 0);
    flush_to_the_end(513);
}

/* More than one system call takes; also with some that are empty. */
Test(egress_tcp, sends_any_number_of_images)
{
    int room = 1 << 20;
    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    add_out(3);
    add_images(500, 40);
    cr_assert_eq(flush(), EGRESS_DONE, "in one go when there is room");
    flush_to_the_end(1024);
}

Test(egress_tcp, empty_images_are_passed_over)
{
    add_images(3, 0);
    cr_assert_eq(flush(), EGRESS_DONE);
    cr_assert_eq(sent, 0);
}

Test(egress_tcp, follows_a_chain_that_grows)
{
    add_images(1, 50);
    cr_assert_eq(flush(), EGRESS_DONE);
    for (unsigned i = 0; i < 10; i++) {
        struct image *img = image_create(50);
        make(img->data, 50);
        image_link(cursor.at, img);
        image_unref(&img);
        cr_assert_gt(take(1024), 0);
        cr_assert_eq(flush(), EGRESS_DONE);
    }
    flush_to_the_end(1024);
}

Test(egress_tcp, full_socket_changes_nothing)
{
    add_images(1, 50000);
    cr_assert_eq(flush(), EGRESS_FULL);
    uint64_t before = sent;
    while (flush() == EGRESS_FULL && sent != before)
        before = sent;
    cr_assert_eq(flush(), EGRESS_FULL);
    cr_assert_eq(sent, before);
    flush_to_the_end(1024);
}

Test(egress_tcp, connection_that_is_gone_is_broken_and_raises_no_signal)
{
    shutdown(fd[1], SHUT_RD);
    add_images(1, 10);
    cr_assert_eq(flush(), EGRESS_BROKEN);
    cr_assert_eq(sent, 0);
}
