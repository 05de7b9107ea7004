/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/egress_tcp.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { IOV_MAX_HERE = 64 };

struct batch {
    struct iovec iov[IOV_MAX_HERE];
    size_t count;
    size_t bytes;
};

static void add(struct batch *b, struct slice s)
{
    if (s.len == 0)
        return;
    b->iov[b->count++] = (struct iovec){(void *)(uintptr_t)s.ptr, s.len};
    b->bytes += s.len;
}

static void gather(struct batch *b, const struct buf *out, const struct cursor *c)
{
    b->count = 0;
    b->bytes = 0;
    add(b, buf_slice(out));
    uint32_t offset = c->offset;
    for (const struct image *img = c->at; img && b->count < IOV_MAX_HERE; img = img->next) {
        add(b, slice_of(img->data + offset, img->len - offset));
        offset = 0;
    }
}

static ssize_t send_batch(int fd, struct batch *b)
{
    if (b->count == 1)
        return send(fd, b->iov[0].iov_base, b->iov[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    struct msghdr msg = {.msg_iov = b->iov, .msg_iovlen = b->count};
    return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void take_off(struct buf *out, struct cursor *c, size_t n)
{
    size_t from_out = size_min(n, buf_len(out));
    if (from_out > 0)
        buf_consume(out, from_out, false);
    if (c->at)
        cursor_advance(c, n - from_out);
}

enum egress_result egress_tcp_flush(int fd, struct buf *out, struct cursor *c, uint64_t *sent)
{
    for (;;) {
        struct batch b;
        gather(&b, out, c);
        if (b.count == 0)
            return EGRESS_DONE;
        ssize_t n = send_batch(fd, &b);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? EGRESS_FULL : EGRESS_BROKEN;
        *sent += (uint64_t)n;
        take_off(out, c, (size_t)n);
        if ((size_t)n < b.bytes)
            return EGRESS_FULL; /* a short write also asks for EPOLLOUT (tcp(7)) */
    }
}
