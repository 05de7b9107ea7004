/* SPDX-License-Identifier: MIT */
#include "core/flags.h"

#include <criterion/criterion.h>

#include "tests/support/guard.h"

struct settings {
    bool loud;
    const char *name;
    int64_t count;
    uint64_t bytes;
    int64_t time_ns;
    int colour;
    char letter;
    const char *word;
};

static const char *set_letter(void *into, const struct flag *f, const char *value)
{
    struct settings *s = into;
    cr_assert_str_eq(f->name, "letter");
    if (strlen(value) != 1)
        return "is not a letter";
    s->letter = value[0];
    return NULL;
}

static const char *take_word(void *into, const char *word)
{
    struct settings *s = into;
    if (s->word)
        return "is one word too many";
    s->word = word;
    return NULL;
}

#define FIELD(name) offsetof(struct settings, name)

static const struct flag rows[] = {
    {"loud", FLAG_SWITCH, NULL, NULL, "more of it", FIELD(loud)},
    {"name", FLAG_TEXT, "NAME", NULL, "what it is called", FIELD(name)},
    {"count", FLAG_NUMBER, "N", "3", "how many", FIELD(count), 1, 10},
    {"bytes", FLAG_BYTES, "BYTES", "16K", "how large", FIELD(bytes), 0, 1 << 30},
    {"time", FLAG_TIME, "S", NULL, "how long", FIELD(time_ns), 1000, 3600e9, NS_PER_S},
    {"colour", FLAG_CHOICE, "red|green|blue", "green", "which", FIELD(colour)},
    {"letter", FLAG_CUSTOM, "A", "x", "a letter", .set = set_letter},
    {"whole", FLAG_NUMBER, "N", NULL, "in its own words", FIELD(count), 0, 9, .wrong = "is odd"},
    {"version", FLAG_VERSION, NULL, NULL, "say which"},
    {"help", FLAG_HELP, NULL, NULL, "say what"},
};

static const struct flags without_words = {
    .program = "thing",
    .version = "1.2.3",
    .intro = "thing - does it\n\n",
    .outro = "\nThat is all.\n",
    .column = 16,
    .rows = rows,
    .count = ARRAY_LEN(rows),
};

static char out[1024];

static enum flags_result parse_with(const struct flags *flags, struct settings *s, char *first,
                                    char *second)
{
    char program[] = "thing";
    char *argv[] = {program, first, second, NULL};
    struct text text;
    text_init(&text, out, sizeof out);
    *s = (struct settings){0};
    return flags_parse(flags, s, 1 + (first != NULL) + (second != NULL), argv, &text);
}

static enum flags_result parse(struct settings *s, const char *first, const char *second)
{
    static char copies[2][128];
    return parse_with(&without_words, s, first ? strcpy(copies[0], first) : NULL,
                      second ? strcpy(copies[1], second) : NULL);
}

Test(flags, presets_are_set_and_the_rest_is_left_alone)
{
    struct settings s;
    cr_assert_eq(parse(&s, NULL, NULL), FLAGS_RUN);
    cr_assert_str_empty(out);
    cr_assert(!s.loud && !s.name && s.time_ns == 0);
    cr_assert_eq(s.count, 3);
    cr_assert_eq(s.bytes, 16384);
    cr_assert_eq(s.colour, 1);
    cr_assert_eq(s.letter, 'x');
}

Test(flags, each_kind_sets_its_field)
{
    struct settings s;
    cr_assert_eq(parse(&s, "--loud", "--name=it"), FLAGS_RUN);
    cr_assert(s.loud);
    cr_assert_str_eq(s.name, "it");
    cr_assert_eq(parse(&s, "--count", "10"), FLAGS_RUN);
    cr_assert_eq(s.count, 10);
    cr_assert_eq(parse(&s, "--bytes=1.5M", "--time=2"), FLAGS_RUN);
    cr_assert_eq(s.bytes, 3 << 19);
    cr_assert_eq(s.time_ns, 2 * NS_PER_S);
    cr_assert_eq(parse(&s, "--colour", "blue"), FLAGS_RUN);
    cr_assert_eq(s.colour, 2);
    cr_assert_eq(parse(&s, "--letter", "q"), FLAGS_RUN);
    cr_assert_eq(s.letter, 'q');
    cr_assert_eq(parse(&s, "--name", "--loud"), FLAGS_RUN, "a value may look like a flag");
    cr_assert_str_eq(s.name, "--loud");
    cr_assert(!s.loud);
    cr_assert_eq(parse(&s, "--name=a=b", NULL), FLAGS_RUN);
    cr_assert_str_eq(s.name, "a=b");
}

Test(flags, what_is_wrong_is_said_in_one_line)
{
    static const char *const cases[][3] = {
        {"--lou", NULL, "thing: --lou is not a flag that thing has; see thing --help\n"},
        {"--", NULL, "thing: -- is not a flag that thing has; see thing --help\n"},
        {"--=1", NULL, "thing: --=1 is not a flag that thing has; see thing --help\n"},
        {"-l", NULL, "thing: -l is not a flag; see thing --help\n"},
        {"word", NULL, "thing: word is not a flag; see thing --help\n"},
        {"", NULL, "thing:  is not a flag; see thing --help\n"},
        {"--loud=1", NULL, "thing: --loud=1 takes no value; see thing --help\n"},
        {"--help=1", NULL, "thing: --help=1 takes no value; see thing --help\n"},
        {"--count", NULL, "thing: --count needs a value; see thing --help\n"},
        {"--name=", NULL, "thing: --name= is empty; see thing --help\n"},
        {"--count", "x", "thing: --count x is not a number; see thing --help\n"},
        {"--count=1.5", NULL, "thing: --count=1.5 is not a number; see thing --help\n"},
        {"--count", "1K", "thing: --count 1K is not a number; see thing --help\n"},
        {"--count", "0", "thing: --count 0 is too small; see thing --help\n"},
        {"--count", "11", "thing: --count 11 is too large; see thing --help\n"},
        {"--whole", "1.5", "thing: --whole 1.5 is odd; see thing --help\n"},
        {"--bytes", "1s",
         "thing: --bytes 1s is not a size (like 64K, 16M, 1G or a number of bytes); "
         "see thing --help\n"},
        {"--time", "1K",
         "thing: --time 1K is not a time (like 500ms, 10s, 2m); see thing --help\n"},
        {"--time=0", NULL, "thing: --time=0 is too small; see thing --help\n"},
        {"--colour", "gree", "thing: --colour gree is none of the choices; see thing --help\n"},
        {"--colour", "red|green",
         "thing: --colour red|green is none of the choices; see thing --help\n"},
        {"--letter", "ab", "thing: --letter ab is not a letter; see thing --help\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings s;
        cr_assert_eq(parse(&s, cases[i][0], cases[i][1]), FLAGS_USAGE, "%s", cases[i][0]);
        cr_assert_str_eq(out, cases[i][2]);
    }
}

Test(flags, value_that_is_wrong_leaves_the_preset)
{
    struct settings s;
    cr_assert_eq(parse(&s, "--count", "11"), FLAGS_USAGE);
    cr_assert_eq(s.count, 3);
}

Test(flags, words_go_where_they_are_wanted)
{
    struct settings s;
    struct flags with_words = without_words;
    with_words.take_word = take_word;
    char one[] = "one", two[] = "two", loud[] = "--loud", unknown[] = "-l";
    cr_assert_eq(parse_with(&with_words, &s, one, loud), FLAGS_RUN);
    cr_assert_str_eq(s.word, "one");
    cr_assert(s.loud);
    cr_assert_eq(parse_with(&with_words, &s, one, two), FLAGS_USAGE);
    cr_assert_str_eq(out, "thing: two is one word too many; see thing --help\n");
    cr_assert_eq(parse_with(&with_words, &s, unknown, NULL), FLAGS_USAGE);
    cr_assert_str_eq(out, "thing: -l is not a flag; see thing --help\n");
}

Test(flags, help_is_made_from_the_table)
{
    static const char *const help = "thing - does it\n\n"
                                    "  --loud        more of it\n"
                                    "  --name NAME   what it is called\n"
                                    "  --count N     how many (default 3)\n"
                                    "  --bytes BYTES how large (default 16K)\n"
                                    "  --time S      how long\n"
                                    "  --colour red|green|blue which (default green)\n"
                                    "  --letter A    a letter (default x)\n"
                                    "  --whole N     in its own words\n"
                                    "  --version     say which\n"
                                    "  --help        say what\n"
                                    "\nThat is all.\n";
    struct settings s;
    cr_assert_eq(parse(&s, "--help", "--wrong"), FLAGS_DONE);
    cr_assert_str_eq(out, help);
    cr_assert_eq(parse(&s, "--loud", "-h"), FLAGS_DONE);
    cr_assert_str_eq(out, help);
    cr_assert_eq(parse(&s, "--version", NULL), FLAGS_DONE);
    cr_assert_str_eq(out, "thing 1.2.3\n");
}

static const struct flag_unit units[] = {{"k", 1000}, {"ks", 2000}, {NULL, 0}};

Test(flags, quantities_are_read_strictly)
{
    static const struct {
        const char *text;
        double value; /* negative: refused */
    } cases[] = {
        {"0", 0},    {"7", 35},      {"007", 35}, {"1.5", 7.5}, {"1.5k", 1500}, {"2ks", 4000},
        {"", -1},    {".5", -1},     {"1.", -1},  {"1.k", -1},  {"-1", -1},     {"+1", -1},
        {" 1", -1},  {"1 ", -1},     {"1 k", -1}, {"1K", -1},   {"1kk", -1},    {"k", -1},
        {"1e3", -1}, {"0x10", -1},   {"nan", -1}, {"inf", -1},  {"1.5.5", -1},  {"1,5", -1},
        {"1k1", -1}, {"1.5e1k", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double value = -1;
        bool read = flag_read_quantity(cases[i].text, units, 5, &value);
        cr_assert_eq(read, cases[i].value >= 0, "%s", cases[i].text);
        cr_assert_float_eq(value, cases[i].value, 1e-9, "%s", cases[i].text);
    }
    double value;
    cr_assert(flag_read_quantity("12", NULL, 1, &value));
    cr_assert(!flag_read_quantity("12k", NULL, 1, &value));
    cr_assert(!flag_read_quantity("1.5", NULL, 1, &value));
}

Test(flags, quantity_of_any_length_is_too_large_at_worst)
{
    struct settings s;
    char digits[600] = "--bytes=";
    memset(digits + 8, '9', sizeof digits - 9);
    digits[sizeof digits - 1] = '\0';
    cr_assert_eq(parse_with(&without_words, &s, digits, NULL), FLAGS_USAGE);
    cr_assert_not_null(strstr(out, "is too large"));
    cr_assert_lt(strlen(out), 200);
}

/* Each one's NUL is the last byte before an unmapped page. */
Test(flags, every_prefix_is_read_to_its_end_and_no_further)
{
    static const char *const lines[] = {"--bytes=1.5MiB", "--colour=blue", "--time=500ms",
                                        "--help=1", "--letter=q"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        for (size_t len = 0; len <= strlen(lines[i]); len++) {
            struct settings s;
            char prefix[64] = "";
            memcpy(prefix, lines[i], len);
            struct slice copy = guard_copy(slice_of(prefix, len + 1));
            enum flags_result result =
                parse_with(&without_words, &s, (char *)(uintptr_t)copy.ptr, NULL);
            cr_assert_eq(result == FLAGS_RUN, *out == '\0', "%s", prefix);
            guard_free(copy);
        }
    }
}
