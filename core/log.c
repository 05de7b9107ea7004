/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"

enum { LINE_MAX_BYTES = 1024 };

static enum log_level max_level = LOG_LEVEL_INFO;
static enum log_format line_format = LOG_FORMAT_TEXT;

static const char *const level_name[] = {"error", "warn", "info", "debug"};
static const char *const level_column[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};

void log_init(enum log_level max, enum log_format format)
{
    max_level = max;
    line_format = format;
}

bool log_enabled(enum log_level level)
{
    return level <= max_level;
}

/* RFC 3339, UTC, milliseconds. */
static void add_time(struct text *t, int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    text_addf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ns % NS_PER_S / NS_PER_MS));
}

/* In quotes, with all that could end the string or the line escaped: valid JSON, and readable as
 * logfmt. */
static void add_quoted(struct text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s; s++) {
        uint8_t c = (uint8_t)*s;
        if (c == '"' || c == '\\')
            text_addf(t, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            text_addf(t, "\\u%04x", c);
        else
            text_add_slice(t, slice_of(s, 1));
    }
    text_add(t, "\"");
}

static bool is_plain(const char *s)
{
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '"' || *c == '\\' || *c == '=')
            return false;
    return *s != '\0';
}

static void add_value(struct text *t, const struct log_field *f, bool always_quoted)
{
    if (!f->str)
        text_addf(t, "%llu", (unsigned long long)f->number);
    else if (!always_quoted && is_plain(f->str))
        text_add(t, f->str);
    else
        add_quoted(t, f->str);
}

static void add_pairs(struct text *t, const struct log_field *fields)
{
    for (const struct log_field *f = fields; f->name; f++) {
        text_addf(t, " %s=", f->name);
        add_value(t, f, false);
    }
}

/* From the first field that does not fit on, nothing: half a string would not be JSON. */
static void add_json(struct text *t, const struct log_field *fields)
{
    for (const struct log_field *f = fields; f->name; f++) {
        size_t before = t->len;
        text_addf(t, ",\"%s\":", f->name);
        add_value(t, f, true);
        if (!t->cut)
            continue;
        t->len = before;
        t->buf[before] = '\0';
        return;
    }
}

static void format_text(struct text *t, int64_t wall_ns, enum log_level level, const char *message,
                        const struct log_field *fields)
{
    add_time(t, wall_ns);
    text_addf(t, " %s %s", level_column[level], message);
    add_pairs(t, fields);
}

static void format_logfmt(struct text *t, int64_t wall_ns, enum log_level level,
                          const char *message, const struct log_field *fields)
{
    text_add(t, "ts=");
    add_time(t, wall_ns);
    text_addf(t, " level=%s msg=", level_name[level]);
    add_quoted(t, message);
    add_pairs(t, fields);
}

static void format_json(struct text *t, int64_t wall_ns, enum log_level level, const char *message,
                        const struct log_field *fields)
{
    text_add(t, "{\"ts\":\"");
    add_time(t, wall_ns);
    text_addf(t, "\",\"level\":\"%s\",\"msg\":", level_name[level]);
    add_quoted(t, message);
    add_json(t, fields);
}

size_t log_format_line(char *buf, size_t cap, enum log_format format, int64_t wall_ns,
                       enum log_level level, const char *message, const struct log_field *fields,
                       uint32_t suppressed)
{
    static void (*const formats[])(struct text *, int64_t, enum log_level, const char *,
                                   const struct log_field *) = {
        [LOG_FORMAT_TEXT] = format_text,
        [LOG_FORMAT_LOGFMT] = format_logfmt,
        [LOG_FORMAT_JSON] = format_json,
    };
    struct text t;
    text_init(&t, buf, cap - 1); /* a cut JSON line still gets its brace */
    formats[format](&t, wall_ns, level, message, fields);
    if (suppressed > 0) {
        const struct log_field more[] = {log_u64("suppressed", suppressed), {NULL}};
        (format == LOG_FORMAT_JSON ? add_json : add_pairs)(&t, more);
    }
    t.cap = cap;
    if (format == LOG_FORMAT_JSON)
        text_add(&t, "}");
    return t.len;
}

/*
 * Counts a line of this site. False when it has had its share of this second; else *suppressed is
 * how many were kept back before. Relaxed throughout: a race between threads costs a line more or
 * less.
 */
static bool admit(struct log_site *site, int64_t second, uint32_t *suppressed)
{
    *suppressed = 0;
    int64_t last = atomic_load_explicit(&site->second, memory_order_relaxed);
    if (last != second) {
        atomic_store_explicit(&site->second, second, memory_order_relaxed);
        uint32_t count = atomic_exchange_explicit(&site->count, 1, memory_order_relaxed);
        *suppressed = count > LOG_SITE_PER_SECOND ? count - LOG_SITE_PER_SECOND : 0;
        return true;
    }
    return atomic_fetch_add_explicit(&site->count, 1, memory_order_relaxed) < LOG_SITE_PER_SECOND;
}

void log_event(struct log_site *site, enum log_level level, const char *message,
               const struct log_field *fields)
{
    uint32_t suppressed;
    if (!admit(site, clock_mono_ns() / NS_PER_S, &suppressed))
        return;
    char line[LINE_MAX_BYTES];
    size_t len = log_format_line(line, sizeof line - 1, line_format, clock_wall_ns(), level,
                                 message, fields, suppressed);
    line[len] = '\n';
    /* One write, so that lines of several threads do not mix. */
    ssize_t n = write(STDERR_FILENO, line, len + 1);
    (void)n;
}
