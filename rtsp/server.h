/* SPDX-License-Identifier: MIT */
/*
 * The server as a whole: its workers, each with its own listeners, and their common end.
 */
#pragma once

#include "core/config.h"

struct server;

/*
 * Listens and starts the workers. NULL when it cannot, and then the log says why. config must
 * outlive the server. All signals that main waits for are blocked already.
 */
struct server *server_start(const struct config *config);

/* Writes one line about how things stand: now, and since the last time. interval_ns: since then. */
void server_report(struct server *s, int64_t interval_ns);

/*
 * Stops in an orderly way: no new connections, BYE and a clean end for players; what is not done
 * within a few seconds is cut off. Returns when all workers have ended.
 */
void server_stop(struct server *s);
