/* SPDX-License-Identifier: MIT */
/*
 * What the server tells its operator: one line an event on stderr, as text, logfmt or JSON. Any
 * thread.
 *
 *     LOG_INFO("player joined", log_str("peer", peer), log_u64("players", n));
 *
 * A message is a constant; what varies are its fields. Each place in the code writes at most
 * LOG_SITE_PER_SECOND lines a second and then says how many it kept to itself, so that no peer can
 * make the server busy with complaining. A stderr that nobody reads holds up nobody, either: what
 * it does not take is lost, and a line says how much when it takes lines again.
 */
#pragma once

#include <stdatomic.h>

#include "core/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

enum { LOG_SITE_PER_SECOND = 100 };

struct log_field {
    const char *name; /* NULL ends the list */
    const char *str;  /* NULL: the number counts */
    uint64_t number;
};

struct log_site {
    _Atomic int64_t second;
    _Atomic uint32_t count;
};

static inline struct log_field log_str(const char *name, const char *str)
{
    return (struct log_field){.name = name, .str = str ? str : ""};
}

static inline struct log_field log_u64(const char *name, uint64_t number)
{
    return (struct log_field){.name = name, .number = number};
}

/* Before any other thread runs. Lines less important than max are not written. */
void log_init(enum log_level max, enum log_format format);
bool log_enabled(enum log_level level);

/* fields: ended by one without a name. */
void log_event(struct log_site *site, enum log_level level, const char *message,
               const struct log_field *fields);

/* Writes one line, without the rate limit and without the newline, into buf: for tests. Returns its
 * length. */
size_t log_format_line(char *buf, size_t cap, enum log_format format, int64_t wall_ns,
                       enum log_level level, const char *message, const struct log_field *fields,
                       uint32_t suppressed);

#define LOG_AT(level, message, ...)                                                                \
    do {                                                                                           \
        static struct log_site log_site_here;                                                      \
        if (log_enabled(level))                                                                    \
            log_event(&log_site_here, level, message,                                              \
                      (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){NULL}});               \
    } while (0)
#define LOG_ERROR(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define LOG_WARN(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define LOG_INFO(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_DEBUG(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
