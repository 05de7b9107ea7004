/* SPDX-License-Identifier: MIT */
#include "rtsp/session/upload.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

static ssize_t read_early(struct upload *u, uint8_t *dst, size_t cap)
{
    struct slice have = slice_head(buf_slice(&u->early), cap);
    memcpy(dst, have.ptr, have.len);
    buf_consume(&u->early, have.len, false);
    return (ssize_t)have.len;
}

static ssize_t read_socket(struct upload *u, uint8_t *dst, size_t cap)
{
    ssize_t n = recv(u->io.fd, dst, cap, 0);
    return n < 0 ? -errno : n;
}

ssize_t upload_read(struct upload *u, uint8_t *dst, size_t cap)
{
    bool early = buf_len(&u->early) > 0;
    ssize_t n = early ? read_early(u, dst, cap) : read_socket(u, dst, cap);
    if (n <= 0)
        return n;
    int64_t decoded = base64_stream_decode(&u->base64, dst, slice_of(dst, (size_t)n));
    if (decoded < 0)
        return -EBADMSG;
    return decoded > 0 ? (ssize_t)decoded : -EINTR;
}

static void dispose(struct litter *l)
{
    struct upload *u = CONTAINER_OF(l, struct upload, litter);
    buf_reset(&u->early);
    free(u);
}

void upload_end(struct upload *u, struct loop *l)
{
    loop_close(&u->io);
    loop_dispose(l, &u->litter, dispose);
}
