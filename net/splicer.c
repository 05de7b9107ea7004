/* SPDX-License-Identifier: MIT */
#include "bench/floor_splice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_pipe(int fd[2])
{
    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    return fcntl(fd[1], F_SETPIPE_SZ, SPLICE_MAX_BYTES) < 0 ? -errno : 0;
}

int splicer_init(struct splicer *s)
{
    s->held = 0;
    s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (s->null_fd < 0)
        return -errno;
    int err = open_pipe(s->source);
    return err ? err : open_pipe(s->copy);
}

void splicer_fini(struct splicer *s)
{
    const int fds[] = {s->source[0], s->source[1], s->copy[0], s->copy[1], s->null_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
}

static void drain(struct splicer *s, int from, size_t len)
{
    while (len > 0) {
        ssize_t n = splice(from, NULL, s->null_fd, NULL, len, SPLICE_F_NONBLOCK);
        if (n <= 0)
            return;
        len -= (size_t)n;
    }
}

bool splicer_load(struct splicer *s, const uint8_t *data, size_t len)
{
    drain(s, s->source[0], s->held);
    s->held = 0;
    if (len > SPLICE_MAX_BYTES)
        return false;
    ssize_t n = write(s->source[1], data, len);
    if (n > 0)
        s->held = (size_t)n;
    return s->held == len;
}

ssize_t splicer_send(struct splicer *s, int fd)
{
    ssize_t copied = tee(s->source[0], s->copy[1], s->held, SPLICE_F_NONBLOCK);
    if (copied <= 0)
        return copied < 0 ? -errno : -EIO;
    ssize_t sent = splice(s->copy[0], NULL, fd, NULL, (size_t)copied, SPLICE_F_NONBLOCK);
    ssize_t result = sent < 0 ? -errno : sent;
    drain(s, s->copy[0], (size_t)(copied - (sent > 0 ? sent : 0)));
    return result;
}
