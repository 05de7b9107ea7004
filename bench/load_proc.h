/* SPDX-License-Identifier: MIT */
/*
 * Processor time and memory of a process of this machine.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Of all threads, in nanoseconds; -1 when there is no such process. */
int64_t load_proc_cpu_ns(pid_t pid);

/* Nanoseconds that the calling process's first thread was ready to run and had no processor. */
int64_t load_proc_own_wait_ns(void);

/* Resident memory in bytes; -1 when it cannot be known. Socket buffers are not part of it. */
int64_t load_proc_rss_bytes(pid_t pid);
