# SPDX-License-Identifier: MIT
"""RTSP through HTTP: a GET and a POST that belong together, wherever the kernel puts them."""

import base64
import contextlib
import pathlib
import random
import tempfile
import time

import clips
import harness
import players
import publish
import rtp
from harness import Server, add_rows, case, wait_until
from tunnel import TYPE, Player, PlayerPostFirst, Publisher, Tunnel, Tunnelled, cookies


# -- real players --

STORED = [
    ("ffmpeg_one_worker", players.ffmpeg_store_video, 1, 2),
    ("ffmpeg_four_workers", players.ffmpeg_store_video, 4, 6),
    ("gstreamer_one_worker", players.gstreamer_store_video, 1, 2),
    ("gstreamer_four_workers", players.gstreamer_store_video, 4, 6),
]


def stores_what_was_published(store, workers, times):
    clip = clips.clip("main")
    # Without sound: at two tracks gst-launch sometimes complains of itself, as it starts.
    with Server("--workers", str(workers)) as server, \
            publish.ffmpeg(server, clip, streams=("-an",)), \
            tempfile.TemporaryDirectory(dir=harness.work_directory()) as directory:
        path = pathlib.Path(directory) / "stored"
        for _ in range(times):
            store(server.url("live/cam"), path, 30, "http")
            stored = clips.read_h264(path)
            assert len(stored) >= 29, len(stored)
            clips.check_run(stored[:29], clip.pictures)
            assert rtp.is_idr(stored[0]), "the first picture is no IDR picture"


add_rows("unchanged", STORED, stores_what_was_published, 120)


@case(120)
def ffprobe_knows_the_demo_again_and_again():
    with Server("--demo", "--workers", "4") as server:
        for _ in range(12):
            assert players.run(["ffprobe", "-v", "error", "-rtsp_transport", "http",
                                "-show_entries", "stream=codec_name", "-of", "csv=p=0",
                                server.url()]).split() == ["h264"]
        assert sum("tunnel joined" in line for line in server.lines()) == 12


# -- the tunnel --

@case()
def reply_to_the_get_is_no_reply_to_keep():
    with Server("--demo") as server:
        for Tunnelled.version in ("1.1", "1.0"):
            with Tunnel(server) as tunnel:
                tunnel.open()
                head = tunnel.get_reply.lower()
                for wanted in ("connection: close", "cache-control: no-store", "pragma: no-cache",
                               f"content-type: {TYPE}", "server: umbel"):
                    assert f"\r\n{wanted}" in head, head
                assert "content-length" not in head, head
                assert tunnel.request("OPTIONS", server.url()).status == 200


@case()
def both_orders_of_arrival_work_on_all_workers():
    with Server("--demo", "--workers", "4") as server:
        for kind in 30 * [Player, PlayerPostFirst]:
            with kind(server) as player:
                player.start()
                player.units(1)


@case()
def requests_that_come_with_the_post_are_not_lost():
    with Server("--demo", "--workers", "4") as server:
        for kind in 10 * ["get first", "post first"]:
            with Tunnel(server) as tunnel:
                tunnel.cookie = next(cookies)
                early = tunnel.encode(tunnel.format("OPTIONS", server.url()))
                if kind == "get first":
                    tunnel.open_get()
                tunnel.open_post(early)
                if kind == "post first":
                    tunnel.open_get()
                assert tunnel.reply().status == 200
                assert tunnel.request("OPTIONS", server.url()).status == 200


@case()
def post_may_be_closed_and_opened_again():
    with Server("--demo", "--workers", "4") as server, Player(server) as player:
        player.start()
        receiver = rtp.H264Receiver()
        for _ in range(20):
            player.post.close()
            player.units(1, receiver=receiver)
            player.open_post()
            assert player.request("GET_PARAMETER", player.url).status == 200


@case()
def new_post_may_come_before_the_old_one_is_closed():
    with Server("--demo", "--workers", "4") as server, Tunnel(server) as tunnel:
        tunnel.open()
        for _ in range(20):
            old = tunnel.post
            tunnel.open_post()
            assert tunnel.request("OPTIONS", server.url()).status == 200
            old.close()
            assert tunnel.request("OPTIONS", server.url()).status == 200


@case()
def client_may_forget_to_close_its_posts():
    with Server("--demo", "--workers", "4") as server, Tunnel(server) as tunnel, \
            contextlib.ExitStack() as stack:
        tunnel.open()
        for _ in range(20):
            assert tunnel.request("OPTIONS", server.url()).status == 200
            stack.enter_context(tunnel.post)
            tunnel.open_post()
        # The listeners of four workers, the GET, four POSTs that it may have, and one that is on its way.
        wait_until(lambda: server.sockets() <= 10, "the end of the POSTs before")


@case()
def request_goes_on_in_its_own_post_though_another_one_speaks():
    with Server("--demo", "--workers", "4") as server, Tunnel(server) as tunnel:
        tunnel.open()
        assert tunnel.request("OPTIONS", server.url()).status == 200
        text = tunnel.encode(tunnel.format("OPTIONS", server.url()))
        tunnel.send_raw(text[:40])
        with tunnel.post as first:
            tunnel.open_post(tunnel.encode(tunnel.format("OPTIONS", server.url())))
            wait_until(lambda: sum("tunnel joined" in line for line in server.lines()) == 2,
                       "the second POST")
            first.sendall(text[40:])
            for number in (2, 3):
                assert tunnel.reply().headers["cseq"] == str(number)


@case()
def request_may_begin_in_one_post_and_end_in_the_next():
    with Server("--demo", "--workers", "4") as server, Tunnel(server) as tunnel:
        tunnel.open()
        # Two connections know no order until the server has taken the first one.
        assert tunnel.request("OPTIONS", server.url()).status == 200
        for _ in range(10):
            text = tunnel.encode(tunnel.format("OPTIONS", server.url()))
            cut = len(text) // 8 * 4
            tunnel.send_raw(text[:cut])
            tunnel.post.close()
            tunnel.open_post(text[cut:])
            assert tunnel.reply().status == 200


def in_lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def in_tiny_pieces(data):
    return b"".join(base64.b64encode(data[i:i + 1 + i % 3]) for i in _steps(len(data)))


def _steps(length):
    at = 0
    while at < length:
        yield at
        at += 1 + at % 3


def with_white_space(data):
    return b" \t\r\n".join(bytes([c]) for c in base64.b64encode(data)) + b"\r\n"


ENCODINGS = [("lines", in_lines), ("tiny_pieces", in_tiny_pieces), ("white_space", with_white_space),
             ("as_one", base64.b64encode)]


def is_understood(encode):
    report = rtp.receiver_report(1)
    with Server("--demo") as server, Player(server) as player:
        player.encode = encode
        player.start()
        player.send(b"$\1" + len(report).to_bytes(2, "big") + report)
        player.send(b"".join(player.format("OPTIONS", player.url) for _ in range(10)))
        assert [player.reply().status for _ in range(10)] == 10 * [200]
        player.units(2)


add_rows("encoding", ENCODINGS, is_understood)


@case()
def base64_may_be_split_at_any_byte():
    with Server("--demo") as server, Player(server) as player:
        player.open()
        whole = player.send_raw

        def byte_by_byte(text):
            for i in range(len(text)):
                whole(text[i:i + 1])

        player.send_raw = byte_by_byte
        player.start()
        player.send(b"$\1\0\4abcd" + player.format("OPTIONS", player.url, b"x: y\r\n"))
        assert player.reply().status == 200
        player.units(2)
        for _ in range(40):
            text = player.encode(player.format("OPTIONS", player.url))
            cut = random.randrange(len(text))
            whole(text[:cut])
            time.sleep(0.002)  # so that the two are likely to be read apart
            whole(text[cut:])
            assert player.reply().status == 200


@case()
def publisher_may_come_through_a_tunnel():
    clip = clips.clip("main")
    with Server("--workers", "4") as server, \
            Publisher(server, parameter_sets=clip.parameter_sets) as publisher, \
            Player(server, "live/cam") as player:
        publish.send_clip(publisher, clip.video[:5])
        player.start()
        publish.send_clip(publisher, clip.video[5:20], 5 * clips.VIDEO_CLOCK // clips.FPS)
        got = [rtp.picture(unit.nals) for unit in player.units(18)]
        clips.check_run(got, clip.pictures)


@case()
def input_on_the_get_is_dropped():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        player.socket.sendall(b"TEARDOWN * RTSP/1.0\r\n\r\n" + bytes(1 << 20))
        player.units(3)
        assert player.request("OPTIONS", player.url).status == 200


@case()
def only_tcp_is_offered_in_a_tunnel():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        reply = player.request("SETUP", player.control_url(0),
                               Transport="RTP/AVP;unicast;client_port=5000-5001")
        assert reply.status == 461, reply
        player.setup(0)
        player.play()
        player.units(1)


@case()
def end_of_the_stream_ends_the_tunnel():
    with Server() as server, publish.feed_made_up(server, 2000) as feed, \
            Player(server, "live/cam") as player:
        player.start()
        player.units(1)
        feed.close()
        player.expect_bye()


@case()
def player_that_takes_its_media_needs_no_post():
    with Server("--demo", "--session-timeout", "3s") as server, Player(server) as player:
        player.start()
        player.post.close()
        player.units(150)
        player.open_post()
        assert player.request("TEARDOWN", player.content_base).status == 200


harness.main()
