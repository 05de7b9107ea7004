/* SPDX-License-Identifier: MIT */
#include "bench/load_proc.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/base.h"

int64_t load_proc_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec ts;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) != 0)
        return -1;
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t load_proc_own_wait_ns(void)
{
    long long waited;
    FILE *f = fopen("/proc/self/schedstat", "re");
    if (!f)
        return 0;
    int found = fscanf(f, "%*s %lld", &waited);
    fclose(f);
    return found == 1 ? waited : 0;
}

int64_t load_proc_rss_bytes(pid_t pid)
{
    char path[64];
    long pages;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return -1;
    int found = fscanf(f, "%*s %ld", &pages);
    fclose(f);
    return found == 1 ? (int64_t)pages * sysconf(_SC_PAGESIZE) : -1;
}
