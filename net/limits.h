/* SPDX-License-Identifier: MIT */
/*
 * What the kernel allows the process.
 */
#pragma once

/*
 * Each connection is a descriptor, and the usual limit is far too low for thousands: makes it as
 * high as it may be. 0 or -errno.
 */
int limits_raise_descriptors(void);
