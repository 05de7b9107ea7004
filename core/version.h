/* SPDX-License-Identifier: MIT */
/*
 * The version of this build; meson.build has the one place where it is set.
 */
#pragma once

#ifndef UMBEL_VERSION
#define UMBEL_VERSION "unknown"
#endif
