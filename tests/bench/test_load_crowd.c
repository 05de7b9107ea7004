/* SPDX-License-Identifier: MIT */
#include "bench/load_crowd.h"

#include <criterion/criterion.h>

enum { PLAYERS = 2000 };

static struct load_player players[PLAYERS];

static void cast(const struct load_options *o)
{
    memset(players, 0, sizeof players);
    load_crowd_cast(players, o);
}

static unsigned count(enum load_role role)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PLAYERS; i++)
        n += players[i].role == role;
    return n;
}

Test(load_crowd, parts_are_as_large_as_asked_for)
{
    static const struct {
        double stall, slow;
        uint64_t verify;
        unsigned stalled, slowed, verified, drained;
    } rows[] = {
        {0, 0, 50, 0, 0, 50, 1950},
        {10, 10, 50, 200, 200, 50, 1550},
        {0, 0, 0, 0, 0, 0, 2000},
        {5, 0, LOAD_VERIFY_ALL, 100, 0, 1900, 0},
        {100, 0, LOAD_VERIFY_ALL, 2000, 0, 0, 0},
        {50, 50, 10, 1000, 1000, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct load_options o = {.clients = PLAYERS,
                                       .streams = 1,
                                       .stall_percent = rows[i].stall,
                                       .slow_percent = rows[i].slow,
                                       .verify = rows[i].verify};
        cast(&o);
        cr_assert_eq(count(LOAD_ROLE_STALLED), rows[i].stalled, "row %zu", i);
        cr_assert_eq(count(LOAD_ROLE_SLOW), rows[i].slowed, "row %zu", i);
        cr_assert_eq(count(LOAD_ROLE_VERIFIED), rows[i].verified, "row %zu", i);
        cr_assert_eq(count(LOAD_ROLE_DRAINED), rows[i].drained, "row %zu", i);
    }
}

Test(load_crowd, verified_players_are_spread_over_joins_and_streams)
{
    enum { STREAMS = 10 };
    const struct load_options o = {.clients = PLAYERS, .streams = STREAMS, .verify = 100};
    unsigned early = 0;
    unsigned of_stream[STREAMS] = {0};
    cast(&o);
    for (unsigned i = 0; i < PLAYERS; i++) {
        bool verified = players[i].role == LOAD_ROLE_VERIFIED;
        early += verified && i < PLAYERS / 2;
        of_stream[players[i].stream] += verified;
    }
    cr_assert_eq(early, 50);
    for (unsigned i = 0; i < STREAMS; i++)
        cr_assert_geq(of_stream[i], 5, "stream %u has %u", i, of_stream[i]);
}
