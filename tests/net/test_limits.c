/* SPDX-License-Identifier: MIT */
#include "net/limits.h"

#include <criterion/criterion.h>
#include <sys/resource.h>

Test(limits, descriptors_go_up_to_the_hard_limit)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 64;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(limits_raise_descriptors(), 0);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(limit.rlim_cur, limit.rlim_max);
    cr_assert_eq(limits_raise_descriptors(), 0, "and again");
}
