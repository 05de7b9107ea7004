/* SPDX-License-Identifier: MIT */
#include "core/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *dst, size_t len)
{
    /* Up to 256 bytes come whole (getrandom(2)); only early in boot can a signal interrupt. */
    while (getrandom(dst, len, 0) != (ssize_t)len)
        if (errno != EINTR)
            abort();
}

uint32_t random_u32(void)
{
    uint32_t v;
    random_bytes(&v, sizeof v);
    return v;
}
