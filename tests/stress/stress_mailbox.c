/* SPDX-License-Identifier: MIT */
/*
 * Posters that wait for their letters to come back, and an owner that sleeps whenever it may. A
 * lost wake-up stops everybody, and the owner's wait then ends by its deadline.
 */
#include "net/mailbox.h"

#include <poll.h>

#include "tests/stress/stress.h"

enum { POSTERS = 3, LETTERS = 4, POSTS = 30000 };

struct letter {
    struct message message;
    struct poster *from;
    unsigned number;
    _Atomic bool under_way;
};

struct poster {
    struct letter letter[LETTERS];
    unsigned expected; /* owner's */
    uint32_t seed;
};

static struct mailbox box;
static struct poster poster[POSTERS];
static unsigned delivered;

static void receive(struct message *m)
{
    struct letter *l = CONTAINER_OF(m, struct letter, message);
    if (l->number != l->from->expected)
        violation("letter %u came where %u was due", l->number, l->from->expected);
    l->from->expected++;
    delivered++;
    atomic_store_explicit(&l->under_way, false, memory_order_release);
}

static void *post(void *arg)
{
    struct poster *me = arg;
    for (unsigned i = 0; i < POSTS; i++) {
        struct letter *l = &me->letter[dice(&me->seed, LETTERS)];
        while (atomic_load_explicit(&l->under_way, memory_order_acquire))
            sched_yield();
        l->number = i;
        atomic_store_explicit(&l->under_way, true, memory_order_relaxed); /* our own until posted */
        mailbox_post(&box, &l->message);
        dawdle(&me->seed);
    }
    return NULL;
}

static void sleep_until_woken(void)
{
    struct pollfd p = {.fd = box.wake_fd, .events = POLLIN};
    if (poll(&p, 1, LOST_AFTER_S * 1000) != 1)
        violation("a wake-up was lost after %u letters", delivered);
    mailbox_awake(&box);
}

int main(void)
{
    pthread_t thread[POSTERS];
    unsigned sleeps = 0, refusals = 0;
    uint32_t seed = 99;
    if (mailbox_init(&box) != 0)
        violation("no mailbox");
    for (unsigned i = 0; i < POSTERS; i++) {
        poster[i].seed = i + 1;
        for (unsigned n = 0; n < LETTERS; n++) {
            poster[i].letter[n].message.on_delivery = receive;
            poster[i].letter[n].from = &poster[i];
        }
        thread[i] = start(post, &poster[i]);
    }
    while (delivered < POSTERS * POSTS) {
        mailbox_deliver(&box);
        dawdle(&seed);
        if (delivered == POSTERS * POSTS)
            break;
        if (!mailbox_sleep(&box)) {
            refusals++;
            continue;
        }
        sleep_until_woken();
        sleeps++;
    }
    for (unsigned i = 0; i < POSTERS; i++)
        pthread_join(thread[i], NULL);
    mailbox_deliver(&box);
    if (delivered != POSTERS * POSTS)
        violation("%u letters, not %u", delivered, POSTERS * POSTS);
    mailbox_fini(&box);
    printf("%u letters delivered, %u sleeps, %u given up for mail\n", delivered, sleeps, refusals);
    return sleeps > 0 ? 0 : 1;
}
