/* SPDX-License-Identifier: MIT */
#include "net/mailbox.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mb)
{
    atomic_init(&mb->newest, NULL);
    atomic_init(&mb->asleep, false);
    mb->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return mb->wake_fd < 0 ? -errno : 0;
}

void mailbox_fini(struct mailbox *mb)
{
    if (mb->wake_fd >= 0)
        close(mb->wake_fd);
    mb->wake_fd = -1;
}

static void wake(struct mailbox *mb)
{
    uint64_t one = 1;
    ssize_t n = write(mb->wake_fd, &one, sizeof one);
    (void)n; /* full means that a wake-up is pending already */
}

void mailbox_post(struct mailbox *mb, struct message *m)
{
    struct message *newest = atomic_load_explicit(&mb->newest, memory_order_relaxed);
    do
        m->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&mb->newest, &newest, m, memory_order_seq_cst,
                                                  memory_order_relaxed)); /* X1 */
    if (atomic_load_explicit(&mb->asleep, memory_order_seq_cst) &&        /* X2 */
        atomic_exchange_explicit(&mb->asleep, false, memory_order_seq_cst))
        wake(mb);
}

/* The list comes newest first. */
static struct message *oldest_first(struct message *m)
{
    struct message *reversed = NULL;
    while (m) {
        struct message *next = m->next;
        m->next = reversed;
        reversed = m;
        m = next;
    }
    return reversed;
}

void mailbox_deliver(struct mailbox *mb)
{
    if (!atomic_load_explicit(&mb->newest,
                              memory_order_relaxed)) /* a look; stale is caught by Z2 */
        return;
    /* X3: acquire what the posters (X1) wrote. */
    struct message *m =
        oldest_first(atomic_exchange_explicit(&mb->newest, NULL, memory_order_acquire));
    while (m) {
        struct message *next = m->next; /* delivery may post it again, or free it */
        m->on_delivery(m);
        m = next;
    }
}

bool mailbox_sleep(struct mailbox *mb)
{
    atomic_store_explicit(&mb->asleep, true, memory_order_seq_cst); /* Z1 */
    if (!atomic_load_explicit(&mb->newest, memory_order_seq_cst))   /* Z2 */
        return true;
    mailbox_awake(mb);
    return false;
}

void mailbox_awake(struct mailbox *mb)
{
    /* A poster may have cleared it already, and then wake_fd is (or soon will be) readable. */
    atomic_store_explicit(&mb->asleep, false, memory_order_relaxed);
    uint64_t wakes;
    ssize_t n = read(mb->wake_fd, &wakes, sizeof wakes);
    (void)n; /* empty is fine */
}
