/* SPDX-License-Identifier: MIT */
/*
 * The program umbel: flags in, server up, signals awaited, server down.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "rtsp/cli.h"
#include "rtsp/server.h"

enum { EXIT_STOPPED = 0, EXIT_CANNOT_RUN = 1, EXIT_WRONG_USAGE = 2, HELP_BYTES = 8192 };

static void *exit_at_second_signal(void *arg)
{
    const sigset_t *signals = arg;
    int number;
    sigwait(signals, &number);
    _exit(EXIT_STOPPED);
}

/* The signal that came, after reporting as often as is wanted. */
static int await_signal(struct server *server, const sigset_t *signals, int64_t interval_ns)
{
    const struct timespec interval = {.tv_sec = (time_t)(interval_ns / NS_PER_S),
                                      .tv_nsec = (long)(interval_ns % NS_PER_S)};
    for (;;) {
        int number =
            interval_ns > 0 ? sigtimedwait(signals, NULL, &interval) : sigwaitinfo(signals, NULL);
        if (number > 0)
            return number;
        if (errno == EAGAIN)
            server_report(server, interval_ns);
    }
}

/* Blocks until one of them comes; a further one then ends the process at once. */
static void wait_for_stop(struct server *server, sigset_t *signals, int64_t interval_ns)
{
    pthread_t watcher;
    int number = await_signal(server, signals, interval_ns);
    LOG_INFO("stopping", log_str("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
    if (pthread_create(&watcher, NULL, exit_at_second_signal, signals) == 0)
        pthread_detach(watcher);
}

/* One that was closed would be given to a socket or a pipe, and the log would go there. */
static void occupy_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    occupy_standard_descriptors();
    struct config config;
    char out[HELP_BYTES];
    switch (cli_parse(&config, argc, argv, out, sizeof out)) {
    case CLI_DONE:
        fputs(out, stdout);
        return EXIT_STOPPED;
    case CLI_USAGE:
        fputs(out, stderr);
        return EXIT_WRONG_USAGE;
    case CLI_RUN:
        break;
    }
    log_init((enum log_level)config.log_level, (enum log_format)config.log_format);

    /* Blocked before there is any other thread, liburcu's included: only main hears them. */
    static sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct server *server = server_start(&config);
    if (!server)
        return EXIT_CANNOT_RUN;
    wait_for_stop(server, &signals, config.status_interval_ns);
    server_stop(server);
    LOG_INFO("stopped");
    return EXIT_STOPPED;
}
