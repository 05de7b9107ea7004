/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/rcu.h"
#include "tests/support/turn.h"

static struct loop loop;
static char order[64]; /* what happened, a letter each */

static void note(char c)
{
    size_t len = strlen(order);
    cr_assert_lt(len, sizeof order - 1);
    order[len] = c;
}

static void set_up(void)
{
    rcu_enter();
    cr_assert_eq(loop_init(&loop), 0);
}

static void tear_down(void)
{
    loop_fini(&loop);
    rcu_leave();
}

/* One end of a pair, in the loop. */
struct end {
    struct io io;
    int far_fd;
    uint32_t events;
    struct end *closes; /* closed by this one's event */
    struct litter litter;
};

static void on_events(struct io *io, uint32_t events)
{
    struct end *e = CONTAINER_OF(io, struct end, io);
    note('e');
    e->events |= events;
    if (e->closes)
        loop_close(&e->closes->io);
}

static void end_open(struct end *e)
{
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    *e = (struct end){.io = {.fd = fd[0], .on_events = on_events}, .far_fd = fd[1]};
    cr_assert_eq(loop_add(&loop, &e->io), 0);
}

static void end_close(struct end *e)
{
    loop_close(&e->io);
    close(e->far_fd);
}

static void send_byte(const struct end *e)
{
    cr_assert_eq(write(e->far_fd, "x", 1), 1);
}

TestSuite(loop, .init = set_up, .fini = tear_down);

Test(loop, tells_of_input_output_and_hang_up_by_edges)
{
    struct end e;
    end_open(&e);
    turn(&loop);
    cr_assert_eq(e.events, EPOLLOUT);
    e.events = 0;
    turn(&loop);
    cr_assert_eq(e.events, 0, "still writable is no news");
    send_byte(&e);
    turn(&loop);
    cr_assert(e.events & EPOLLIN);
    e.events = 0;
    turn(&loop);
    cr_assert_eq(e.events, 0, "still readable is none either");
    send_byte(&e);
    turn(&loop);
    cr_assert(e.events & EPOLLIN);
    shutdown(e.far_fd, SHUT_WR);
    turn(&loop);
    cr_assert(e.events & EPOLLRDHUP);
    end_close(&e);
}

Test(loop, descriptor_that_cannot_be_watched_is_an_error)
{
    struct io io = {.fd = -1};
    cr_assert_lt(loop_add(&loop, &io), 0);
    loop_close(&io);
    cr_assert_eq(io.fd, -1);
}

/* Both have news in one turn, and whoever comes first closes the other. */
Test(loop, what_was_closed_gets_no_event_of_the_same_turn)
{
    struct end a, b;
    end_open(&a);
    end_open(&b);
    a.closes = &b;
    b.closes = &a;
    turn(&loop);
    cr_assert_str_eq(order, "e");
    cr_assert_neq(a.io.fd == -1, b.io.fd == -1);
    end_close(&a);
    end_close(&b);
}

static void on_delivery(struct message *m)
{
    (void)m;
    note('m');
}

static void on_expiry(struct tmr *t, int64_t now_ns)
{
    (void)t;
    cr_assert_eq(now_ns, loop.now_ns);
    note('t');
}

static void on_task(struct task *t)
{
    (void)t;
    note('k');
}

static void on_dispose(struct litter *l)
{
    (void)l;
    note('d');
}

Test(loop, turn_is_events_mail_timers_tasks_litter)
{
    struct end e;
    struct litter litter;
    struct task task;
    struct tmr tmr = {.on_expiry = on_expiry};
    struct message m = {.on_delivery = on_delivery};
    end_open(&e);
    loop_dispose(&loop, &litter, on_dispose);
    task_init(&task, on_task);
    loop_post_task(&loop, &task);
    cr_assert_eq(tmr_arm(&loop.timers, &tmr, 0), 0);
    mailbox_post(&loop.mailbox, &m);
    turn(&loop);
    cr_assert_str_eq(order, "emtkd");
    turn(&loop);
    cr_assert_str_eq(order, "emtkd", "each once");
    end_close(&e);
}

Test(loop, released_descriptor_goes_on_without_it)
{
    struct end e;
    end_open(&e);
    int fd = loop_release(&loop, &e.io);
    cr_assert_eq(e.io.fd, -1);
    send_byte(&e);
    turn(&loop);
    cr_assert_str_empty(order);
    struct end heir = {.io = {.fd = fd, .on_events = on_events}, .far_fd = e.far_fd};
    cr_assert_eq(loop_add(&loop, &heir.io), 0);
    turn(&loop);
    cr_assert(heir.events & EPOLLIN, "what came before counts as news");
    end_close(&heir);
}

static void post_again(struct task *t)
{
    note('k');
    loop_post_task(&loop, t);
}

Test(loop, task_that_posts_itself_goes_on_in_the_next_turn)
{
    struct task t;
    task_init(&t, post_again);
    loop_post_task(&loop, &t);
    loop_post_task(&loop, &t); /* it waits already */
    turn(&loop);
    cr_assert_str_eq(order, "k");
    turn(&loop);
    cr_assert_str_eq(order, "kk");
    task_cancel(&t);
    task_cancel(&t);
    turn(&loop);
    cr_assert_str_eq(order, "kk");
}

static struct task victim;

static void cancel_victim(struct task *t)
{
    (void)t;
    note('c');
    task_cancel(&victim);
}

Test(loop, task_can_be_cancelled_by_one_of_the_same_turn)
{
    struct task t;
    task_init(&t, cancel_victim);
    task_init(&victim, on_task);
    loop_post_task(&loop, &t);
    loop_post_task(&loop, &victim);
    turn(&loop);
    cr_assert_str_eq(order, "c");
}

static void dispose_of_end(struct litter *l)
{
    note('d');
    free(CONTAINER_OF(l, struct end, litter));
}

Test(loop, litter_goes_at_the_end_of_the_turn_and_of_the_loop)
{
    struct end *e = calloc(1, sizeof *e);
    cr_assert_not_null(e);
    loop_dispose(&loop, &e->litter, dispose_of_end);
    cr_assert_str_empty(order);
    turn(&loop);
    cr_assert_str_eq(order, "d");
    e = calloc(1, sizeof *e);
    cr_assert_not_null(e);
    loop_dispose(&loop, &e->litter, dispose_of_end); /* for loop_fini */
}

Test(loop, time_goes_on_from_turn_to_turn)
{
    int64_t before = loop.now_ns;
    turn(&loop);
    cr_assert_geq(loop.now_ns, before);
}

/* -- asleep -- */

static void stop(struct message *m)
{
    (void)m;
    note('m');
    loop.stop = true;
}

static void *post_stop(void *m)
{
    mailbox_post(&loop.mailbox, m);
    return NULL;
}

/* Whether the loop sleeps already or not yet: the letter arrives. */
Test(loop, mail_of_another_thread_wakes_it, .timeout = 10)
{
    for (unsigned i = 0; i < 50; i++) {
        pthread_t thread;
        struct message m = {.on_delivery = stop};
        loop.stop = false;
        cr_assert_eq(pthread_create(&thread, NULL, post_stop, &m), 0);
        loop_run(&loop);
        pthread_join(thread, NULL);
    }
    cr_assert_eq(strlen(order), 50);
}

static void stop_at_expiry(struct tmr *t, int64_t now_ns)
{
    cr_assert_geq(now_ns, t->deadline_ns);
    loop.stop = true;
}

Test(loop, timer_wakes_it, .timeout = 10)
{
    struct tmr t = {.on_expiry = stop_at_expiry};
    cr_assert_eq(tmr_arm(&loop.timers, &t, loop.now_ns + 3 * NS_PER_MS), 0);
    loop_run(&loop);
}

struct deferred {
    struct rcu_node node;
    bool called;
};

static void on_grace_period(struct rcu_node *node)
{
    CONTAINER_OF(node, struct deferred, node)->called = true;
}

/* A deferred call waits for the loop to turn, and not for it to wake up. */
Test(loop, turn_ends_with_a_quiescent_state, .timeout = 10)
{
    struct deferred deferred = {.called = false};
    rcu_defer(&deferred.node, on_grace_period);
    turn(&loop);
    rcu_offline();
    rcu_drain();
    rcu_online();
    cr_assert(deferred.called);
}
