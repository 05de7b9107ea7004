/* SPDX-License-Identifier: MIT */
#include "tests/support/guard.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapped_bytes(size_t len)
{
    size_t page = page_bytes();
    return (len + page - 1) / page * page;
}

struct slice guard_copy(struct slice bytes)
{
    size_t mapped = mapped_bytes(bytes.len);
    uint8_t *map = mmap(NULL, mapped + page_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + mapped, page_bytes(), PROT_NONE) != 0)
        abort();
    uint8_t *copy = map + mapped - bytes.len;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return slice_of(copy, bytes.len);
}

void guard_free(struct slice copy)
{
    size_t mapped = mapped_bytes(copy.len);
    munmap((void *)(uintptr_t)(copy.ptr + copy.len - mapped), mapped + page_bytes());
}
