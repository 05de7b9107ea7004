/* SPDX-License-Identifier: MIT */
#include "bench/micro_report.h"

#include <sched.h>

static int processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void micro_print_head(int64_t round_ns)
{
    printf("%d rounds of %d ms on %d processors; ns an operation\n\n", MICRO_ROUNDS,
           (int)(round_ns / NS_PER_MS), processors());
    printf("%-26s %10s %10s %10s\n", "", "min", "median", "max");
    fflush(stdout);
}

void micro_print_row(const struct micro_result *r)
{
    printf("%-26s %10.1f %10.1f %10.1f\n", r->name, r->ns_min, r->ns_median, r->ns_max);
    fflush(stdout);
}

void micro_write_json(FILE *to, const struct micro_result *results, size_t count)
{
    fputs("[\n", to);
    for (size_t i = 0; i < count; i++) {
        const struct micro_result *r = &results[i];
        fprintf(to,
                "  {\"name\": \"%s\", \"ns_min\": %.2f, \"ns_median\": %.2f, \"ns_max\": %.2f, "
                "\"rounds\": %u}%s\n",
                r->name, r->ns_min, r->ns_median, r->ns_max, r->rounds, i + 1 < count ? "," : "");
    }
    fputs("]\n", to);
}
