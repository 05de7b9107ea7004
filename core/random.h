/* SPDX-License-Identifier: MIT */
/*
 * Unpredictable bytes from the kernel: session ids, SSRCs, first sequence numbers and time stamps.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *dst, size_t len); /* len at most 256 */
uint32_t random_u32(void);
