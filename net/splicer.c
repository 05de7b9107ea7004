/* SPDX-License-Identifier: MIT */
#include "net/splicer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { WANTED_BYTES = 1 << 20 }; /* the most that a pipe of an ordinary user may have */

/* The bytes that the pipe holds, or -errno. */
static int open_pipe(int fd[2])
{
    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0) {
        fd[0] = fd[1] = -1;
        return -errno;
    }
    fcntl(fd[1], F_SETPIPE_SZ, WANTED_BYTES); /* may be refused: then it stays as it is */
    int bytes = fcntl(fd[1], F_GETPIPE_SZ);
    return bytes < 0 ? -errno : bytes;
}

int splicer_init(struct splicer *s)
{
    *s = (struct splicer){.source = {-1, -1}, .copy = {-1, -1}};
    s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (s->null_fd < 0)
        return -errno;
    int source = open_pipe(s->source);
    int copy = open_pipe(s->copy);
    if (source < 0 || copy < 0)
        return source < 0 ? source : copy;
    s->capacity = (size_t)(source < copy ? source : copy);
    return 0;
}

void splicer_fini(struct splicer *s)
{
    const int fds[] = {s->source[0], s->source[1], s->copy[0], s->copy[1], s->null_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
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

bool splicer_load(struct splicer *s, struct slice bytes)
{
    drain(s, s->source[0], s->held);
    s->held = 0;
    if (bytes.len > s->capacity)
        return false;
    ssize_t n = write(s->source[1], bytes.ptr, bytes.len);
    if (n > 0)
        s->held = (size_t)n;
    return s->held == bytes.len;
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
