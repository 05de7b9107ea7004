/* SPDX-License-Identifier: MIT */
/*
 * The digits of the built-in pattern's frame counter, as dots.
 */
#pragma once

#include "core/base.h"

enum { FONT_WIDTH = 8, FONT_HEIGHT = 12 }; /* dots of one digit, with an empty border */

/* True when the dot at x (from the left) and y (from the top) of a digit from 0 to 9 is set. */
bool font_dot(int digit, int x, int y);
