# SPDX-License-Identifier: MIT
"""Requests and the status that each must get (RFC 2326 section 7.1.1 and 11.3)."""

import clips
import harness
import publish
import rtsp
from harness import Server, add_rows, case
from rtsp import TCP, Player

DESCRIBE = "DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n"

# Each is sent on a new connection as it stands.
STATUSES = [
    ("options", "OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n", 200),
    ("options_asterisk", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 200),
    ("describe", DESCRIBE + "Accept: application/sdp\r\n\r\n", 200),
    ("describe_without_accept", DESCRIBE + "\r\n", 200),
    ("describe_any_type", DESCRIBE + "Accept: */*\r\n\r\n", 200),
    ("describe_one_type_of_a_list", DESCRIBE + "Accept: text/plain, application/*;q=0.5\r\n\r\n", 200),
    ("describe_with_empty_lines_before", "\r\n\r\n" + DESCRIBE + "\r\n", 200),
    ("describe_with_a_body", DESCRIBE + "Content-Length: 5\r\n\r\nhello", 200),
    ("header_names_in_odd_case", "DESCRIBE {url} RTSP/1.0\r\ncSEQ:1\r\naccept:application/SDP\r\n\r\n",
     200),
    ("lines_end_in_lf_alone", "DESCRIBE {url} RTSP/1.0\nCSeq: 1\n\n", 200),
    ("get_parameter_without_session", "GET_PARAMETER {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n", 200),
    ("no_cseq", "OPTIONS {url} RTSP/1.0\r\n\r\n", 400),
    ("negative_cseq", "OPTIONS {url} RTSP/1.0\r\nCSeq: -1\r\n\r\n", 400),
    ("cseq_no_number", "OPTIONS {url} RTSP/1.0\r\nCSeq: one\r\n\r\n", 400),
    ("cseq_with_nul", "OPTIONS {url} RTSP/1.0\r\nCSeq: 1\0\r\n\r\n", 400),
    ("cseq_huge", "OPTIONS {url} RTSP/1.0\r\nCSeq: 99999999999999999999\r\n\r\n", 400),
    ("garbage", "hello there\r\n\r\n", 400),
    ("no_version", "OPTIONS {url}\r\nCSeq: 1\r\n\r\n", 400),
    ("header_without_colon", "OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\nnonsense\r\n\r\n", 400),
    ("content_length_no_number", DESCRIBE + "Content-Length: ten\r\n\r\n", 400),
    ("content_length_negative", DESCRIBE + "Content-Length: -5\r\n\r\n", 400),
    ("bad_percent_escape", "DESCRIBE {url}%zz RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
    ("dot_segments", "DESCRIBE {url}/../demo RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
    ("unknown_stream", "DESCRIBE {url}x RTSP/1.0\r\nCSeq: 1\r\n\r\n", 404),
    ("path_below_a_stream", "DESCRIBE {url}/x/y RTSP/1.0\r\nCSeq: 1\r\n\r\n", 404),
    ("setup_of_an_unknown_stream", "SETUP {url}x/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n"
     f"Transport: {TCP};interleaved=0-1\r\n\r\n", 404),
    ("setup_of_an_unknown_track", "SETUP {url}/trackID=9 RTSP/1.0\r\nCSeq: 1\r\n"
     f"Transport: {TCP};interleaved=0-1\r\n\r\n", 404),
    ("accept_without_sdp", DESCRIBE + "Accept: text/html\r\n\r\n", 406),
    ("body_too_large", DESCRIBE + "Content-Length: 100000000\r\n\r\n", 413),
    ("url_too_long", "DESCRIBE {url}/" + 10000 * "x" + " RTSP/1.0\r\nCSeq: 1\r\n\r\n", 414),
    ("udp", "SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n"
     "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n", 461),
    ("multicast", "SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n"
     "Transport: RTP/AVP;multicast\r\n\r\n", 461),
    ("unknown_transport", "SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n"
     "Transport: RAW/RAW/UDP;unicast\r\n\r\n", 461),
    ("channels_past_255", "SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n"
     f"Transport: {TCP};interleaved=256-257\r\n\r\n", 461),
    ("unknown_method", "BREW {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n", 501),
    ("rtsp_2", "OPTIONS {url} RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
    ("unknown_extension", DESCRIBE + "Require: funky.feature\r\n\r\n", 551),
]


def is_answered(wire, status):
    with Server("--demo") as server:
        with rtsp.Connection(server) as c:
            c.send(wire.format(url=server.url()).encode())
            reply = c.reply()
            assert reply.status == status, reply
            if "CSeq: 1\r\n" in wire and status != 400:
                assert reply.headers.get("cseq") == "1", reply
        is_served(server)


def is_served(server):
    with Player(server) as player:
        player.start()
        player.units(1)


add_rows("status", STATUSES, is_answered)


@case()
def options_lists_the_methods():
    with Server("--demo") as server, rtsp.Connection(server) as c:
        listed = c.request("OPTIONS", server.url()).headers["public"].replace(" ", "").split(",")
        wanted = {"OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER",
                  "SET_PARAMETER", "ANNOUNCE", "RECORD"}
        assert wanted <= set(listed), listed


@case()
def unsupported_names_the_extension():
    with Server("--demo") as server, rtsp.Connection(server) as c:
        reply = c.request("DESCRIBE", server.url(), Require="funky.feature")
        assert reply.headers["unsupported"] == "funky.feature", reply


@case()
def connection_goes_on_after_a_refusal():
    with Server("--demo") as server, Player(server) as player:
        for method, url, headers, status in [
                ("DESCRIBE", "live/none", {}, 404), ("BREW", "live/demo", {}, 501),
                ("DESCRIBE", "live/demo", {"Accept": "text/html"}, 406),
                ("DESCRIBE", "live/demo", {"Require": "x"}, 551),
                ("PLAY", "live/demo", {"Session": "12345678"}, 454)]:
            reply = player.request(method, server.url(url), **headers)
            assert reply.status == status, reply
        player.start()
        player.units(2)


@case()
def wrong_session_is_454():
    with Server("--demo") as server, Player(server) as player, Player(server) as other:
        player.describe()
        player.setup(0)
        other.describe()
        other.setup(0)
        for session in ("00000000", "no", other.session):
            for method in ("PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER"):
                reply = player.request(method, player.content_base, Session=session)
                assert reply.status == 454, (method, session, reply)
        player.play()
        player.units(1)


@case()
def methods_in_the_wrong_state_are_refused():
    with Server("--demo") as server, Player(server) as player:
        for method in ("PLAY", "PAUSE", "RECORD", "TEARDOWN"):
            reply = player.request(method, player.url)
            assert reply.status in (454, 455), (method, reply)
        player.describe()
        player.setup(0)
        assert player.request("RECORD", player.content_base).status in (405, 455)
        assert player.request("PAUSE", player.content_base).status in (200, 455)
        player.play()
        player.units(1)


@case()
def session_with_a_timeout_parameter_is_the_same_session():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        player.setup(0)
        player.session += ";timeout=60"
        player.play()
        player.units(1)


@case()
def aggregate_and_track_urls_are_told_apart():
    with Server() as server, publish.ffmpeg(server, clips.clip("main")), \
            Player(server, "live/cam") as player:
        player.describe()
        reply = player.request("SETUP", player.url, Transport=f"{TCP};interleaved=0-1")
        assert 400 <= reply.status < 500, reply
        player.setup(0)
        player.setup(1)
        reply = player.request("PLAY", player.control_url(1))
        assert reply.status == 460, reply
        player.play()
        player.packet(0)
        player.packet(1)


@case()
def setup_without_transport_is_refused():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        reply = player.request("SETUP", player.control_url(0))
        assert 400 <= reply.status < 500, reply


@case()
def pipelined_requests_are_answered_in_order():
    with Server("--demo") as server, rtsp.Connection(server) as c:
        c.send(b"".join(c.format(m, server.url()) for _ in range(100)
                        for m in ("OPTIONS", "DESCRIBE")))
        for i in range(200):
            reply = c.reply()
            assert (reply.status, reply.headers["cseq"]) == (200, str(i + 1)), reply
            assert bool(reply.body) == bool(i % 2)


@case()
def requests_behind_play_in_one_segment_are_answered():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        player.setup(0)
        player.send(player.format("PLAY", player.content_base) +
                    player.format("GET_PARAMETER", player.url) +
                    b"$\1\0\4abcd" + player.format("OPTIONS", player.url))
        player.play_reply = player.reply()
        assert [player.play_reply.status, player.reply().status, player.reply().status] == 3 * [200]
        assert player.units(2)[0].first_seq == player.rtp_info()[0][0]


@case()
def requests_may_be_split_at_any_byte():
    with Server("--demo") as server, Player(server) as player:
        whole = player.send

        def byte_by_byte(data):
            for i in range(len(data)):
                whole(data[i:i + 1])

        player.send = byte_by_byte
        player.start()
        player.send(b"$\1\0\4abcd" + player.format("OPTIONS", player.url, b"x: y\r\n"))
        assert player.reply().status == 200
        player.units(2)


@case()
def frames_before_play_do_not_disturb_requests():
    with Server("--demo") as server, Player(server) as player:
        frame = b"$\0\0\x0bOPTIONS\r\n\r\n"
        player.send(frame + player.format("OPTIONS", player.url) + frame)
        assert player.reply().status == 200
        player.describe()
        player.send(frame)
        player.setup(0)
        player.send(frame)
        player.play()
        player.units(1)


harness.main()
