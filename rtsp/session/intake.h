/* SPDX-License-Identifier: MIT */
/*
 * The input half of a connection: bytes, from wherever they come, cut into requests and interleaved
 * packets for the handlers. What begins in the middle of a message is collected in c->in; all else
 * is read where all connections of the worker read, and only a rest is kept.
 *
 * Nothing is read while replies pile up that the peer does not take.
 */
#pragma once

#include "rtsp/session/conn.h"

/* Reads what one turn takes, and posts c->read_more when there may be more. May close c. */
void intake_read(struct conn *c);

/* True while so many replies wait that no more requests are taken. */
bool intake_is_backed_up(const struct conn *c);

/* The replies have gone: takes the requests that were left lying, and posts c->read_more. May close
 * c. */
void intake_resume(struct conn *c);
