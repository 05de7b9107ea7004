/* SPDX-License-Identifier: MIT */
#include "core/flags.h"

#include <stdlib.h>

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const struct flag_unit byte_units[] = {{"B", 1},        {"K", KIB},   {"KiB", KIB},
                                              {"k", KIB},      {"M", MIB},   {"MiB", MIB},
                                              {"G", GIB},      {"GiB", GIB}, {"kB", 1000},
                                              {"MB", 1000000}, {NULL, 0}},
                              time_units[] = {{"ms", NS_PER_MS},
                                              {"s", NS_PER_S},
                                              {"m", 60 * NS_PER_S},
                                              {"h", 3600 * NS_PER_S},
                                              {NULL, 0}};

static int64_t factor_of(const char *name, const struct flag_unit *units, int64_t plain)
{
    if (*name == '\0')
        return plain;
    for (const struct flag_unit *u = units; u && u->name; u++)
        if (strcmp(name, u->name) == 0)
            return u->factor;
    return 0;
}

bool flag_read_quantity(const char *text, const struct flag_unit *units, int64_t plain,
                        double *value)
{
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    if (whole == 0 || fraction == 1 || (fraction > 0 && !units))
        return false;
    int64_t factor = factor_of(text + whole + fraction, units, plain);
    if (factor == 0)
        return false;
    *value = strtod(text, NULL) * (double)factor;
    return true;
}

const char *flag_check_range(const struct flag *f, double value)
{
    return value < f->min ? "is too small" : value > f->max ? "is too large" : NULL;
}

static const char *no_quantity(const struct flag *f)
{
    if (f->wrong)
        return f->wrong;
    return f->kind == FLAG_BYTES  ? "is not a size (like 64K, 16M, 1G or a number of bytes)"
           : f->kind == FLAG_TIME ? "is not a time (like 500ms, 10s, 2m)"
                                  : "is not a number";
}

static const char *set_quantity(void *field, const struct flag *f, const char *text)
{
    const struct flag_unit *units = f->kind == FLAG_BYTES  ? byte_units
                                    : f->kind == FLAG_TIME ? time_units
                                                           : NULL;
    double exact;
    if (!flag_read_quantity(text, units, f->kind == FLAG_TIME ? f->unit : 1, &exact))
        return no_quantity(f);
    int64_t value = exact < 9e18 ? (int64_t)exact : INT64_MAX;
    const char *why = flag_check_range(f, (double)value);
    if (!why)
        memcpy(field, &value, sizeof value);
    return why;
}

static const char *set_choice(void *field, const struct flag *f, const char *text)
{
    int value = 0;
    for (const char *at = f->metavar;; at++, value++) {
        size_t len = strcspn(at, "|");
        if (strlen(text) == len && strncmp(at, text, len) == 0) {
            memcpy(field, &value, sizeof value);
            return NULL;
        }
        at += len;
        if (*at == '\0')
            return "is none of the choices";
    }
}

static const char *set_text(void *field, const char *text)
{
    if (*text == '\0')
        return "is empty";
    memcpy(field, &text, sizeof text);
    return NULL;
}

static const char *set_switch(void *field)
{
    const bool yes = true;
    memcpy(field, &yes, sizeof yes);
    return NULL;
}

static const char *set_flag(void *into, const struct flag *f, const char *value)
{
    void *field = (char *)into + f->offset;
    switch (f->kind) {
    case FLAG_SWITCH:
        return set_switch(field);
    case FLAG_TEXT:
        return set_text(field, value);
    case FLAG_CHOICE:
        return set_choice(field, f, value);
    case FLAG_CUSTOM:
        return f->set(into, f, value);
    default:
        return set_quantity(field, f, value);
    }
}

static void add_help_row(struct text *out, const struct flag *f, size_t column)
{
    size_t before = out->len;
    text_addf(out, "  --%s%s%s", f->name, f->metavar ? " " : "", f->metavar ? f->metavar : "");
    size_t width = out->len - before;
    text_addf(out, "%*s%s", width < column ? (int)(column - width) : 1, "", f->help);
    if (f->preset)
        text_addf(out, " (default %s)", f->preset);
    text_add(out, "\n");
}

static enum flags_result add_help(const struct flags *flags, struct text *out)
{
    text_add(out, flags->intro);
    for (size_t i = 0; i < flags->count; i++)
        add_help_row(out, &flags->rows[i], flags->column);
    text_add(out, flags->outro);
    return FLAGS_DONE;
}

static enum flags_result add_version(const struct flags *flags, struct text *out)
{
    text_addf(out, "%s %s\n", flags->program, flags->version);
    return FLAGS_DONE;
}

enum flags_result flags_usage(const struct flags *flags, struct text *out, const char *arg,
                              const char *value, const char *why)
{
    text_addf(out, "%s: %.80s%s%.80s %s; see %s --help\n", flags->program, arg, value ? " " : "",
              value ? value : "", why, flags->program);
    return FLAGS_USAGE;
}

static enum flags_result not_a_flag(const struct flags *flags, struct text *out, const char *arg)
{
    char why[80];
    struct text t;
    text_init(&t, why, sizeof why);
    text_addf(&t, "is not a flag that %s has", flags->program);
    return flags_usage(flags, out, arg, NULL, why);
}

static const struct flag *find_flag(const struct flags *flags, const char *name, size_t len)
{
    for (size_t i = 0; i < flags->count; i++)
        if (strlen(flags->rows[i].name) == len && strncmp(flags->rows[i].name, name, len) == 0)
            return &flags->rows[i];
    return NULL;
}

static enum flags_result take_word(const struct flags *flags, void *into, const char *word,
                                   struct text *out)
{
    const char *why = "is not a flag";
    if (flags->take_word && word[0] != '-')
        why = flags->take_word(into, word);
    return why ? flags_usage(flags, out, word, NULL, why) : FLAGS_RUN;
}

/* One argument, and the next when it is its value: *used says how many were. */
static enum flags_result take(const struct flags *flags, void *into, char **arg, int left,
                              int *used, struct text *out)
{
    const char *name = strcmp(arg[0], "-h") == 0 ? "--help" : arg[0];
    *used = 1;
    if (strncmp(name, "--", 2) != 0)
        return take_word(flags, into, name, out);
    size_t len = strcspn(name + 2, "=");
    const struct flag *f = find_flag(flags, name + 2, len);
    if (!f)
        return not_a_flag(flags, out, name);

    const char *value = name[2 + len] == '=' ? name + 2 + len + 1 : NULL;
    if (!f->metavar && value)
        return flags_usage(flags, out, name, NULL, "takes no value");
    if (f->kind == FLAG_HELP)
        return add_help(flags, out);
    if (f->kind == FLAG_VERSION)
        return add_version(flags, out);
    if (f->metavar && !value) {
        if (left < 2)
            return flags_usage(flags, out, name, NULL, "needs a value");
        value = arg[1];
        *used = 2;
    }
    const char *why = set_flag(into, f, value);
    return why ? flags_usage(flags, out, name, *used == 2 ? value : NULL, why) : FLAGS_RUN;
}

enum flags_result flags_parse(const struct flags *flags, void *into, int argc, char **argv,
                              struct text *out)
{
    for (size_t i = 0; i < flags->count; i++)
        if (flags->rows[i].preset)
            set_flag(into, &flags->rows[i], flags->rows[i].preset);

    for (int at = 1, used; at < argc; at += used) {
        enum flags_result result = take(flags, into, argv + at, argc - at, &used, out);
        if (result != FLAGS_RUN)
            return result;
    }
    return FLAGS_RUN;
}
