/* SPDX-License-Identifier: MIT */
/*
 * Which request is welcome when: one table for players and publishers (RFC 2326 appendix A).
 *
 *   player      INIT --SETUP--> READY --PLAY--> PLAYING --PAUSE--> READY
 *   publisher   INIT --ANNOUNCE--> ANNOUNCED --SETUP--> ARMED --RECORD--> RECORDING --PAUSE-->
 * ARMED TEARDOWN leads back to INIT from everywhere.
 */
#pragma once

#include "core/base.h"

enum session_state {
    SESSION_INIT,
    SESSION_READY,
    SESSION_PLAYING,
    SESSION_ANNOUNCED,
    SESSION_ARMED,
    SESSION_RECORDING,
    SESSION_STATES,
};

enum method {
    METHOD_OPTIONS,
    METHOD_DESCRIBE,
    METHOD_ANNOUNCE,
    METHOD_SETUP,
    METHOD_PLAY,
    METHOD_PAUSE,
    METHOD_RECORD,
    METHOD_TEARDOWN,
    METHOD_GET_PARAMETER,
    METHOD_SET_PARAMETER,
    METHOD_REDIRECT,
    METHODS,
    METHOD_UNKNOWN = METHODS,
};

/* Names are case-sensitive (RFC 2326 section 6.1). */
enum method method_parse(struct slice name);

/* The methods that umbel serves, as Public and Allow list them. */
#define METHODS_PUBLIC                                                                             \
    "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, PAUSE, RECORD, TEARDOWN, GET_PARAMETER, "           \
    "SET_PARAMETER"

/* 200 when the request may go on; else the status to refuse it with: 405, 454, 455 or 501. */
int state_verdict(enum session_state state, enum method method);
