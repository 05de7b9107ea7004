/* SPDX-License-Identifier: MIT */
#include "net/tmr.h"

#include <errno.h>
#include <stdlib.h>

void tmr_heap_fini(struct tmr_heap *h)
{
    free(h->item);
    *h = (struct tmr_heap){0};
}

static void place(struct tmr_heap *h, uint32_t at, struct tmr *t)
{
    h->item[at] = t;
    t->place = at;
}

static void sift_up(struct tmr_heap *h, uint32_t at, struct tmr *t)
{
    while (at > 1 && h->item[at / 2]->deadline_ns > t->deadline_ns) {
        place(h, at, h->item[at / 2]);
        at /= 2;
    }
    place(h, at, t);
}

static void sift_down(struct tmr_heap *h, uint32_t at, struct tmr *t)
{
    for (uint32_t child; (child = at * 2) <= h->count; at = child) {
        if (child < h->count && h->item[child + 1]->deadline_ns < h->item[child]->deadline_ns)
            child++;
        if (h->item[child]->deadline_ns >= t->deadline_ns)
            break;
        place(h, at, h->item[child]);
    }
    place(h, at, t);
}

static int reserve(struct tmr_heap *h)
{
    if (h->count + 1 < h->cap)
        return 0;
    uint32_t cap = h->cap ? h->cap * 2 : 64;
    struct tmr **item = realloc(h->item, cap * sizeof(struct tmr *));
    if (!item)
        return -ENOMEM;
    h->item = item;
    h->cap = cap;
    return 0;
}

int tmr_arm(struct tmr_heap *h, struct tmr *t, int64_t deadline_ns)
{
    tmr_disarm(h, t);
    int err = reserve(h);
    if (err)
        return err;
    t->deadline_ns = deadline_ns;
    sift_up(h, ++h->count, t);
    return 0;
}

void tmr_disarm(struct tmr_heap *h, struct tmr *t)
{
    if (t->place == 0)
        return;
    uint32_t at = t->place;
    t->place = 0;
    struct tmr *last = h->item[h->count--];
    if (last == t)
        return;
    if (at > 1 && h->item[at / 2]->deadline_ns > last->deadline_ns)
        sift_up(h, at, last);
    else
        sift_down(h, at, last);
}

int64_t tmr_next(const struct tmr_heap *h)
{
    return h->count > 0 ? h->item[1]->deadline_ns : TMR_NEVER;
}

void tmr_run(struct tmr_heap *h, int64_t now_ns)
{
    while (tmr_next(h) <= now_ns) {
        struct tmr *t = h->item[1];
        tmr_disarm(h, t);
        t->on_expiry(t, now_ns);
    }
}
