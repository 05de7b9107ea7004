/* SPDX-License-Identifier: MIT */
/*
 * Input that ends where the address space does: a parser that reads one byte too many dies.
 */
#pragma once

#include "core/base.h"

/* A copy of bytes whose last byte stands right before an unmapped page. Free with guard_free. */
struct slice guard_copy(struct slice bytes);
void guard_free(struct slice copy);
