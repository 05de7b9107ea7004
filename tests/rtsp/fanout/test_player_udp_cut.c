/* SPDX-License-Identifier: MIT */
/* Players whose way takes no messages that the kernel is to cut. */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/support/sending.h"
#include "tests/support/udp_stage.h"

TestSuite(player_udp_cut, .init = udp_stage_set_up, .fini = udp_stage_tear_down);

/* A frame that is cut otherwise. Returns the calls that it took. */
static unsigned calls_for_a_frame(void)
{
    sending.calls = 0;
    feed_video(&feed, true, LARGE_BYTES);
    turn_now();
    return sending.calls;
}

Test(player_udp_cut, refusal_is_met_once_and_then_single_datagrams_go_by_the_batch)
{
    if (!rtp.can_segment)
        cr_skip("this kernel cuts nothing");
    struct udp_viewer s;
    udp_stage_enter(&s, 0);
    sending.refuses_cut = EMSGSIZE;
    unsigned first = calls_for_a_frame();
    sending.taken = 0;
    cr_assert_lt(calls_for_a_frame(), first);
    cr_assert_eq(sending.calls, 1);
    cr_assert_gt(sending.taken, LARGE_BYTES / 200);
    udp_viewer_expect(&s, &feed, 0, 2);
    udp_viewer_close(&s);
}

Test(player_udp_cut, refusal_is_one_players_alone)
{
    if (!rtp.can_segment)
        cr_skip("this kernel cuts nothing");
    struct udp_viewer encrypted, other;
    udp_stage_enter(&encrypted, 0);
    sending.refuses_cut = EIO;
    calls_for_a_frame();
    sending.refuses_cut = 0;
    udp_stage_enter(&other, 1);
    sending.cut = 0;
    calls_for_a_frame();
    cr_assert_gt(sending.cut, 0);
    cr_assert(encrypted.target.refuses_segments);
    cr_assert_not(other.target.refuses_segments);
    udp_viewer_expect(&encrypted, &feed, 0, 2);
    udp_viewer_expect(&other, &feed, 0, 2);
    udp_viewer_close(&encrypted);
    udp_viewer_close(&other);
}
