/* SPDX-License-Identifier: MIT */
#include "core/frame.h"

#include <stdlib.h>

struct frame *frame_create(size_t len)
{
    if (len > UINT32_MAX)
        return NULL;
    struct frame *f = malloc(sizeof *f + len);
    if (!f)
        return NULL;
    *f = (struct frame){.len = (uint32_t)len};
    atomic_init(&f->refs, 1);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    /* Relaxed: whoever takes a reference already has the frame safely, by another one or borrowed.
     */
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame **fp)
{
    struct frame *f = *fp;
    *fp = NULL;
    /* F1: the release half orders this thread's reads of the frame before the free by whoever is
     * last, the acquire half orders that free behind everybody's release (pairs with F1). */
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}
