/* SPDX-License-Identifier: MIT */
#include "rtsp/session/state.h"

#include <criterion/criterion.h>

static const struct {
    const char *name;
    enum method method;
    /* INIT, READY, PLAYING, ANNOUNCED, ARMED, RECORDING */
    int verdict[SESSION_STATES];
} rows[] = {
    {"OPTIONS", METHOD_OPTIONS, {200, 200, 200, 200, 200, 200}},
    {"DESCRIBE", METHOD_DESCRIBE, {200, 200, 200, 455, 455, 455}},
    {"ANNOUNCE", METHOD_ANNOUNCE, {200, 455, 455, 455, 455, 455}},
    {"SETUP", METHOD_SETUP, {200, 200, 455, 200, 200, 455}},
    {"PLAY", METHOD_PLAY, {454, 200, 200, 455, 455, 455}},
    {"PAUSE", METHOD_PAUSE, {454, 200, 200, 455, 200, 200}},
    {"RECORD", METHOD_RECORD, {454, 455, 455, 455, 200, 200}},
    {"TEARDOWN", METHOD_TEARDOWN, {454, 200, 200, 200, 200, 200}},
    {"GET_PARAMETER", METHOD_GET_PARAMETER, {200, 200, 200, 200, 200, 200}},
    {"SET_PARAMETER", METHOD_SET_PARAMETER, {200, 200, 200, 200, 200, 200}},
    {"REDIRECT", METHOD_REDIRECT, {405, 405, 405, 405, 405, 405}},
    {"FLY", METHOD_UNKNOWN, {501, 501, 501, 501, 501, 501}},
};

Test(state, every_method_in_every_state)
{
    cr_assert_eq(ARRAY_LEN(rows), METHODS + 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert_eq(rows[i].method, i, "every method has its row");
        for (int state = SESSION_INIT; state < SESSION_STATES; state++)
            cr_assert_eq(state_verdict((enum session_state)state, rows[i].method),
                         rows[i].verdict[state], "%s in state %d", rows[i].name, state);
    }
}

Test(state, methods_are_known_by_their_exact_name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[32];
        size_t len = strlen(rows[i].name);
        memcpy(name, rows[i].name, len + 1);
        cr_assert_eq(method_parse(slice_str(name)), rows[i].method);
        cr_assert_eq(method_parse(slice_of(name, len - 1)), METHOD_UNKNOWN);
        name[0] |= 0x20;
        cr_assert_eq(method_parse(slice_str(name)), METHOD_UNKNOWN, "%s", name);
    }
    cr_assert_eq(method_parse((struct slice){0}), METHOD_UNKNOWN);
    cr_assert_eq(method_parse(SLICE_LIT("PLAYS")), METHOD_UNKNOWN);
    cr_assert_eq(method_parse(SLICE_LIT("PLAY\0")), METHOD_UNKNOWN);
}

/* What is listed is served, and what is served is listed. */
Test(state, public_methods_are_those_that_can_succeed)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool served = false;
        for (int state = SESSION_INIT; state < SESSION_STATES; state++)
            served |= rows[i].verdict[state] == 200;
        cr_assert_eq(strstr(METHODS_PUBLIC, rows[i].name) != NULL, served, "%s", rows[i].name);
    }
}
