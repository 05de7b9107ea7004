/* SPDX-License-Identifier: MIT */
#include "rtp/reorder.h"

#include <criterion/criterion.h>

#define HOLD_NS (50 * NS_PER_MS)

enum { SEEN_MAX = 8192, SSRC = 7, OTHER_SSRC = 8 };

/* What came out. Each packet has its sequence number as its payload. */
struct seen {
    unsigned count;
    uint16_t seq[SEEN_MAX];
    uint32_t ssrc;
};

static void on_packet(void *arg, const struct rtp_packet *pkt)
{
    struct seen *seen = arg;
    cr_assert_eq(pkt->payload.len, sizeof(pkt->seq));
    cr_assert_eq(memcmp(pkt->payload.ptr, &pkt->seq, sizeof(pkt->seq)), 0);
    seen->ssrc = pkt->ssrc;
    seen->seq[seen->count++ % SEEN_MAX] = pkt->seq;
}

static void push_from(struct reorder *r, uint32_t ssrc, uint16_t seq, int64_t now_ns)
{
    uint8_t payload[sizeof(seq)]; /* gone after the call */
    memcpy(payload, &seq, sizeof(seq));
    struct rtp_packet pkt = {.seq = seq, .ssrc = ssrc, .payload = slice_of(payload, sizeof(seq))};
    reorder_push(r, &pkt, now_ns);
    memset(payload, 0xee, sizeof(payload));
}

static void push(struct reorder *r, unsigned seq, int64_t now_ns)
{
    push_from(r, SSRC, (uint16_t)seq, now_ns);
}

static void assert_run(const struct seen *seen, unsigned at, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(seen->seq[at + i], (uint16_t)(first + i), "%u at %u", seen->seq[at + i], i);
}

/* The n-th permutation of 0..5. */
static void permutation(unsigned n, unsigned out[6])
{
    unsigned left[6] = {0, 1, 2, 3, 4, 5};
    for (unsigned count = 6; count > 0; count--) {
        unsigned pick = n % count;
        n /= count;
        out[6 - count] = left[pick];
        memmove(&left[pick], &left[pick + 1], (count - pick - 1) * sizeof(left[0]));
    }
}

Test(reorder, every_order_of_six_packets_comes_out_in_order)
{
    static const uint16_t firsts[] = {1000, 65533, 0};
    for (unsigned i = 0; i < ARRAY_LEN(firsts) * 720; i++) {
        struct seen seen = {0};
        struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
        unsigned order[6], first = firsts[i / 720];
        permutation(i % 720, order);
        push(r, first - 1, 0);
        for (unsigned k = 0; k < 6; k++)
            push(r, first + order[k], k);
        cr_assert_eq(seen.count, 7);
        assert_run(&seen, 0, first - 1, 7);
        cr_assert_eq(reorder_stats(r).held, 0);
        cr_assert_eq(reorder_stats(r).held_bytes, 0);
        cr_assert_eq(reorder_next_deadline(r), INT64_MAX);
        reorder_destroy(r);
    }
}

static const uint8_t *last_payload;

static void note_payload(void *arg, const struct rtp_packet *pkt)
{
    (void)arg;
    last_payload = pkt->payload.ptr;
}

Test(reorder, packets_in_order_are_not_copied)
{
    struct reorder *r = reorder_create(HOLD_NS, note_payload, NULL);
    static const uint8_t payload[] = {1, 2, 3};
    for (uint16_t seq = 65000; seq != 1000; seq++) {
        struct rtp_packet pkt = {.seq = seq, .payload = slice_of(payload, sizeof(payload))};
        reorder_push(r, &pkt, 0);
        cr_assert_eq(last_payload, payload);
    }
    reorder_destroy(r);
}

Test(reorder, a_gap_is_given_up_at_its_deadline_and_not_before)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 1, 0);
    push(r, 4, 100);
    push(r, 3, 200);
    cr_assert_eq(reorder_next_deadline(r), 100 + HOLD_NS, "since a later one came");
    reorder_run(r, 100 + HOLD_NS - 1);
    cr_assert_eq(seen.count, 1);
    reorder_run(r, 100 + HOLD_NS);
    cr_assert_eq(seen.count, 3);
    assert_run(&seen, 1, 3, 2);
    cr_assert_eq(reorder_next_deadline(r), INT64_MAX);
    cr_assert_eq(reorder_stats(r).given_up, 1);
    push(r, 2, 100 + HOLD_NS + 1);
    push(r, 2, 100 + HOLD_NS + 2);
    cr_assert_eq(seen.count, 3);
    cr_assert_eq(reorder_stats(r).late, 1);
    cr_assert_eq(reorder_stats(r).duplicates, 1);
    reorder_destroy(r);
}

Test(reorder, the_missing_packet_fills_the_gap_until_the_deadline)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 1, 0);
    push(r, 3, 0);
    push(r, 2, HOLD_NS - 1);
    assert_run(&seen, 0, 1, 3);
    push(r, 5, HOLD_NS);
    push(r, 4, 2 * HOLD_NS);
    cr_assert_eq(seen.count, 4, "a packet does not come before what is due");
    cr_assert_eq(reorder_stats(r).late, 1);
    cr_assert_eq(reorder_stats(r).reordered, 1);
    reorder_destroy(r);
}

/* 10 is lost, then 15: the wait for 15 began when 16 came, not when 10 was given up. */
Test(reorder, each_gap_is_waited_for_by_itself)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 9, 0);
    for (unsigned seq = 11; seq <= 20; seq++)
        if (seq != 15)
            push(r, seq, seq * NS_PER_MS);
    cr_assert_eq(reorder_next_deadline(r), HOLD_NS + 11 * NS_PER_MS);
    reorder_run(r, HOLD_NS + 11 * NS_PER_MS);
    cr_assert_eq(seen.count, 5);
    cr_assert_eq(reorder_next_deadline(r), HOLD_NS + 16 * NS_PER_MS);
    reorder_run(r, HOLD_NS + 16 * NS_PER_MS);
    cr_assert_eq(seen.count, 10);
    assert_run(&seen, 5, 16, 5);
    reorder_destroy(r);
}

Test(reorder, nothing_is_waited_for_when_told_so)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(0, on_packet, &seen);
    static const uint16_t in[] = {1, 3, 2, 4, 6};
    for (size_t i = 0; i < ARRAY_LEN(in); i++)
        push(r, in[i], 0);
    cr_assert_eq(seen.count, 4);
    cr_assert_eq(reorder_stats(r).held, 0);
    cr_assert_eq(reorder_stats(r).late, 1);
    reorder_destroy(r);
}

Test(reorder, duplicates_are_dropped_wherever_they_come)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    static const uint16_t in[] = {1, 1, 3, 3, 2, 2, 3, 1, 4};
    for (size_t i = 0; i < ARRAY_LEN(in); i++)
        push(r, in[i], 0);
    cr_assert_eq(seen.count, 4);
    assert_run(&seen, 0, 1, 4);
    cr_assert_eq(reorder_stats(r).duplicates, 5);
    cr_assert_eq(reorder_stats(r).late, 0);
    reorder_destroy(r);
}

Test(reorder, what_was_before_the_first_packet_is_late)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 0, 0);
    push(r, 65535, 0);
    cr_assert_eq(seen.count, 1);
    cr_assert_eq(reorder_stats(r).late, 1);
    reorder_destroy(r);
}

/* The stream leaps from 1000 on to these; what comes out begins with the first of the two. */
static const struct {
    const char *name;
    uint32_t ssrc;
    uint16_t seq;
} leaps[] = {
    {"another source", OTHER_SSRC, 1001},
    {"another source, elsewhere", OTHER_SSRC, 30000},
    {"a burst of loss", SSRC, 1002 + REORDER_LEAP},
    {"far ahead", SSRC, 1000 + 0x8000},
    {"behind", SSRC, 1001 - REORDER_LEAP - 4},
    {"across the wrap", SSRC, 65535},
};

Test(reorder, a_leap_is_believed_when_two_packets_follow_each_other)
{
    for (size_t i = 0; i < ARRAY_LEN(leaps); i++) {
        struct seen seen = {0};
        struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
        push(r, 1000, 0);
        push(r, 1002, 0); /* is held, and goes out before the leap */
        uint16_t seq = (uint16_t)(leaps[i].seq + 2);
        push_from(r, leaps[i].ssrc, seq, 1);
        cr_assert_eq(seen.count, 1, "%s", leaps[i].name);
        push_from(r, leaps[i].ssrc, (uint16_t)(seq + 1), 2);
        cr_assert_eq(seen.count, 4, "%s", leaps[i].name);
        assert_run(&seen, 1, 1002, 1);
        assert_run(&seen, 2, seq, 2);
        cr_assert_eq(seen.ssrc, leaps[i].ssrc);
        push_from(r, leaps[i].ssrc, (uint16_t)(seq + 2), 2);
        assert_run(&seen, 4, (uint16_t)(seq + 2), 1);
        cr_assert_eq(reorder_stats(r).restarts, 1);
        cr_assert_eq(reorder_stats(r).strays, 0);
        reorder_destroy(r);
    }
}

/* Exhaustive, since numbers half a wrap away are neither ahead nor behind. */
Test(reorder, every_number_is_near_or_doubted)
{
    for (unsigned n = 0; n < 65536; n++) {
        struct seen seen = {0};
        struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
        push(r, 1000, 0);
        push(r, 1001 + n, 0);
        struct reorder_stats s = reorder_stats(r);
        bool is_late = n >= 65536 - REORDER_LEAP, is_next = n == 0;
        cr_assert_eq(seen.count, is_next ? 2 : 1, "%u", n);
        cr_assert_eq(s.late + s.duplicates, is_late, "%u", n);
        cr_assert_eq(s.held, !is_next && n < REORDER_LEAP, "%u", n);
        reorder_destroy(r);
    }
}

/* One forged packet after each true one, even if they follow each other. */
Test(reorder, forged_packets_displace_nothing)
{
    for (size_t i = 0; i < ARRAY_LEN(leaps); i++) {
        struct seen seen = {0};
        struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
        push(r, 1000, 0);
        for (unsigned n = 1; n <= 50; n++) {
            push_from(r, leaps[i].ssrc, (uint16_t)(leaps[i].seq + n), n);
            push(r, 1000 + n, n);
        }
        assert_run(&seen, 0, 1000, 51);
        cr_assert_eq(reorder_stats(r).restarts, 0, "%s", leaps[i].name);
        reorder_destroy(r);
    }
}

Test(reorder, a_forged_packet_nearby_costs_no_more_than_the_leap)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 0, 0);
    push(r, REORDER_LEAP, 0);
    for (unsigned seq = 1; seq < 1000; seq++)
        push(r, seq, seq * NS_PER_MS);
    cr_assert_eq(reorder_stats(r).restarts, 0);
    cr_assert_geq(seen.count, 1000 - REORDER_LEAP);
    assert_run(&seen, seen.count - 800, 200, 800);
    reorder_destroy(r);
}

Test(reorder, the_oldest_gap_is_given_up_when_the_window_is_full)
{
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 65000, 0);
    push(r, 65002, 0);
    for (unsigned seq = 65004; seq <= 65000 + REORDER_PACKETS; seq++)
        push(r, seq, 0);
    cr_assert_eq(seen.count, 1);
    push(r, 65001 + REORDER_PACKETS, 0);
    cr_assert_eq(seen.count, 2, "65001 is given up, 65003 is not yet");
    cr_assert_eq(reorder_stats(r).given_up, 1);
    push(r, 65003, 0);
    assert_run(&seen, 1, 65002, REORDER_PACKETS);
    cr_assert_eq(reorder_stats(r).held, 0);
    reorder_destroy(r);
}

static void count_packet(void *arg, const struct rtp_packet *pkt)
{
    (void)pkt;
    ++*(unsigned *)arg;
}

Test(reorder, held_bytes_are_bounded)
{
    static const uint8_t payload[65000];
    unsigned count = 0;
    struct reorder *r = reorder_create(HOLD_NS, count_packet, &count);
    for (uint16_t seq = 0; seq < 400; seq++) {
        struct rtp_packet pkt = {.seq = seq, .payload = slice_of(payload, sizeof(payload))};
        if (seq != 1)
            reorder_push(r, &pkt, 0);
        cr_assert_leq(reorder_stats(r).held_bytes, REORDER_BYTES_MAX);
    }
    cr_assert_eq(count, 399);
    cr_assert_eq(reorder_stats(r).given_up, 1);
    reorder_destroy(r);
}

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % bound;
}

/* Random numbers, sources and times: what is held is bounded in number and in time. */
Test(reorder, hostile_input_is_bounded)
{
    static struct seen seen;
    uint64_t seed = 1;
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    int64_t now_ns = 0;
    uint16_t seq = 0;
    for (int i = 0; i < 300000; i++) {
        now_ns += random_below(&seed, 2) * NS_PER_MS;
        seq = (uint16_t)(random_below(&seed, 10) ? seq + random_below(&seed, 200) - 90
                                                 : random_below(&seed, 65536));
        push_from(r, random_below(&seed, 20) ? SSRC : OTHER_SSRC, seq, now_ns);
        cr_assert_lt(reorder_stats(r).held, REORDER_PACKETS);
        cr_assert_gt(reorder_next_deadline(r), now_ns);
        cr_assert(reorder_stats(r).held == 0 || reorder_next_deadline(r) <= now_ns + HOLD_NS);
    }
    cr_assert_gt(seen.count, 1000);
    reorder_destroy(r);
}

/* A network in virtual time: packets are 1 ms apart, some are lost, some doubled, each is delayed.
 */
struct network {
    uint64_t seed;
    uint32_t lost_percent, doubled_percent;
    uint32_t delay_ms; /* 0 to that */
};

enum { SENT = 4000, IN_FLIGHT = 128 };

/* arrivals[t % IN_FLIGHT][i]: the packets that arrive in the t-th millisecond. */
struct flight {
    unsigned count[IN_FLIGHT];
    uint16_t seq[IN_FLIGHT][2 * IN_FLIGHT];
};

static void send_one(struct network *net, struct flight *f, unsigned n, uint16_t seq)
{
    unsigned at = (n + random_below(&net->seed, net->delay_ms + 1)) % IN_FLIGHT;
    f->seq[at][f->count[at]++] = seq;
}

/* How many different packets have arrived. */
static unsigned transmit(struct network *net, struct reorder *r, unsigned first)
{
    static struct flight f;
    unsigned arrived = 0;
    memset(&f, 0, sizeof(f));
    for (unsigned n = 0; n < SENT + IN_FLIGHT; n++) {
        bool sent = n < SENT && (n == 0 || random_below(&net->seed, 100) >= net->lost_percent);
        if (sent)
            send_one(net, &f, n, (uint16_t)(first + n));
        if (sent && random_below(&net->seed, 100) < net->doubled_percent)
            send_one(net, &f, n, (uint16_t)(first + n));
        arrived += sent;
        for (unsigned i = 0; i < f.count[n % IN_FLIGHT]; i++)
            push(r, f.seq[n % IN_FLIGHT][i], n * NS_PER_MS);
        f.count[n % IN_FLIGHT] = 0;
        reorder_run(r, n * NS_PER_MS);
    }
    return arrived;
}

static void assert_rising(const struct seen *seen)
{
    for (unsigned i = 1; i < seen->count; i++)
        cr_assert_gt(rtp_seq_diff(seen->seq[i - 1], seen->seq[i]), 0);
}

static const struct network networks[] = {
    {1, 0, 0, 40},   {2, 5, 0, 0},   {3, 5, 5, 10}, {4, 30, 0, 40},
    {5, 1, 100, 49}, {6, 60, 10, 3}, {7, 0, 0, 0},  {8, 0, 100, 1},
};

Test(reorder, all_that_arrives_in_time_comes_out_in_order)
{
    for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
        struct network net = networks[i];
        static struct seen seen;
        seen.count = 0;
        struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
        push(r, 64000 - 1, 0);
        unsigned arrived = transmit(&net, r, 64000);
        assert_rising(&seen);
        cr_assert_eq(seen.count, arrived + 1, "network %zu: %u of %u", i, seen.count, arrived);
        cr_assert_eq(reorder_stats(r).late, 0);
        cr_assert_eq(reorder_stats(r).held, 0);
        reorder_destroy(r);
    }
}

Test(reorder, what_comes_too_late_is_dropped_and_the_rest_is_in_order)
{
    struct network net = {9, 5, 20, 90};
    static struct seen seen;
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    push(r, 64000 - 1, 0);
    unsigned arrived = transmit(&net, r, 64000);
    assert_rising(&seen);
    cr_assert_eq(seen.count + reorder_stats(r).late, arrived + 1);
    cr_assert_gt(reorder_stats(r).late, 0);
    cr_assert_gt(reorder_stats(r).reordered, 0);
    reorder_destroy(r);
}
