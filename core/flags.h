/* SPDX-License-Identifier: MIT */
/*
 * A program's command line: one table of flags, from which parsing, defaults and --help all come.
 */
#pragma once

#include "core/text.h"

enum flag_kind {
    FLAG_SWITCH, /* a bool: takes no value */
    FLAG_TEXT,   /* a const char *: not empty */
    FLAG_NUMBER, /* an int64_t or uint64_t: a whole number */
    FLAG_BYTES,  /* the same: 1360, 64K, 1.5M */
    FLAG_TIME,   /* the same, in nanoseconds: 500ms, 10s, 2m */
    FLAG_CHOICE, /* an int: the place in "error|warn|info", which is the metavar */
    FLAG_CUSTOM, /* what .set makes of it */
    FLAG_HELP,
    FLAG_VERSION,
};

/* Sets what a value means in the program's struct. NULL, or what is wrong: "is too small". */
struct flag;
typedef const char *flag_set(void *into, const struct flag *f, const char *value);

struct flag {
    const char *name; /* without the dashes */
    enum flag_kind kind;
    const char *metavar; /* NULL: takes no value */
    const char *preset;  /* the default, as a user would write it; NULL: the field is left alone */
    const char *help;
    size_t offset;     /* of the field in the program's struct */
    double min, max;   /* of a quantity, in the field's unit */
    int64_t unit;      /* of a time without one, in nanoseconds */
    const char *wrong; /* said of a value that is no such quantity; NULL: the usual words */
    flag_set *set;
};

struct flags {
    const char *program;
    const char *version;
    const char *intro; /* --help: above the flags */
    const char *outro; /* and below */
    size_t column;     /* where the help of each flag begins */
    const struct flag *rows;
    size_t count;
    /* Takes an argument that is not a flag; NULL, or what is wrong. NULL: there are none. */
    const char *(*take_word)(void *into, const char *word);
};

enum flags_result {
    FLAGS_RUN,   /* go on */
    FLAGS_DONE,  /* --help or --version: out is for stdout */
    FLAGS_USAGE, /* wrong: out says why, exit with 2 */
};

/* Sets the defaults and then what argv says. Texts in *into point into argv. */
enum flags_result flags_parse(const struct flags *flags, void *into, int argc, char **argv,
                              struct text *out);

/* Says what is wrong with an argument and its value (or NULL) and returns FLAGS_USAGE. */
enum flags_result flags_usage(const struct flags *flags, struct text *out, const char *arg,
                              const char *value, const char *why);

/* -- for .set -- */

struct flag_unit {
    const char *name;
    int64_t factor;
};

/*
 * Reads "250", "1.5s", "16M": digits, perhaps a decimal fraction, perhaps a unit; without one it is
 * in plain. The units end with a NULL name; units NULL: digits only. False for anything else.
 */
bool flag_read_quantity(const char *text, const struct flag_unit *units, int64_t plain,
                        double *value);

/* NULL when value is from min to max. */
const char *flag_check_range(const struct flag *f, double value);
