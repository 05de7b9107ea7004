/* SPDX-License-Identifier: MIT */
/*
 * Socket options that are an improvement, and no condition: where the kernel refuses one, it goes
 * on without.
 */
#pragma once

#include <sys/socket.h>

static inline void sockopt_set(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value);
}
