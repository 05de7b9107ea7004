/* SPDX-License-Identifier: MIT */
#include "bench/trace.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int read_text(const char *text, uint32_t **trace, uint32_t *count)
{
    char path[] = "/tmp/test-trace-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int err = trace_read(path, trace, count);
    unlink(path);
    return err;
}

Test(trace, a_line_is_a_size_and_a_key)
{
    uint32_t *trace, count;
    cr_assert_eq(read_text("60000 1\n  7000\t0\r\n8388608 0", &trace, &count), 0);
    cr_assert_eq(count, 3);
    cr_assert_eq(trace[0], 60000 | UINT32_C(1) << 31);
    cr_assert_eq(trace[1], 7000);
    cr_assert_eq(trace[2], TRACE_MAX_BYTES);
    free(trace);
}

Test(trace, what_is_something_else_is_refused)
{
    static const char *rows[] = {
        "",
        "\n",
        "60000 0\n",
        "60000\n",
        "60000 1\n\n7000 0\n",
        "1 2\n",
        "60000 1 1\n",
        "8388609 1\n",
        "-1 1\n",
        "60000 x\n",
        "0x10 1",
        "60000 1\n                                                              7000 0",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t *trace, count;
        cr_assert_eq(read_text(rows[i], &trace, &count), -EINVAL, "row %zu", i);
        cr_assert_null(trace);
    }
}

Test(trace, a_missing_file_is_an_error)
{
    uint32_t *trace, count;
    cr_assert_eq(trace_read("/nowhere/trace", &trace, &count), -ENOENT);
}
