/* SPDX-License-Identifier: MIT */
#include "bench/load_sequence.h"

#include <criterion/criterion.h>

static enum load_place take(struct load_sequence *s, uint16_t seq, int *lost)
{
    const struct rtp_packet pkt = {.payload_type = 96, .seq = seq, .ssrc = 7};
    return load_sequence_take(s, &pkt, lost);
}

static const struct {
    uint16_t seq;
    enum load_place place;
    int lost;
} rows[] = {
    {65533, LOAD_PLACE_NEXT, 0},      {65534, LOAD_PLACE_NEXT, 0},
    {1, LOAD_PLACE_AFTER_GAP, 2},     {0, LOAD_PLACE_PASSED, -1},
    {0, LOAD_PLACE_PASSED, 0},        {2, LOAD_PLACE_NEXT, 0},
    {65535, LOAD_PLACE_PASSED, -1},   {65534, LOAD_PLACE_PASSED, 0},
    {103, LOAD_PLACE_AFTER_GAP, 100}, {40, LOAD_PLACE_PASSED, -1},
    {39, LOAD_PLACE_PASSED, 0}, /* too long ago to know */
    {168, LOAD_PLACE_AFTER_GAP, 64},  {105, LOAD_PLACE_PASSED, -1},
    {232, LOAD_PLACE_AFTER_GAP, 63},  {169, LOAD_PLACE_PASSED, -1},
    {168, LOAD_PLACE_PASSED, 0},      {33000, LOAD_PLACE_AFTER_GAP, 32767},
    {33001, LOAD_PLACE_NEXT, 0},
};

Test(load_sequence, packets_find_their_place)
{
    struct load_sequence s = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int lost;
        cr_assert_eq(take(&s, rows[i].seq, &lost), rows[i].place, "row %zu", i);
        cr_assert_eq(lost, rows[i].lost, "row %zu", i);
    }
}

/* In whatever order packets come, what never came is what is lost. */
Test(load_sequence, shuffled_packets_lose_nothing)
{
    enum { BLOCK = 32, BLOCKS = 4000 };
    struct load_sequence s = {0};
    int64_t sum = 0;
    int lost;
    take(&s, 0, &lost);
    for (unsigned block = 0; block < BLOCKS; block++)
        for (unsigned i = 0; i < BLOCK; i++) {
            unsigned within = (i * 13 + block) % BLOCK; /* 13 and 32 have no common factor */
            take(&s, (uint16_t)(1 + block * BLOCK + within), &lost);
            sum += lost;
        }
    cr_assert_eq(sum, 0);
}

Test(load_sequence, strangers_have_no_place)
{
    struct load_sequence s = {0};
    const struct rtp_packet other_ssrc = {.payload_type = 96, .seq = 2, .ssrc = 8};
    const struct rtp_packet other_type = {.payload_type = 97, .seq = 2, .ssrc = 7};
    int lost;
    cr_assert_eq(take(&s, 1, &lost), LOAD_PLACE_NEXT);
    cr_assert_eq(load_sequence_take(&s, &other_ssrc, &lost), LOAD_PLACE_NONE);
    cr_assert_eq(load_sequence_take(&s, &other_type, &lost), LOAD_PLACE_NONE);
    cr_assert_eq(lost, 0);
    cr_assert_eq(take(&s, 2, &lost), LOAD_PLACE_NEXT);
}
