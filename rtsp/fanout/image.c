/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/image.h"

#include <stdlib.h>

#include "core/bytes.h"

struct image *image_create(size_t len)
{
    return image_create_runs(len, 0);
}

struct image *image_create_runs(size_t len, size_t runs)
{
    if (len > UINT32_MAX)
        return NULL;
    size_t runs_at = (len + _Alignof(struct batch_run) - 1) & ~(_Alignof(struct batch_run) - 1);
    struct image *img = malloc(sizeof *img + runs_at + runs * sizeof(struct batch_run));
    if (!img)
        return NULL;
    *img = (struct image){.refs = 1, .len = (uint32_t)len};
    img->run = (struct batch_run *)(void *)(img->data + runs_at);
    return img;
}

struct image *image_ref(struct image *img)
{
    img->refs++;
    return img;
}

void image_unref(struct image **imgp)
{
    struct image *img = *imgp;
    *imgp = NULL;
    while (img && --img->refs == 0) {
        struct image *next = img->next;
        free(img);
        img = next;
    }
}

void image_link(struct image *img, struct image *next)
{
    img->next = image_ref(next);
}

uint32_t image_packet_end(const struct image *img, uint32_t offset)
{
    uint32_t at = 0;
    while (at < offset)
        at += INTERLEAVED_HEADER_BYTES + get_be16(img->data + at + 2);
    return at;
}

/* From the end of an image to the beginning of the next, if there is one. */
static bool step(struct cursor *c)
{
    struct image *next = c->at->next;
    if (!next)
        return false;
    image_ref(next);
    image_unref(&c->at);
    *c = (struct cursor){.at = next};
    return true;
}

void cursor_advance(struct cursor *c, size_t n)
{
    for (;;) {
        size_t left = c->at->len - c->offset;
        size_t here = size_min(n, left);
        c->offset += (uint32_t)here;
        n -= here;
        if (here < left || !step(c))
            return;
    }
}

void cursor_drop(struct cursor *c)
{
    image_unref(&c->at);
    c->offset = 0;
}
