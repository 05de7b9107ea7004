/* SPDX-License-Identifier: MIT */
/*
 * The few things that every file needs: a borrowed run of bytes, and macros that C lacks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define PRINTF_LIKE(fmt, args)          __attribute__((format(printf, fmt, args)))

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* Borrowed bytes. Who hands one out says until when it is valid. */
struct slice {
    const uint8_t *ptr;
    size_t len;
};

#define SLICE_LIT(s) ((struct slice){(const uint8_t *)(s), sizeof(s) - 1})

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){(const uint8_t *)ptr, len};
}

static inline struct slice slice_str(const char *s)
{
    return slice_of(s, strlen(s));
}

/* The part from byte 'from' on; empty when the slice is shorter. */
static inline struct slice slice_from(struct slice s, size_t from)
{
    return from < s.len ? slice_of(s.ptr + from, s.len - from) : (struct slice){0};
}

/* The first 'len' bytes, or all of a shorter slice. */
static inline struct slice slice_head(struct slice s, size_t len)
{
    return slice_of(s.ptr, len < s.len ? len : s.len);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_eq(s, slice_str(text));
}

/* Equal but for the case of ASCII letters. */
static inline bool slice_is_nocase(struct slice s, const char *text)
{
    size_t len = strlen(text);
    return s.len == len && (len == 0 || strncasecmp((const char *)s.ptr, text, len) == 0);
}

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}
