/* SPDX-License-Identifier: MIT */
/*
 * Which POST belongs to which GET. The two connections of a tunnel have a cookie in common, but the
 * kernel gives each to the worker that it likes: this table, shared by all workers, tells a POST
 * which worker has its GET.
 *
 *   pair                  a cookie, and who has come with it
 *   on the GET's worker   pair_get is the connection, as nobody else can end it
 *   on the POST's worker  a POST that came first waits here, and is told when the GET comes
 *
 * A mutex guards all of it: it is taken when a half of a tunnel comes or goes, never for media. A
 * pair lives as long as one of its connections, so that --max-clients bounds their number, too.
 */
#pragma once

#include "rtsp/message/http.h"
#include "rtsp/session/rtsp_worker.h"

struct conn;
struct pairing;
struct pair;

struct pairing *pairing_create(void);    /* NULL: no memory */
void pairing_destroy(struct pairing *p); /* no pair is left */

/* All that follows: on the worker of the connection that it is about. The caller owns a reference
 * to the pair that it gets. */

/* A GET has come. 0, -EEXIST (the cookie has one) or -ENOMEM. */
int pairing_add_get(struct pairing *p, struct slice cookie, struct rtsp_worker *w, struct conn *get,
                    struct pair **pair);

/*
 * A POST has come. If its GET is not there, it waits, and on_met(post) will be called, on its own
 * worker. 0, -EEXIST (another one waits) or -ENOMEM.
 */
int pairing_add_post(struct pairing *p, struct slice cookie, struct rtsp_worker *w,
                     struct conn *post, void (*on_met)(struct conn *post), struct pair **pair);

/* The GET's worker; NULL when there is no GET. Any worker. */
struct rtsp_worker *pair_worker(struct pair *pair);

/* The GET; NULL when it has left. */
struct conn *pair_get(struct pair *pair);

/* The GET says farewell: its cookie is free again. Gives its reference back, and clears *pair. */
void pair_leave_get(struct pair **pair);

/* The POST no longer waits. The reference remains. */
void pair_stop_waiting(struct pair *pair, const struct conn *post);

void pair_unref(struct pair **pair);
