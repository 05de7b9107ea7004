/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdio.h>

void text_init(struct text *t, char *buf, size_t cap)
{
    *t = (struct text){.buf = buf, .cap = cap};
    buf[0] = '\0';
}

void text_add_slice(struct text *t, struct slice s)
{
    size_t room = t->cap - 1 - t->len;
    if (s.len > room)
        t->cut = true;
    s = slice_head(s, room);
    if (s.len > 0)
        memcpy(t->buf + t->len, s.ptr, s.len);
    t->len += s.len;
    t->buf[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_add_slice(t, slice_str(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    text_vaddf(t, fmt, ap);
    va_end(ap);
}

void text_vaddf(struct text *t, const char *fmt, va_list ap)
{
    size_t room = t->cap - t->len;
    int n = vsnprintf(t->buf + t->len, room, fmt, ap);
    if (n < 0) {
        t->cut = true;
        t->buf[t->len] = '\0';
        return;
    }
    if ((size_t)n >= room) {
        t->cut = true;
        n = (int)room - 1;
    }
    t->len += (size_t)n;
}
