/* SPDX-License-Identifier: MIT */
/*
 * From a request to the method that serves it: what every request must fulfil first (RFC 2326), and
 * the replies that are the same for all.
 */
#pragma once

#include "rtsp/session/conn.h"

extern const struct conn_handlers dispatch_handlers;
