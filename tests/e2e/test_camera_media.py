# SPDX-License-Identifier: MIT
"""Media as cameras and encoders send it."""

import clips
import harness
import publish
import rtp
from cameras import HEAD, VIDEO, check_pictures, check_steps, flowing, recording, words_of
from harness import Server, add_rows, case
from publish import Publisher
from rtsp import Player


@case()
def flir_without_marker():
    with flowing() as (video, publisher, player):
        for n in range(2, 41):
            publisher.send_unit(video.unit(n), n * clips.STEP, marker=False)
        video.check(player.units(40), list(range(40)))


@case()
def obs_plugin_marks_every_nal_unit():
    """Parameter sets, SEI and slice, each with a marker of its own."""
    published = clips.clip("main")

    def send(publisher, first, last):
        for i in range(first, last):
            for nal in published.video[i]:
                publisher.send_unit([nal], i * clips.STEP)

    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        send(publisher, 0, 2)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            send(publisher, 2, 61)
            check_pictures(player.units(60), published.pictures[:60], published.parameter_sets)


@case()
def sliced_pictures_with_a_marker_on_each_slice():
    """x264's sliced threads behind a packetizer that marks every slice: the time stamp is the better guide."""
    with flowing() as (video, publisher, player):
        slices = {n: halves(video.unit(n)[-1]) for n in range(2, 43)}
        for n, (first, second) in slices.items():
            publisher.send_unit([*video.unit(n)[:-1], first], n * clips.STEP)
            publisher.send_unit([second], n * clips.STEP)
        got = [rtp.picture(u.nals) for u in player.units(40)]
        # The first of them is sent before its second slice shows what the markers are worth.
        assert got[4:] == [slices[n] for n in range(3, 39)], [len(g) for g in got]


def halves(picture):
    """Two slices instead of one; the second does not begin with macroblock 0."""
    return [picture[:2000], bytes([picture[0], 0x41]) + picture[2000:]]


@case()
def reolink_parameter_sets_with_the_time_stamp_of_the_picture_before():
    """SPS (with a marker) and PPS come at the old time, the slice at the new one."""
    with flowing() as (video, publisher, player):
        for n in range(2, 41):
            *sets, picture = video.unit(n)
            for i, nal in enumerate(sets):
                publisher.send_packet(0, (n - 1) * clips.STEP, nal, i == 0)
            publisher.send_unit([picture], n * clips.STEP)
        units = player.units(40)
        video.check(units, list(range(40)))
        check_steps(units, clips.STEP)
        for unit in units:
            sets = [n for n in unit.nals if n not in rtp.picture(unit.nals)]
            assert sets == (video.parameter_sets if rtp.is_idr(unit.nals) else []), unit.timestamp


@case()
def costarhd_fragments_that_begin_and_end_at_once():
    with flowing() as (video, publisher, player):
        for n in range(2, 12):
            *sets, picture = video.unit(n)
            for nal in sets:
                publisher.send_packet(0, n * clips.STEP, nal, False)
            header = bytes([picture[0] & 0xe0 | rtp.NAL_FU_A, 0xc0 | picture[0] & 0x1f])
            publisher.send_packet(0, n * clips.STEP, header + picture[1:], True)
        video.check(player.units(12), list(range(12)))


PACKETS = [("of_1472_bytes", 1460), ("of_64_kb", 65000)]


def are_made_smaller(size_max):
    video = clips.MadeUpVideo(60_000)
    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0, size_max=size_max)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            for n in range(1, 20):
                publisher.send_unit(video.unit(n), n * clips.STEP, size_max=size_max)
            receiver, units = rtp.H264Receiver(), []
            while len(units) < 20:
                packet = player.packet(0)[1]
                assert 12 + len(packet.payload) <= 1360, len(packet.payload)
                unit = receiver.take(packet)
                units += [unit] if unit else []
            video.check(units, list(range(20)))


add_rows("packets", PACKETS, are_made_smaller)


@case()
def media_in_one_segment_with_record_is_taken():
    published = clips.clip("main")
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.announce()
        publisher.setup(0)
        send, pieces = publisher.send, [publisher.format("RECORD", publisher.url)]
        publisher.send = pieces.append
        publish.send_clip(publisher, published.video[:3])
        send(b"".join(pieces))
        assert publisher.reply().status == 200
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            check_pictures(player.units(3), published.pictures[:3], published.parameter_sets)


@case()
def media_before_record_is_passed_over():
    published = clips.clip("main")
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.announce()
        publisher.setup(0)
        publish.send_clip(publisher, published.video[10:13])
        assert publisher.request("RECORD", publisher.url).status == 200
        publish.send_clip(publisher, published.video[:3])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            check_pictures(player.units(3), published.pictures[:3], published.parameter_sets)


@case()
def first_packet_with_another_ssrc_costs_nothing_but_itself():
    with flowing() as (video, publisher, player):
        player.units(2)
        stray = rtp.build_rtp(False, 96, 7, 99, 0xdeadbeef, b"\x41\x9a\x01")
        publisher.send(b"$\0" + len(stray).to_bytes(2, "big") + stray)
        for n in range(10, 21):
            publisher.send_unit(video.unit(n), n * clips.STEP)
        video.check(player.units(11), list(range(10, 21)))


@case()
def vlc_takes_the_sps_of_the_description_for_the_first_gop():
    """So it must be the one that the first GOP has, also when the publisher has changed it in-band."""
    old, new = clips.clip("main"), clips.clip("baseline")
    with Server("--max-lag", "60s") as server, \
            recording(server, "camera", control="trackID=1", description=(
                HEAD + VIDEO + "a=fmtp:96 sprop-parameter-sets={sps},{pps}").replace("\n", "\r\n")
                .format(**words_of(old.parameter_sets))) as publisher:
        publish.send_clip(publisher, old.pictures[:50])
        publish.send_clip(publisher, new.video[:50], first_timestamp=50 * clips.STEP)
        publish.send_clip(publisher, new.pictures[50:100], first_timestamp=100 * clips.STEP)

        def is_described():
            with Player(server, "live/cam") as player:
                if publish.is_served(server, "live/cam"):
                    player.describe()
                    return player.sdp.media[0].parameter_sets == new.parameter_sets

        harness.wait_until(is_described, "the new parameter sets in the description")
        with Player(server, "live/cam") as player:
            player.start()
            first = player.units(1)[0]
            sets = [n for n in first.nals if n not in rtp.picture(first.nals)]
            assert sets == player.sdp.media[0].parameter_sets == new.parameter_sets


harness.main()
