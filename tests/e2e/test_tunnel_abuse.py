# SPDX-License-Identifier: MIT
"""HTTP that makes no tunnel, tunnels that break, drip, flood and go silent."""

import base64
import contextlib
import random
import select
import socket
import time

import harness
import rtsp
from harness import Server, add_rows, case, is_sanitized, wait_until
from tunnel import Player, PlayerPostFirst, Tunnel, connect, http

MEMORY_GROWTH_MAX = 64 << 20
LISTENERS = 4  # one a worker
OPTIONS = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"


# -- refusals --

STATUSES = [
    ("get_without_cookie", http("GET", None), 400),
    ("post_without_cookie", http("POST", None), 400),
    ("empty_cookie", http("GET", ""), 400),
    ("long_cookie", http("GET", 129 * "x"), 400),
    ("cookie_with_space", http("POST", "a b"), 400),
    ("head", http("HEAD", "x"), 405),
    ("put", http("PUT", "x"), 405),
    ("connect", b"CONNECT example.org:443 HTTP/1.1\r\n\r\n", 405),
    ("browser", b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n", 400),
    ("chunked_post", http("POST", "x", "1.1", Transfer_Encoding="chunked"), 501),
    ("http_2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("header_without_colon", b"GET / HTTP/1.0\r\nnonsense\r\n\r\n", 400),
    ("url_too_long", http("GET", "x", path="/" + 3000 * "x"), 414),
    ("header_too_long", http("GET", "x", X=20000 * "x"), 431),
]


def is_answered_and_closed(data, status):
    with Server("--demo") as server:
        with connect(server, data) as c:
            answer = rtsp.read_answer(c).decode()
            assert answer.split(" ")[1] == str(status), answer
            # What is too long is refused before the version may have been seen.
            assert answer.startswith("HTTP/1.") or status in (414, 431), answer
        rtsp.check_served(server, Player)


add_rows("status", STATUSES, is_answered_and_closed)


@case()
def cookie_in_use_is_refused_and_free_again_later():
    with Server("--demo", "--workers", "4") as server:
        with Player(server) as player:
            player.start()
            with connect(server, http("GET", player.cookie)) as second:
                assert b" 409 " in rtsp.read_answer(second)
            player.units(1)
            cookie = player.cookie
        wait_until(lambda: is_free(server, cookie), "the cookie free again")


def is_free(server, cookie):
    with connect(server, http("GET", cookie)) as c:
        return b" 200 " in c.recv(1000)


@case()
def cookie_that_waits_is_refused():
    with Server("--demo", "--workers", "4") as server, \
            connect(server, http("POST", "waits")) as one, connect(server, http("POST", "waits")) as other:
        # Which of them comes first is for the kernel to say.
        refused, _, _ = select.select([one, other], [], [], rtsp.WAIT_SECONDS)
        assert len(refused) == 1 and b" 409 " in refused[0].recv(1000), refused
        assert is_free(server, "waits")


@case()
def http_after_rtsp_and_inside_a_tunnel_is_refused():
    with Server("--demo") as server:
        with rtsp.Connection(server) as c:
            assert c.request("OPTIONS", server.url()).status == 200
            c.send(http("GET", "x"))
            assert c.reply().status == 400
        with Tunnel(server) as tunnel:
            tunnel.send(http("GET", "y"))
            assert tunnel.reply().status == 400
        rtsp.check_served(server, Player)


@case()
def get_and_post_on_one_connection_do_no_harm():
    with Server("--demo", "--request-timeout", "1s") as server:
        for data in (http("GET", "a") + http("POST", "a") + b"T1BUSU9OUw==",
                     http("POST", "b") + http("GET", "b"), http("GET", "c") + http("GET", "c")):
            with connect(server, data) as c:
                rtsp.read_answer(c)
        rtsp.check_served(server, Player)


GARBAGE = [("plain_rtsp", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), ("frame", b"$\0\0\4abcd"),
           ("zeros", bytes(1000)), ("padding", b"===="), ("url_safe", b"T1BU_-__")]


def ends_the_tunnel(garbage):
    with Server("--demo") as server:
        with Player(server) as player:
            player.start()
            player.send_raw(garbage)
            assert player.reply().status == 400
            player.read_to_end()
        rtsp.check_served(server, Player)


add_rows("garbage", GARBAGE, ends_the_tunnel)


@case()
def random_base64_does_no_harm():
    dice = random.Random(5)
    with Server("--demo") as server:
        for _ in range(30):
            with Tunnel(server) as tunnel:
                tunnel.open()
                with contextlib.suppress(OSError):
                    tunnel.send(dice.randbytes(dice.randrange(1, 3000)))
        rtsp.check_served(server, Player)


# -- time and memory --

@case()
def half_a_tunnel_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        for data in (http("GET", "a"), http("POST", "b"), http("POST", "c") + 5000 * b"Zm9v",
                     b"GET / HTTP/1.0\r\n"):
            began = time.monotonic()
            with connect(server, data) as c:
                rtsp.read_answer(c)
                assert time.monotonic() - began > 0.5, data[:20]
        rtsp.check_served(server, Player)


@case()
def tunnel_without_or_with_half_a_request_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        for text in (b"", b"\r\n", b"T1BU", base64.b64encode(b"$\0\xff\xff123")):
            with Tunnel(server) as tunnel:
                tunnel.open()
                tunnel.send_raw(text)
                rtsp.read_answer(tunnel.socket)
                rtsp.read_answer(tunnel.post)
        rtsp.check_served(server, Player)


@case()
def post_that_drips_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server, Tunnel(server) as tunnel:
        tunnel.open()
        tunnel.post.settimeout(0.05)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in base64.b64encode(b"OPTIONS * RTSP/1.0\r\nX: " + 1000 * b"x"):
                tunnel.send_raw(bytes([byte]))
                with contextlib.suppress(TimeoutError):
                    if not tunnel.post.recv(1):
                        break
        assert time.monotonic() - began < 30, "one byte in 50 ms is enough to stay"
        rtsp.check_served(server, Player)


@case()
def session_that_is_set_up_and_forgotten_is_closed():
    with Server("--demo", "--session-timeout", "1s") as server, Player(server) as player:
        player.describe()
        player.setup(0)
        rtsp.read_answer(player.socket)
        rtsp.read_answer(player.post)


@case()
def requests_without_reading_replies_cost_bounded_memory():
    with Server("--demo") as server, Tunnel(server, receive_buffer=4096) as flood:
        before = server.memory_bytes()
        requests = base64.b64encode(999 * flood.format("DESCRIBE", server.url()))
        flood.open()
        flood.post.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(400):
                flood.send_raw(requests)
        rtsp.check_served(server, Player)
        if not is_sanitized():
            assert server.memory_bytes("VmHWM") - before < MEMORY_GROWTH_MAX


@case()
def replies_that_pile_up_arrive_in_the_end():
    with Server("--demo") as server, Tunnel(server, receive_buffer=4096) as tunnel:
        tunnel.send(b"".join(tunnel.format("DESCRIBE", server.url()) for _ in range(2000)))
        for number in range(2000):
            reply = tunnel.reply()
            assert (reply.status, reply.headers["cseq"]) == (200, str(number + 1)), reply


@case(120)
def two_hundred_tunnels_leave_nothing():
    flags = ("--status-interval", "1s", "--write-timeout", "1h")  # nobody reads
    with Server("--demo", "--workers", "4", *flags) as server:
        rtsp.check_served(server, Player)
        wait_until(lambda: server.sockets() == LISTENERS, "the first tunnel's end")
        before = len(server.descriptors())
        with contextlib.ExitStack() as stack:
            tunnels = [stack.enter_context(kind(server)) for kind in 100 * [Player, PlayerPostFirst]]
            for tunnel in tunnels:
                tunnel.start()
            wait_until(lambda: "connections=400 players=200 " in last_status(server),
                       "two connections a tunnel")
            for tunnel in tunnels[::3]:
                tunnel.post.close()
        wait_until(lambda: len(server.descriptors()) <= before, "as few descriptors as before")
        wait_until(lambda: "connections=0 players=0 " in last_status(server), "nobody left")
        rtsp.check_served(server, Player)


def last_status(server):
    return next((line for line in reversed(server.lines()) if "connections=" in line), "")


@case()
def tunnel_counts_as_two_clients():
    with Server("--demo", "--max-clients", "4") as server:
        with Player(server) as first, Player(server) as second:
            first.start()
            second.start()
            with connect(server, OPTIONS) as c:
                assert b" 503 " in rtsp.read_answer(c)
            first.post.close()
            wait_until(lambda: are_let_in(server, 1), "the place of a closed POST")
        wait_until(lambda: are_let_in(server, 4), "all places")


def are_let_in(server, count):
    with contextlib.ExitStack() as stack, contextlib.suppress(ConnectionError):
        clients = [stack.enter_context(connect(server, OPTIONS)) for _ in range(count)]
        return all(b" 200 " in c.recv(1000) for c in clients)
    return False


@case()
def tunnels_that_break_off_anywhere_leave_nothing():
    dice = random.Random(3)
    with Server("--demo", "--workers", "4", "--request-timeout", "1s") as server:
        rtsp.check_served(server, Player)
        with contextlib.ExitStack() as stack:
            for number in range(150):
                halves = [http("GET", f"x{number}"),
                          http("POST", f"x{number}") + base64.b64encode(b"OPTIONS * RTSP/1.0\r\n")]
                dice.shuffle(halves)
                for half in halves:
                    c = connect(server, half[:dice.choice([5, len(half), len(half)])])
                    close = dice.choice([rtsp.reset, socket.socket.close])
                    if dice.random() < 0.7:
                        close(c)
                    else:
                        stack.callback(close, c)
        wait_until(lambda: server.sockets() == LISTENERS, "no connection left")
        rtsp.check_served(server, Player)


@case()
def server_stops_with_tunnels_in_every_state():
    with Server("--demo", "--workers", "4") as server, Player(server) as player, \
            Tunnel(server) as idle, connect(server, http("GET", "half")), \
            connect(server, http("POST", "other half")):
        player.start()
        player.units(1)
        idle.open()
        server.terminate()
        player.expect_bye()
        assert server.wait_exit() == 0


harness.main()
