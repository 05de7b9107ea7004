/* SPDX-License-Identifier: MIT */
#include "bench/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/scan.h"

enum { LINE_MAX_BYTES = 64 };

static bool read_line(struct slice line, uint32_t *unit)
{
    struct slice size_text, key_text, more;
    uint64_t size, key;
    if (!scan_word(&line, &size_text) || !scan_word(&line, &key_text) || scan_word(&line, &more) ||
        !scan_number(size_text, TRACE_MAX_BYTES, &size) || !scan_number(key_text, 1, &key))
        return false;
    *unit = (uint32_t)(key << 31 | size);
    return true;
}

/* Into an array of TRACE_MAX_UNITS. */
static int read_lines(FILE *file, uint32_t *trace, uint32_t *count)
{
    char line[LINE_MAX_BYTES];
    bool any_key = false;
    for (*count = 0; fgets(line, sizeof line, file); ++*count) {
        if (*count == TRACE_MAX_UNITS || !read_line(slice_str(line), &trace[*count]))
            return -EINVAL;
        any_key = any_key || trace[*count] >> 31;
    }
    if (ferror(file))
        return -EIO;
    return any_key ? 0 : -EINVAL;
}

int trace_read(const char *path, uint32_t **trace, uint32_t *count)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    *trace = calloc(TRACE_MAX_UNITS, sizeof **trace);
    int err = *trace ? read_lines(file, *trace, count) : -ENOMEM;
    fclose(file);
    if (err == 0)
        return 0;
    free(*trace);
    *trace = NULL;
    return err;
}
