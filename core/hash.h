/* SPDX-License-Identifier: MIT */
/*
 * FNV-1a in 32 bits: for small tables. It is no defence against somebody who chooses what is
 * hashed; a secret to begin with makes it harder.
 */
#pragma once

#include "core/base.h"

#define HASH_START 2166136261U

/* Goes on from 'hash', which is HASH_START or a secret at first. */
static inline uint32_t hash_bytes(uint32_t hash, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.ptr[i]) * 16777619U;
    return hash;
}
