/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rcu.h"

enum { EVENTS_A_TURN = 128 };

static void on_wake(struct io *io, uint32_t events)
{
    (void)io;
    (void)events; /* the mailbox is looked at in every turn */
}

int loop_init(struct loop *l)
{
    *l = (struct loop){.epoll_fd = -1};
    list_init(&l->tasks);
    list_init(&l->litter);
    l->now_ns = clock_mono_ns();
    int err = mailbox_init(&l->mailbox);
    if (err)
        return err;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0)
        return -errno;
    l->wake = (struct io){.fd = l->mailbox.wake_fd, .on_events = on_wake};
    return loop_add(l, &l->wake);
}

static void clear_litter(struct loop *l)
{
    for (struct list *item; (item = list_pop(&l->litter)) != NULL;) {
        struct litter *litter = CONTAINER_OF(item, struct litter, link);
        litter->dispose(litter);
    }
}

void loop_fini(struct loop *l)
{
    clear_litter(l);
    tmr_heap_fini(&l->timers);
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
    mailbox_fini(&l->mailbox);
}

int loop_add(struct loop *l, struct io *io)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = io};
    io->epoll_fd = l->epoll_fd;
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, io->fd, &ev) == 0 ? 0 : -errno;
}

void loop_watch(struct io *io, uint32_t events)
{
    struct epoll_event ev = {.events = events | EPOLLET, .data.ptr = io};
    epoll_ctl(io->epoll_fd, EPOLL_CTL_MOD, io->fd, &ev);
}

void loop_close(struct io *io)
{
    if (io->fd >= 0) {
        /* Closing does not do it while a child process still has the descriptor (epoll(7)). */
        epoll_ctl(io->epoll_fd, EPOLL_CTL_DEL, io->fd, NULL);
        close(io->fd);
    }
    io->fd = -1;
}

int loop_release(struct loop *l, struct io *io)
{
    int fd = io->fd;
    epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    io->fd = -1;
    return fd;
}

void task_init(struct task *t, void (*run)(struct task *t))
{
    list_init(&t->link);
    t->run = run;
}

void loop_post_task(struct loop *l, struct task *t)
{
    if (list_empty(&t->link))
        list_append(&l->tasks, &t->link);
}

void task_cancel(struct task *t)
{
    list_remove(&t->link);
}

void loop_dispose(struct loop *l, struct litter *litter, void (*dispose)(struct litter *l))
{
    litter->dispose = dispose;
    list_append(&l->litter, &litter->link);
}

/* Milliseconds that epoll may block: none when there is something to do. */
static int wait_ms(struct loop *l)
{
    if (!list_empty(&l->tasks))
        return 0;
    int64_t next = tmr_next(&l->timers);
    if (next == TMR_NEVER)
        return -1;
    int64_t left = next - clock_mono_ns();
    if (left <= 0)
        return 0;
    int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static int wait_events(struct loop *l, struct epoll_event *ev)
{
    int ms = wait_ms(l);
    if (ms == 0 || !mailbox_sleep(&l->mailbox))
        return epoll_wait(l->epoll_fd, ev, EVENTS_A_TURN, 0);
    rcu_offline();
    int n = epoll_wait(l->epoll_fd, ev, EVENTS_A_TURN, ms);
    rcu_online();
    mailbox_awake(&l->mailbox);
    return n;
}

static void run_tasks(struct loop *l)
{
    struct list now;
    list_move(&now, &l->tasks); /* who posts itself again waits for the next turn */
    for (struct list *item; (item = list_pop(&now)) != NULL;) {
        struct task *t = CONTAINER_OF(item, struct task, link);
        t->run(t);
    }
}

static void turn(struct loop *l)
{
    struct epoll_event ev[EVENTS_A_TURN];
    int n = wait_events(l, ev);
    l->now_ns = clock_mono_ns();
    for (int i = 0; i < n; i++) {
        struct io *io = ev[i].data.ptr;
        if (io->fd >= 0)
            io->on_events(io, ev[i].events);
    }
    mailbox_deliver(&l->mailbox);
    tmr_run(&l->timers, l->now_ns);
    run_tasks(l);
    clear_litter(l);
    rcu_quiescent();
}

void loop_run(struct loop *l)
{
    while (!l->stop)
        turn(l);
}
