/* SPDX-License-Identifier: MIT */
#include "tests/support/spectator.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/bytes.h"
#include "rtp/batch.h"
#include "rtsp/fanout/lane_image.h"

const struct lane_layout both_tracks = {3, {{0, 1}, {2, 3}}};
const struct lane_layout audio_alone = {2, {{0}, {2, 3}}};

void socket_pair(int fd[2], int room)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    int least = 1; /* the kernel makes its minimum of it */
    if (room == SPECTATOR_TIGHT)
        cr_assert_eq(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
}

static void on_full(struct viewer *v)
{
    CONTAINER_OF(v, struct spectator, viewer)->fulls++;
}

static void on_end(struct viewer *v, enum viewer_end why)
{
    struct spectator *s = CONTAINER_OF(v, struct spectator, viewer);
    s->ends++;
    s->why = why;
}

void spectator_open(struct spectator *s, int room)
{
    int fd[2];
    socket_pair(fd, room);
    *s = (struct spectator){.far_fd = fd[1]};
    s->viewer = (struct viewer){.fd = fd[0], .on_full = on_full, .on_end = on_end};
}

void spectator_close(struct spectator *s)
{
    viewer_fini(&s->viewer);
    close(s->viewer.fd);
    if (s->far_fd >= 0)
        close(s->far_fd);
    buf_reset(&s->got);
}

size_t spectator_read(struct spectator *s)
{
    uint8_t bytes[4096];
    size_t sum = 0;
    for (ssize_t n; (n = recv(s->far_fd, bytes, sizeof bytes, 0)) > 0; sum += (size_t)n)
        cr_assert_eq(buf_append(&s->got, slice_of(bytes, (size_t)n)), 0);
    return sum;
}

void spectator_read_all(struct spectator *s)
{
    while (spectator_read(s) > 0)
        viewer_writable(&s->viewer);
}

void spectator_clear(struct spectator *s)
{
    buf_reset(&s->got);
}

bool wire_next(struct slice *rest, struct wire_packet *packet)
{
    if (rest->len == 0)
        return false;
    cr_assert_geq(rest->len, INTERLEAVED_HEADER_BYTES, "cut inside of a header");
    cr_assert_eq(rest->ptr[0], '$', "no packet begins here: framing is broken");
    size_t len = get_be16(rest->ptr + 2);
    packet->channel = rest->ptr[1];
    packet->bytes = slice_head(slice_from(*rest, INTERLEAVED_HEADER_BYTES), len);
    cr_assert_eq(packet->bytes.len, len, "cut inside of a packet");
    *rest = slice_from(*rest, INTERLEAVED_HEADER_BYTES + len);
    return true;
}

struct buf wire_frames(const struct feed *f, const struct lane_layout *layout, uint64_t from,
                       uint64_t upto)
{
    struct buf all = {0};
    for (uint64_t pos = from; pos < upto; pos++) {
        const struct frame *frame = feed_frame(f, pos);
        if (!layout_has(layout, frame->track))
            continue;
        struct image *img = lane_image_build(f->stream, layout, frame, (struct slice){0});
        cr_assert_not_null(img);
        cr_assert_eq(buf_append(&all, slice_of(img->data, img->len)), 0);
        image_unref(&img);
    }
    return all;
}

void spectator_expect(const struct spectator *s, const struct feed *f,
                      const struct lane_layout *layout, uint64_t from, uint64_t upto)
{
    struct buf frames = wire_frames(f, layout, from, upto);
    cr_assert_eq(buf_len(&s->got), buf_len(&frames),
                 "%zu bytes came, not the %zu of frames %lu..%lu", buf_len(&s->got),
                 buf_len(&frames), from, upto);
    cr_assert(slice_eq(buf_slice(&s->got), buf_slice(&frames)));
    buf_reset(&frames);
}

void spectator_expect_first(const struct spectator *s, const struct feed *f,
                            const struct lane_layout *layout, uint64_t from, uint64_t upto)
{
    struct buf frames = wire_frames(f, layout, from, upto);
    cr_assert(slice_eq(slice_head(buf_slice(&s->got), buf_len(&frames)), buf_slice(&frames)));
    buf_reset(&frames);
}

size_t wire_whole_packets(struct slice got, struct slice frames)
{
    struct slice rest = frames;
    struct wire_packet packet;
    size_t bytes = 0;
    while (wire_next(&rest, &packet)) {
        size_t end = frames.len - rest.len;
        if (!slice_eq(slice_head(got, end), slice_head(frames, end)))
            break;
        bytes = end;
    }
    return bytes;
}
