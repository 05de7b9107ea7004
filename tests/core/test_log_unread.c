/* SPDX-License-Identifier: MIT */
/* A stderr that nobody reads: no thread waits for it, and no line is lost without being told. */
#include "core/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { FILLER_LINES = 1000, THREADS = 4 };

static void open_pipe(int fd[2])
{
    cr_assert_eq(pipe(fd), 0);
}

static void open_socket(int fd[2])
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
}

static void open_terminal(int fd[2])
{
    cr_assert_eq(openpty(&fd[0], &fd[1], NULL, NULL, NULL), 0);
}

/* A terminal that is held as by Ctrl-S. */
static void open_held_terminal(int fd[2])
{
    open_terminal(fd);
    cr_assert_eq(tcflow(fd[1], TCOOFF), 0);
}

static void release_terminal(void)
{
    if (isatty(STDERR_FILENO))
        tcflow(STDERR_FILENO, TCOON);
}

/* Of many lengths, so that one of them meets room for a part of it. */
static void log_lines(const char *message, unsigned count)
{
    static char value[900];
    memset(value, 'x', sizeof value - 1);
    for (unsigned i = 0; i < count; i++) {
        struct log_site site = {0};
        const struct log_field fields[] = {
            log_str("x", value + i % sizeof value), log_str("end", "end"), {NULL}};
        log_event(&site, LOG_LEVEL_INFO, message, fields);
    }
}

/* What became of lines that were logged. */
struct tally {
    unsigned whole;
    unsigned lost; /* by the log's own account */
    unsigned broken;
    bool last_came;
    char line[2048];
    size_t len;
};

static void tally_line(struct tally *t)
{
    unsigned lost;
    if (sscanf(t->line, "2%*s WARN log lines lost lines=%u", &lost) == 1)
        t->lost += lost;
    else if (t->line[0] == '2' && strstr(t->line, " end=end"))
        t->whole++;
    else
        t->broken++;
    t->last_came |= strstr(t->line, " last ") != NULL;
}

static void tally_byte(struct tally *t, char c)
{
    cr_assert_lt(t->len, sizeof t->line - 1);
    if (c != '\n') {
        t->line[t->len++] = c;
        return;
    }
    t->line[t->len] = '\0';
    tally_line(t);
    t->len = 0;
}

/* Reads what is there by now, for a moment. */
static void tally_read(struct tally *t, int fd)
{
    char data[4096];
    struct pollfd news = {.fd = fd, .events = POLLIN};
    while (poll(&news, 1, 10) == 1) {
        ssize_t n = read(fd, data, sizeof data);
        cr_assert_gt(n, 0);
        for (ssize_t i = 0; i < n; i++)
            tally_byte(t, data[i]);
    }
}

/* Reads, and logs a last line until it comes. Gives how many times it took. */
static unsigned log_until_read(struct tally *t, int fd)
{
    unsigned lines = 0;
    for (; !t->last_came; lines++) {
        tally_read(t, fd);
        log_lines("last", 1);
        tally_read(t, fd);
    }
    return lines;
}

/* The other end of a new stderr, into which more was logged than it takes. */
static int fill_stderr(void (*open_pair)(int fd[2]), bool init)
{
    int fd[2];
    open_pair(fd);
    cr_assert_geq(dup2(fd[1], STDERR_FILENO), 0);
    close(fd[1]);
    if (init)
        log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_lines("filler", FILLER_LINES);
    return fd[0];
}

static void check_nothing_waits(void (*open_pair)(int fd[2]), bool init, unsigned broken_max)
{
    struct tally t = {0};
    int fd = fill_stderr(open_pair, init);
    cr_assert_eq(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0, "it is not ours alone");
    release_terminal();
    unsigned logged = FILLER_LINES + log_until_read(&t, fd);
    cr_assert_gt(t.lost, 0);
    cr_assert_eq(t.whole + t.lost, logged, "%u + %u of %u", t.whole, t.lost, logged);
    cr_assert_leq(t.broken, broken_max);
}

Test(log_unread, pipe_that_nobody_reads_holds_up_nobody, .timeout = 30)
{
    check_nothing_waits(open_pipe, true, 0);
}

/* Without log_init there is no description of our own, as when stderr may not be opened again. */
Test(log_unread, pipe_of_another_user_holds_up_nobody, .timeout = 30)
{
    check_nothing_waits(open_pipe, false, 0);
}

Test(log_unread, socket_that_nobody_reads_holds_up_nobody, .timeout = 30)
{
    check_nothing_waits(open_socket, true, 0);
}

Test(log_unread, terminal_that_nobody_reads_holds_up_nobody, .timeout = 30)
{
    check_nothing_waits(open_terminal, true, 10);
}

Test(log_unread, terminal_after_ctrl_s_holds_up_nobody, .timeout = 30)
{
    check_nothing_waits(open_held_terminal, true, 0);
}

static void *log_fillers(void *arg)
{
    log_lines("filler", FILLER_LINES);
    atomic_fetch_sub((_Atomic int *)arg, 1);
    return NULL;
}

Test(log_unread, threads_lose_no_line_without_telling, .timeout = 30)
{
    int fd = fill_stderr(open_pipe, true);
    _Atomic int running = THREADS;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, log_fillers, &running), 0);
    struct tally t = {0};
    while (atomic_load(&running) > 0)
        tally_read(&t, fd);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    unsigned logged = (THREADS + 1) * FILLER_LINES + log_until_read(&t, fd);
    cr_assert_gt(t.lost, 0);
    cr_assert_eq(t.whole + t.lost, logged, "%u + %u of %u", t.whole, t.lost, logged);
    cr_assert_eq(t.broken, 0);
}
