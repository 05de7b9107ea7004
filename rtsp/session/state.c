/* SPDX-License-Identifier: MIT */
#include "rtsp/session/state.h"

static const char *const method_name[METHODS] = {
    [METHOD_OPTIONS] = "OPTIONS",
    [METHOD_DESCRIBE] = "DESCRIBE",
    [METHOD_ANNOUNCE] = "ANNOUNCE",
    [METHOD_SETUP] = "SETUP",
    [METHOD_PLAY] = "PLAY",
    [METHOD_PAUSE] = "PAUSE",
    [METHOD_RECORD] = "RECORD",
    [METHOD_TEARDOWN] = "TEARDOWN",
    [METHOD_GET_PARAMETER] = "GET_PARAMETER",
    [METHOD_SET_PARAMETER] = "SET_PARAMETER",
    [METHOD_REDIRECT] = "REDIRECT",
};

/* Columns: INIT, READY, PLAYING, ANNOUNCED, ARMED, RECORDING. */
static const uint16_t verdict[METHODS][SESSION_STATES] = {
    [METHOD_OPTIONS] = {200, 200, 200, 200, 200, 200},
    [METHOD_DESCRIBE] = {200, 200, 200, 455, 455, 455},
    [METHOD_ANNOUNCE] = {200, 455, 455, 455, 455, 455},
    [METHOD_SETUP] = {200, 200, 455, 200, 200, 455},
    [METHOD_PLAY] = {454, 200, 200, 455, 455, 455},
    [METHOD_PAUSE] = {454, 200, 200, 455, 200, 200},
    [METHOD_RECORD] = {454, 455, 455, 455, 200, 200},
    [METHOD_TEARDOWN] = {454, 200, 200, 200, 200, 200},
    [METHOD_GET_PARAMETER] = {200, 200, 200, 200, 200, 200},
    [METHOD_SET_PARAMETER] = {200, 200, 200, 200, 200, 200},
    /* Only a server sends it (RFC 2326 section 10.10). */
    [METHOD_REDIRECT] = {405, 405, 405, 405, 405, 405},
};

enum method method_parse(struct slice name)
{
    for (unsigned m = 0; m < METHODS; m++)
        if (slice_is(name, method_name[m]))
            return (enum method)m;
    return METHOD_UNKNOWN;
}

int state_verdict(enum session_state state, enum method method)
{
    return method == METHOD_UNKNOWN ? 501 : verdict[method][state];
}
