# SPDX-License-Identifier: MIT
"""Peers that drip, flood, lie and go silent: they cost bounded memory and time, and nobody else notices."""

import contextlib
import random
import time

import clips
import harness
import publish
import rtp
import rtsp
from harness import Server, add_rows, case, is_sanitized, wait_until
from rtsp import Connection, Player, check_served, read_answer

MEMORY_GROWTH_MAX = 64 << 20


def send_all(sock, data):
    """As much as the peer takes before it closes."""
    try:
        sock.sendall(data)
    except ConnectionError:
        pass


CLIENT_HELLO = (b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03" + bytes(range(32)) + b"\x20" +
                bytes(range(32)) + b"\x00\x02\x13\x01\x01\x00" + b"\0" * 64)
HEAD = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n"

# What is sent, and how the answer may begin (nothing at all is always allowed but for a lone b"").
CLOSED = [
    ("tls", CLIENT_HELLO),
    ("http", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("zeros", b"\0" * 4096),
    ("header_of_64_kb", HEAD + b"X: " + b"x" * 65536 + b"\r\n\r\n"),
    ("header_without_end", HEAD + b"X: " + b"x" * 10_000_000),
    ("100000_headers", HEAD + b"X: y\r\n" * 100_000 + b"\r\n"),
    ("line_without_end", b"OPTIONS " + b"x" * 10_000_000),
    ("huge_body_announced", HEAD + b"Content-Length: 4294967296\r\n\r\n" + b"x" * 100_000),
    ("body_length_past_64_bits", HEAD + b"Content-Length: 18446744073709551617\r\n\r\n"),
    ("random_bytes", random.Random(7).randbytes(65536).replace(b"$", b"#")),
]


def is_told_and_closed(data):
    with Server("--demo", "--request-timeout", "2s") as server:
        with Connection(server) as c:
            send_all(c.socket, data)
            answer = read_answer(c.socket)
            assert not answer or answer[:10] in (b"RTSP/1.0 4", b"RTSP/1.0 5", b"HTTP/1.1 4"), \
                answer[:100]
        check_served(server)


add_rows("closed", CLOSED, is_told_and_closed)


@case()
def http_and_tls_are_told_what_is_wrong():
    with Server("--demo") as server:
        for data, answer in ((CLIENT_HELLO, b"RTSP/1.0 400 "),
                             (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 400 ")):
            with Connection(server) as c:
                c.send(data)
                assert read_answer(c.socket).startswith(answer), data[:10]


@case()
def silent_connection_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        began = time.monotonic()
        with Connection(server) as c:
            read_answer(c.socket)
            assert time.monotonic() - began > 0.5
        check_served(server)


@case()
def connection_that_drips_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server, Connection(server) as c:
        began = time.monotonic()
        c.socket.settimeout(0.05)
        try:
            for byte in HEAD + b"X: " + b"x" * 1000:
                c.send(bytes([byte]))
                try:
                    if not c.socket.recv(1000):
                        break
                except TimeoutError:
                    pass
        except ConnectionError:
            pass
        assert time.monotonic() - began < 30, "one byte in 50 ms is enough to stay"
        check_served(server)


@case()
def half_a_request_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        for data in (HEAD, HEAD + b"Content-Length: 10\r\n\r\n12345", b"$\0\xff\xff123"):
            with Connection(server) as c:
                c.send(data)
                read_answer(c.socket)
        check_served(server)


@case()
def session_that_is_set_up_and_forgotten_is_closed():
    with Server("--demo", "--session-timeout", "1s") as server, Player(server) as player:
        player.describe()
        player.setup(0)
        read_answer(player.socket)


@case()
def player_that_pauses_must_speak_to_stay():
    report = rtp.receiver_report(1)
    with Server("--demo", "--session-timeout", "3s") as server, Player(server) as silent, \
            Player(server) as asks, Player(server) as reports, Player(server) as watch:
        for player in (silent, asks, reports):
            player.start()
            assert player.request("PAUSE", player.content_base).status == 200
        watch.start()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            asks.request("GET_PARAMETER", asks.url)
            reports.send(b"$\1" + len(report).to_bytes(2, "big") + report)
            # A player that takes its media is alive without a word.
            with contextlib.suppress(TimeoutError):
                watch.receive(0.3)
        silent.read_to_end()
        assert reports.request("OPTIONS", reports.url).status == 200


@case()
def publisher_that_is_silent_too_long_is_closed():
    clip = clips.clip("main")
    with Server("--session-timeout", "1s") as server, publish.Publisher(server) as publisher:
        publish.send_clip(publisher, clip.video[:5])
        read_answer(publisher.socket)
        wait_until(lambda: not publish.is_served(server, "live/cam"), "the end of the stream")


@case()
def clients_past_the_limit_are_refused_until_one_leaves():
    with Server("--demo", "--max-clients", "3") as server:
        inside = [Connection(server) for _ in range(3)]
        for c in inside:
            assert c.request("OPTIONS", server.url()).status == 200
        with Connection(server) as c:
            send_all(c.socket, HEAD + b"\r\n")
            assert read_answer(c.socket).startswith(b"RTSP/1.0 503"), "no 503"
        inside.pop().close()

        def is_let_in():
            with Connection(server) as c:
                try:
                    return c.request("OPTIONS", server.url(), CSeq=1).status == 200
                except (EOFError, ConnectionError, AssertionError):
                    return False

        wait_until(is_let_in, "a place for the next client")
        for c in inside:
            c.close()


@case()
def player_that_vanishes_in_mid_packet_is_forgotten():
    with Server() as server, publish.feed_made_up(server, 50_000), \
            Player(server, "live/cam") as watch:
        watch.start()
        receiver = rtp.H264Receiver()
        for i in range(40):
            with Player(server, "live/cam", receive_buffer=4096) as player:
                player.start()
                player.frame()
                if i % 2:
                    player.reset()
            watch.units(1, receiver=receiver)
        wait_until(lambda: server.sockets() == 4, "nobody but two listeners, the publisher and the last player")


@case()
def requests_without_reading_replies_cost_bounded_memory():
    with Server("--demo") as server, Connection(server, receive_buffer=4096) as flood:
        before = server.memory_bytes()
        request = b"DESCRIBE " + server.url().encode() + b" RTSP/1.0\r\nCSeq: 1\r\n\r\n"
        flood.socket.settimeout(2)
        try:
            for _ in range(400):
                flood.send(request * 1000)
        except OSError:
            pass
        check_served(server)
        if not is_sanitized():
            assert server.memory_bytes("VmHWM") - before < MEMORY_GROWTH_MAX


@case()
def many_connections_that_come_and_go_leave_nothing():
    with Server("--demo") as server:
        check_served(server)
        wait_until(lambda: server.sockets() == 2, "listeners alone")
        before = len(server.descriptors())
        for i in range(500):
            with Connection(server) as c:
                if i % 3:
                    c.send(HEAD + (b"\r\n" if i % 2 else b""))
        wait_until(lambda: len(server.descriptors()) <= before, "as few descriptors as before")
        check_served(server)


@case()
def random_frames_and_requests_in_any_order_do_no_harm():
    dice = random.Random(11)
    methods = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER",
               "ANNOUNCE", "RECORD"]
    with Server("--demo") as server:
        for _ in range(60):
            with Player(server) as player:
                player.describe()
                player.setup(0)
                for _ in range(12):
                    url = dice.choice([player.url, player.control_url(0), "*", server.url("live/x")])
                    transport = f"{rtsp.TCP};interleaved={2 * dice.randrange(4)}"
                    player.send(player.format(dice.choice(methods), url, Transport=transport))
                    player.send(b"$\0\0\2ab")
                player.send(player.format("OPTIONS", "*", Session=None))
                try:
                    while player.reply().headers.get("cseq") != str(player.cseq):
                        pass
                except (EOFError, ConnectionError):
                    pass
        check_served(server)


harness.main()
