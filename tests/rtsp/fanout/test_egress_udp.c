/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/egress_udp.h"

#include <criterion/criterion.h>

#include "tests/support/sending.h"

enum { RATE = 1000000, BURST = 64000 };

#define NOW (1000 * NS_PER_S)

static struct udp rtp, rtcp;
static struct egress_udp egress;
static struct udp_target target;

static void set_up(void)
{
    sending_reset();
    rtp.io.fd = -1;
    rtp.can_segment = true;
    egress_udp_init(&egress, &rtp, &rtcp, RATE, BURST);
}

static size_t allowance(int64_t now_ns)
{
    return egress_udp_allowance(&egress, &target, now_ns);
}

static void pay(size_t bytes, int64_t now_ns)
{
    egress_udp_pay(&egress, &target, bytes, now_ns);
}

TestSuite(egress_udp, .init = set_up);

/* -- pace -- */

static void expect_about(size_t got, size_t want)
{
    cr_assert_leq(got, want + 1, "%zu, not %zu", got, want);
    cr_assert_geq(got + 1, want, "%zu, not %zu", got, want);
}

Test(egress_udp, allowance_is_a_burst_and_fills_up_at_the_rate)
{
    cr_assert_eq(allowance(NOW), BURST, "who was sent nothing yet");
    pay(BURST, NOW);
    expect_about(allowance(NOW), 0);
    expect_about(allowance(NOW + NS_PER_MS), RATE / 1000);
    expect_about(allowance(NOW + 10 * NS_PER_MS), RATE / 100);
    cr_assert_eq(allowance(NOW + NS_PER_S), BURST, "and no more than that");
    pay(1000, NOW + NS_PER_S);
    expect_about(allowance(NOW + NS_PER_S), BURST - 1000);
}

Test(egress_udp, who_was_sent_too_much_pays_for_it_later)
{
    pay(3 * BURST, NOW);
    cr_assert_eq(allowance(NOW), 0);
    cr_assert_eq(allowance(NOW + 2 * BURST * NS_PER_S / RATE - NS_PER_MS), 0);
    expect_about(allowance(NOW + 2 * BURST * NS_PER_S / RATE + NS_PER_MS), RATE / 1000);
}

Test(egress_udp, what_will_be_allowed_is_allowed_then)
{
    pay(BURST, NOW);
    for (size_t bytes = 1; bytes <= BURST; bytes += 997) {
        int64_t at_ns = egress_udp_allowed_at(&egress, &target, bytes);
        expect_about(allowance(at_ns), bytes);
    }
}

/* However it is taken, a second has the rate's bytes and one burst. */
Test(egress_udp, no_way_of_taking_it_gives_more)
{
    for (int64_t step_ns = 1000; step_ns < NS_PER_S / 3; step_ns = step_ns * 7 / 2) {
        uint64_t sent = 0;
        target = (struct udp_target){0};
        for (int64_t ns = 0; ns <= NS_PER_S; ns += step_ns) {
            size_t bytes = allowance(NOW + ns);
            bytes = bytes > 10 ? bytes - bytes % 3 : 0;
            pay(bytes, NOW + ns);
            sent += bytes;
        }
        cr_assert_leq(sent, BURST + RATE + RATE / 1000, "steps of %ld ns", step_ns);
    }
}

Test(egress_udp, without_a_rate_all_is_allowed)
{
    egress_udp_init(&egress, &rtp, &rtcp, 0, BURST);
    cr_assert_eq(allowance(NOW), SIZE_MAX);
    pay(1 << 30, NOW);
    cr_assert_eq(allowance(NOW), SIZE_MAX);
}

/* -- the batch -- */

Test(egress_udp, messages_are_as_large_as_the_kernel_takes_them)
{
    static const struct {
        bool can_segment, refuses_segments;
        size_t packet, most;
    } rows[] = {
        {true, false, 1360, (size_t)UDP_SEGMENTS_MAX * 1360},
        {true, false, 13, (size_t)UDP_SEGMENTS_MAX * 13},
        {true, false, 1500, 43 * 1500},
        {true, false, 30000, 60000},
        {true, false, 40000, 40000},
        {true, false, 65500, 65500},
        {true, true, 1360, 1360},
        {false, false, 1360, 1360},
        {false, false, 65500, 65500},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rtp.can_segment = rows[i].can_segment;
        target.refuses_segments = rows[i].refuses_segments;
        cr_assert_eq(egress_udp_message_max(&egress, &target, rows[i].packet), rows[i].most,
                     "row %zu", i);
    }
}

Test(egress_udp, batch_is_full_with_as_many_messages_as_one_call_sends)
{
    const struct udp_message m = {.segment = 1};
    cr_assert_eq(egress_udp_flush(&egress), 0);
    cr_assert_eq(sending.calls, 0, "nothing to send");
    for (unsigned i = 1; i < UDP_BATCH_MAX; i++)
        cr_assert_not(egress_udp_add(&egress, &m, i));
    cr_assert(egress_udp_add(&egress, &m, UDP_BATCH_MAX));
    for (unsigned i = 0; i < UDP_BATCH_MAX; i++)
        cr_assert_eq(egress.owner[i], i + 1);
}
