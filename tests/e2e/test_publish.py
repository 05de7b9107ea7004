# SPDX-License-Identifier: MIT
"""Publishing over RTSP: who may, what goes in, what comes out of it, and what happens when it ends."""

import clips
import harness
import publish
import rtp
import rtsp
from harness import Server, add_rows, case, wait_until
from publish import Publisher
from rtsp import Player

TIMESTAMP_STEP = clips.VIDEO_CLOCK // clips.FPS


def publish_and_read(units, count, parameter_sets=None, **options):
    """Sends units to a new stream and gives the first count access units that a player gets."""
    # The units are sent as fast as they go, which must not look like a player that lags.
    with Server("--max-lag", "60s") as server, \
            Publisher(server, parameter_sets=parameter_sets) as publisher:
        publish.send_clip(publisher, units[:2], **options)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publish.send_clip(publisher, units[2:], first_timestamp=2 * TIMESTAMP_STEP, **options)
            return player.units(count)


def check_pictures(got, wanted):
    assert len(got) == len(wanted), (len(got), len(wanted))
    for i, (unit, nals) in enumerate(zip(got, wanted)):
        assert rtp.picture(unit.nals) == rtp.picture(nals), f"access unit {i} differs"


FRAGMENT_BYTES = [("of_200_bytes", 200), ("of_1400_bytes", 1400), ("whole_nal_units", 60000)]


def packets_arrive_unchanged(size_max):
    units = clips.clip("main").video[:60]
    got = publish_and_read(units, 60, size_max=size_max)
    check_pictures(got, units)


add_rows("packets", FRAGMENT_BYTES, packets_arrive_unchanged)


@case()
def one_nal_unit_of_60_kb_in_one_packet_is_split_again():
    video = clips.MadeUpVideo(60_000)
    units = [video.unit(n) for n in range(12)]
    got = publish_and_read(units, 12, size_max=65_000)
    check_pictures(got, units)


@case()
def stap_a_is_taken_apart():
    clip = clips.clip("main")
    with Server() as server, Publisher(server) as publisher:
        sei, sps, pps, idr = clip.video[0]
        publisher.send_packet(0, 0, rtp.pack_stap_a([sei, sps, pps]), False)
        publisher.send_unit([idr], 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            first = player.units(1)[0]
            assert first.nals[-1] == idr and sps in first.nals and pps in first.nals


@case()
def without_markers_the_time_stamp_ends_an_access_unit():
    units = clips.clip("main").video[:60]
    got = publish_and_read(units, 59, marker=False)
    check_pictures(got, units[:59])


@case()
def parameter_sets_of_the_description_go_before_each_idr():
    clip = clips.clip("main")
    bare = clip.pictures[:110]
    got = publish_and_read(bare, 110, parameter_sets=clip.parameter_sets)
    for i, unit in enumerate(got):
        sets = [n for n in unit.nals if rtp.nal_type(n) in (rtp.NAL_SPS, rtp.NAL_PPS)]
        assert sets == (clip.parameter_sets if rtp.is_idr(unit.nals) else []), f"access unit {i}"
    check_pictures(got, bare)


@case()
def parameter_sets_that_change_show_in_the_description():
    old, new = clips.clip("main"), clips.clip("baseline")
    with Server() as server, Publisher(server, parameter_sets=old.parameter_sets) as publisher:
        publish.send_clip(publisher, old.video[:5])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.describe()
            assert player.sdp.media[0].parameter_sets == old.parameter_sets
            publish.send_clip(publisher, new.video[:5], first_timestamp=5 * TIMESTAMP_STEP)

            def is_new():
                player.describe()
                return player.sdp.media[0].parameter_sets == new.parameter_sets

            wait_until(is_new, "the new parameter sets in the description")


LOSSES = [("first_fragment", 0), ("inner_fragment", 4), ("last_fragment", 100)]


def in_a_picture_discards_it_and_nothing_else(lost):
    """Made-up pictures of 101 fragments; number 15 loses one."""
    video = clips.MadeUpVideo(20_000)
    payload_max = 202
    with Server() as server, Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            for n in range(1, 31):
                lose = [lost] if n == 15 else []
                publisher.send_unit(video.unit(n), n * TIMESTAMP_STEP, lose=lose,
                                    size_max=payload_max)
            units = player.units(30)
            numbers = [video.number(u.nals) for u in units]
            assert numbers == [n for n in range(31) if n != 15], numbers
            check_pictures(units, [video.unit(n) for n in numbers])


add_rows("loss_of_the", LOSSES, in_a_picture_discards_it_and_nothing_else)


@case()
def aac_arrives_unchanged_without_video():
    audio = clips.clip("main").audio[:100]
    with Server() as server, Publisher(server, video=False, audio=True) as publisher:
        publisher.send_aac(audio[:1], 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            for n in range(1, 100, 3):
                publisher.send_aac(audio[n:n + 3], n * clips.AAC_SAMPLES)
            got = []
            while len(got) < 99:
                got += rtp.split_aac(player.packet(0)[1].payload)
            clips.check_run(got, audio)


@case()
def second_publisher_is_refused_and_the_first_goes_on():
    with Server() as server, publish.feed_clip(server, clips.clip("main")), \
            Player(server, "live/cam") as player, \
            Publisher(server, start=False) as second:
        player.start()
        receiver = rtp.H264Receiver()
        player.units(3, receiver=receiver)
        reply = second.announce()
        assert 400 <= reply.status < 500, reply
        player.units(20, receiver=receiver)


@case()
def built_in_stream_can_not_be_taken_over():
    with Server("--demo") as server, Publisher(server, "live/demo", start=False) as publisher:
        assert 400 <= publisher.announce().status < 500


def publisher_goes_and_comes_back(leave):
    """Players get BYE and the end; the name is free at once; new players play."""
    clip = clips.clip("main")
    with Server() as server:
        for _ in range(3):
            with Publisher(server) as publisher, Player(server, "live/cam") as player:
                publish.send_clip(publisher, clip.video[:10])
                publish.wait_served(server, "live/cam")
                player.start()
                assert rtp.is_idr(player.units(10)[0].nals)
                leave(publisher)
                player.expect_bye()
            with rtsp.Connection(server) as c:
                status = c.request("DESCRIBE", server.url("live/cam")).status
                assert status == 404, status


def by_teardown(publisher):
    assert publisher.request("TEARDOWN", publisher.url).status == 200


add_rows("publisher_goes", [("by_teardown", by_teardown), ("by_closing", Publisher.close),
                            ("by_reset", Publisher.reset)], publisher_goes_and_comes_back)


@case()
def ffmpeg_publisher_that_is_killed_can_come_back():
    clip = clips.clip("main")
    with Server() as server:
        for _ in range(2):
            with publish.ffmpeg(server, clip) as publisher, Player(server, "live/cam") as player:
                player.start()
                player.units(5)
                publisher.kill()
                player.expect_bye()


@case()
def name_is_free_at_once_after_teardown():
    with Server() as server:
        for _ in range(50):
            with Publisher(server) as publisher:
                by_teardown(publisher)


MODES = [("lower_case", "record"), ("upper_case", "RECORD"), ("quoted", '"RECORD"'),
         ("receive_of_old_ffmpeg", "receive")]


def is_a_publisher(mode):
    clip = clips.clip("main")
    with Server() as server, Publisher(server, mode=mode) as publisher:
        publish.send_clip(publisher, clip.video[:3])
        publish.wait_served(server, "live/cam")


add_rows("mode", MODES, is_a_publisher)


@case()
def record_before_setup_is_refused():
    with Server() as server, Publisher(server, start=False) as publisher:
        assert publisher.announce().status == 200
        assert publisher.request("RECORD", publisher.url).status in (454, 455)


BAD_ANNOUNCEMENTS = [
    ("no_description", b"", "application/sdp"),
    ("garbage", b"\0\1\2 this is no description", "application/sdp"),
    ("no_media", b"v=0\r\no=- 0 0 IN IP4 0\r\ns=x\r\nt=0 0\r\n", "application/sdp"),
    ("another_type", publish.sdp_text().encode(), "text/html"),
]


def announcement_is_refused(body, content_type):
    with Server() as server, rtsp.Connection(server) as c:
        reply = c.request("ANNOUNCE", server.url("live/cam"), body, Content_Type=content_type)
        assert 400 <= reply.status < 500, reply


add_rows("announcement_refused", BAD_ANNOUNCEMENTS, announcement_is_refused)


@case()
def publisher_that_pauses_and_records_again_goes_on_at_a_key_frame():
    video = clips.MadeUpVideo(2_000)
    with Server() as server, Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            player.units(1)
            assert publisher.request("PAUSE", publisher.url).status == 200
            publisher.send_unit(video.unit(1), TIMESTAMP_STEP)
            assert publisher.request("RECORD", publisher.url).status == 200
            publisher.send_unit(video.unit(2), 2 * TIMESTAMP_STEP)
            publisher.send_unit(video.unit(0), 3 * TIMESTAMP_STEP)
            check_pictures(player.units(1), [video.unit(0)])


@case()
def track_that_is_no_plain_rtp_is_left_out_and_the_rest_comes_through():
    units = clips.clip("main").video[:5]
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.sdp += "m=audio 0 RTP/SAVP 98\r\na=rtpmap:98 opus/48000/2\r\na=control:streamid=1\r\n"
        publisher.tracks.append(98)
        publisher.record()
        publish.send_clip(publisher, units[:1])
        publisher.send_packet(1, 0, b"opus", True)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.describe()
            assert [m.kind for m in player.sdp.media] == ["video"], player.sdp.media
            player.start()
            check_pictures(player.units(1), units[:1])


@case()
def track_that_was_not_set_up_is_left_out():
    with Server() as server, Publisher(server, audio=True, start=False) as publisher:
        assert publisher.announce().status == 200
        assert publisher.setup(0).status == 200
        assert publisher.request("RECORD", publisher.url).status == 200
        publish.send_clip(publisher, clips.clip("main").video[:1])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.describe()
            assert len(player.sdp.media) == 1, player.sdp.media


@case()
def encoder_that_starts_again_leaves_players_on_one_time_line():
    units = clips.clip("main").video[:2]
    with Server() as server, Publisher(server) as publisher:
        publish.send_clip(publisher, units[:1])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            first = player.units(1)[0]
            publisher.seq[0] = 40000
            publisher.send_unit(units[0], 1_500_000_000)
            again = player.units(1)[0]
            elapsed = (again.timestamp - first.timestamp) % 2**32 / clips.VIDEO_CLOCK
            assert elapsed < 30, f"the time stamps jump by {elapsed} s"


@case()
def session_outlives_its_stream_and_takes_the_next_of_that_name():
    units = clips.clip("main").video[:1]
    with Server() as server, Player(server, "live/cam") as player:
        with Publisher(server) as publisher:
            publish.send_clip(publisher, units)
            publish.wait_served(server, "live/cam")
            player.describe()
            player.setup(0)
        wait_until(lambda: not publish.is_served(server, "live/cam"), "the stream is gone")
        assert player.request("PLAY", player.url).status == 404
        with Publisher(server) as publisher:
            publish.send_clip(publisher, units)
            publish.wait_served(server, "live/cam")
            player.setup(0)
            player.play()
            check_pictures(player.units(1), units)


@case()
def name_that_players_read_as_a_track_is_refused():
    with Server() as server, Publisher(server, path="live/trackID=0", start=False) as publisher:
        assert publisher.announce().status == 400


@case()
def hostile_packets_do_no_harm():
    clip = clips.clip("main")
    hostile = [b"", b"$", b"\x80", b"\x80\x60" + b"\0" * 9, b"\xff" * 12, b"\x8f\x60" + b"\0" * 10,
               b"\xa0\x60" + b"\0" * 9 + b"\xff", b"\x90\x60" + b"\0" * 10 + b"\xff" * 4]
    payloads = [b"\x18", b"\x18\0", b"\x18\xff\xff\0", b"\x1c", b"\x1c\x80", b"\x1c\xc5", b"\x1c\x85",
                b"\x00", b"\x1f", b"\x67", b"\x68", b"\x67\xff\xff", b"\x65"]
    with Server() as server, Publisher(server) as publisher:
        publish.send_clip(publisher, clip.video[:5])
        for data in hostile:
            publisher.send(b"$\0" + len(data).to_bytes(2, "big") + data)
            publisher.send(b"$\1" + len(data).to_bytes(2, "big") + data)
        for i, payload in enumerate(payloads):
            publisher.send_packet(0, i, payload, True)
        assert publisher.request("OPTIONS", publisher.url).status == 200
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publish.send_clip(publisher, clip.video[50:60], first_timestamp=10 * TIMESTAMP_STEP)
            wait_until(lambda: rtp.picture(player.units(1)[0].nals) == clip.pictures[59],
                       "the last picture")


harness.main()
