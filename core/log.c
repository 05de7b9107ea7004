/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"

enum { LINE_MAX_BYTES = 1024 };
static_assert(LINE_MAX_BYTES + 1 <= PIPE_BUF,
              "a pipe takes a line, and a newline before it, whole");

static enum log_level max_level = LOG_LEVEL_INFO;
static enum log_format line_format = LOG_FORMAT_TEXT;

static const char *const level_name[] = {"error", "warn", "info", "debug"};
static const char *const level_column[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};

/*
 * Where lines go: stderr, or the same pipe or terminal by a description of our own.
 *
 * Its reader may have stopped: a log collector that hangs, a terminal after Ctrl-S. No worker may
 * wait for that. A pipe that polls as writable takes a whole line (pipe(7): room for PIPE_BUF
 * bytes) as long as no other process fills it in between, and a stream socket has even more room
 * then; but a terminal promises one byte, and waits for the rest. So pipes and terminals are opened
 * anew, with O_NONBLOCK; stderr itself is shared with the shell and must stay as it is. Sockets
 * cannot be opened, nor can the pipe or the terminal of another user: for them poll has to do. A
 * file waits for its disk only.
 *
 * Workers meet at the mutex. Under it there are a few system calls, none of which waits for a
 * reader, and so whoever finds it taken has it soon. A line is written or lost when log_event
 * returns: the last one before the end of the process needs no more care.
 */
static struct {
    pthread_mutex_t mutex;
    int fd;
    uint64_t lost; /* lines that were not taken since the last report of it */
    bool cut;      /* the last line that was taken has no newline yet */
} output = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fd = STDERR_FILENO};

static void open_output(void)
{
    struct stat st;
    if (output.fd != STDERR_FILENO)
        close(output.fd);
    output.fd = STDERR_FILENO;
    /* A file has a place where writing goes on, which a new description would not share. */
    if (fstat(STDERR_FILENO, &st) != 0 || S_ISREG(st.st_mode))
        return;
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        output.fd = fd;
}

void log_init(enum log_level max, enum log_format format)
{
    max_level = max;
    line_format = format;
    open_output();
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

/* False when the line is lost, or so much of it that more than its newline is missing. */
static bool put_line(char *line, size_t len)
{
    struct pollfd room = {.fd = output.fd, .events = POLLOUT};
    if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
        return false;
    char newline = '\n';
    size_t owed = output.cut ? 1 : 0;
    const struct iovec parts[] = {{&newline, owed}, {line, len}};
    ssize_t n = writev(output.fd, parts, ARRAY_LEN(parts));
    if (n <= 0)
        return false;
    size_t taken = (size_t)n - owed;
    output.cut = taken > 0 && taken < len;
    return taken >= len - 1;
}

/* Whatever the level: a line that is lost may have been an error. */
static bool put_loss(void)
{
    char line[LINE_MAX_BYTES];
    const struct log_field fields[] = {log_u64("lines", output.lost), {NULL}};
    size_t len = log_format_line(line, sizeof line - 1, line_format, clock_wall_ns(),
                                 LOG_LEVEL_WARN, "log lines lost", fields, 0);
    line[len] = '\n';
    return put_line(line, len + 1);
}

static void write_line(char *line, size_t len)
{
    pthread_mutex_lock(&output.mutex);
    if (output.lost > 0 && put_loss())
        output.lost = 0;
    if (output.lost > 0 || !put_line(line, len))
        output.lost++;
    pthread_mutex_unlock(&output.mutex);
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
    write_line(line, len + 1);
}
