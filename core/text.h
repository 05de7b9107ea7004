/* SPDX-License-Identifier: MIT */
/*
 * Text written into a fixed buffer: appends as much as fits, remembers that something did not, and
 * is NUL-terminated at all times. Nothing here allocates.
 */
#pragma once

#include "core/base.h"

#include <stdarg.h>

struct text {
    char *buf;
    size_t cap; /* bytes in buf, the NUL included; at least 1 */
    size_t len; /* bytes written, the NUL not included */
    bool cut;   /* something did not fit */
};

/* Starts an empty text in buf. */
void text_init(struct text *t, char *buf, size_t cap);
void text_add(struct text *t, const char *s);
void text_add_slice(struct text *t, struct slice s);
void text_addf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_vaddf(struct text *t, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static inline struct slice text_slice(const struct text *t)
{
    return slice_of(t->buf, t->len);
}
