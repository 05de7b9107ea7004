# SPDX-License-Identifier: MIT
"""RTSP through HTTP: a GET and a POST that belong together, wherever the kernel puts them."""

import base64
import contextlib
import itertools
import os
import pathlib
import random
import socket
import tempfile
import time

import clips
import harness
import players
import publish
import rtp
import rtsp
from harness import Server, add_rows, case, is_sanitized, wait_until

MEMORY_GROWTH_MAX = 64 << 20
TYPE = "application/x-rtsp-tunnelled"

cookies = (f"cookie-{number}" for number in itertools.count())


def http(method, cookie, version="1.0", path="/live/demo", **headers):
    lines = {"User-Agent": "test", "x-sessioncookie": cookie, **headers}
    if method == "POST":
        lines.update({"Content-Type": TYPE, "Content-Length": 32767,
                      "Expires": "Sun, 9 Jan 1972 00:00:00 GMT"})
    head = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in lines.items() if v is not None)
    return f"{method} {path} HTTP/{version}\r\n{head}\r\n".encode()


def connect(server, data=b""):
    s = socket.create_connection((server.host, server.port), timeout=rtsp.WAIT_SECONDS)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(data)
    return s


def read_answer(sock, seconds=10):
    """Everything up to the end, which must come in time. A reset is an end as well."""
    sock.settimeout(seconds)
    answer = b""
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(65536):
            answer += data
    return answer


class Tunnelled:
    """Makes a tunnel of an rtsp.Connection: its socket is the GET. Opened with the first request."""

    version = "1.0"
    post = None

    def open(self):
        self.cookie = next(cookies)
        self.open_get()
        self.open_post()
        return self

    def open_get(self):
        self.socket.sendall(http("GET", self.cookie, self.version, Accept=TYPE))
        while b"\r\n\r\n" not in self._input:
            data = self.socket.recv(1)
            assert data, f"closed after {bytes(self._input)}"
            self._input += data
        self.get_reply = bytes(self._input).decode()
        self._input.clear()
        assert self.get_reply.startswith(f"HTTP/{self.version} 200 OK\r\n"), self.get_reply

    def open_post(self, data=b""):
        host, port = self.socket.getpeername()[:2]
        self.post = socket.create_connection((host, port), timeout=rtsp.WAIT_SECONDS)
        self.post.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.post.sendall(http("POST", self.cookie, self.version) + data)

    def send(self, data):
        if self.post is None:
            self.open()
        self.send_raw(self.encode(data))

    def send_raw(self, text):
        self.post.sendall(text)

    @staticmethod
    def encode(data):
        return base64.b64encode(data)

    def close(self):
        super().close()
        if self.post is not None:
            self.post.close()


class Tunnel(Tunnelled, rtsp.Connection):
    pass


class Player(Tunnelled, rtsp.Player):
    pass


class PlayerPostFirst(Player):
    def open(self):
        self.cookie = next(cookies)
        self.open_post()
        self.open_get()
        return self


class Publisher(Tunnelled, publish.Publisher):
    pass


def check_served(server):
    with Player(server) as player:
        player.start()
        assert rtp.is_idr(player.units(2)[0].nals)


def open_descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


# -- real players --

def ffmpeg_store(url, path, frames):
    players.run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-rtsp_transport", "http", "-i", url,
                 "-map", "0:v", "-c", "copy", "-frames:v", str(frames), "-f", "h264", str(path)])


def gstreamer_store(url, path, frames):
    # With protocols=http alone rtspsrc opens no tunnel: the scheme must say so.
    players.run(["gst-launch-1.0", "-q", "rtspsrc", f"location={url.replace('rtsp:', 'rtsph:')}",
                 "latency=200", "!", "rtph264depay", "!",
                 "video/x-h264,stream-format=byte-stream,alignment=au", "!",
                 "identity", f"eos-after={frames}", "!", "filesink", f"location={path}"])


STORED = [
    ("ffmpeg_one_worker", ffmpeg_store, 1, 2),
    ("ffmpeg_four_workers", ffmpeg_store, 4, 6),
    ("gstreamer_one_worker", gstreamer_store, 1, 2),
    ("gstreamer_four_workers", gstreamer_store, 4, 6),
]


def stores_what_was_published(store, workers, times):
    clip = clips.clip("main")
    # Without sound: at two tracks gst-launch sometimes complains of itself, as it starts.
    with Server("--workers", str(workers)) as server, \
            publish.ffmpeg(server, clip, streams=("-an",)), \
            tempfile.TemporaryDirectory(dir=harness.work_directory()) as directory:
        path = pathlib.Path(directory) / "stored"
        for _ in range(times):
            store(server.url("live/cam"), path, 30)
            stored = clips.read_h264(path)
            assert len(stored) >= 29, len(stored)
            clips.check_run(stored[:29], clip.pictures)
            assert rtp.is_idr(stored[0]), "the first picture is no IDR picture"


add_rows("unchanged", STORED, stores_what_was_published, 90)


@case(90)
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


@case(60)
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


@case(60)
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
        assert open_descriptors(server) <= descriptors_at_rest(server) + 6


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


@case(60)
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
    with Server("--demo", "--session-timeout", "1s") as server, Player(server) as player:
        player.start()
        player.post.close()
        player.units(60)
        player.open_post()
        assert player.request("TEARDOWN", player.content_base).status == 200


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
            answer = read_answer(c).decode()
            assert answer.split(" ")[1] == str(status), answer
            # What is too long is refused before the version may have been seen.
            assert answer.startswith("HTTP/1.") or status in (414, 431), answer
        check_served(server)


add_rows("status", STATUSES, is_answered_and_closed)


@case()
def cookie_in_use_is_refused_and_free_again_later():
    with Server("--demo", "--workers", "4") as server:
        with Player(server) as player:
            player.start()
            with connect(server, http("GET", player.cookie)) as second:
                assert b" 409 " in read_answer(second)
            player.units(1)
            cookie = player.cookie
        with connect(server, http("POST", "waits")), connect(server) as second:
            wait_until(lambda: is_refused(server, http("POST", "waits")), "a second POST refused")
            second.sendall(http("GET", "waits"))
            assert b" 200 " in second.recv(1000)
        wait_until(lambda: not is_refused(server, http("GET", cookie)), "the cookie free again")


def is_refused(server, data):
    with connect(server, data) as c:
        c.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            return b" 409 " in c.recv(1000)
        return False


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
        check_served(server)


@case()
def get_and_post_on_one_connection_do_no_harm():
    with Server("--demo", "--request-timeout", "1s") as server:
        for data in (http("GET", "a") + http("POST", "a") + b"T1BUSU9OUw==",
                     http("POST", "b") + http("GET", "b"), http("GET", "c") + http("GET", "c")):
            with connect(server, data) as c:
                read_answer(c)
        check_served(server)


GARBAGE = [("plain_rtsp", b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), ("frame", b"$\0\0\4abcd"),
           ("zeros", bytes(1000)), ("padding", b"===="), ("url_safe", b"T1BU_-__")]


def ends_the_tunnel(garbage):
    with Server("--demo") as server:
        with Player(server) as player:
            player.start()
            player.send_raw(garbage)
            assert player.reply().status == 400
            player.read_to_end()
        check_served(server)


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
        check_served(server)


# -- time and memory --

@case()
def half_a_tunnel_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        for data in (http("GET", "a"), http("POST", "b"), http("POST", "c") + 5000 * b"Zm9v",
                     b"GET / HTTP/1.0\r\n"):
            with connect(server, data) as c:
                began = time.monotonic()
                read_answer(c)
                assert 0.5 < time.monotonic() - began < 8, data[:20]
        check_served(server)


@case()
def tunnel_without_or_with_half_a_request_is_closed():
    with Server("--demo", "--request-timeout", "1s") as server:
        for text in (b"", b"\r\n", b"T1BU", base64.b64encode(b"$\0\xff\xff123")):
            with Tunnel(server) as tunnel:
                tunnel.open()
                tunnel.send_raw(text)
                read_answer(tunnel.socket)
                read_answer(tunnel.post)
        check_served(server)


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
        assert time.monotonic() - began < 10
        check_served(server)


@case()
def session_that_is_set_up_and_forgotten_is_closed():
    with Server("--demo", "--session-timeout", "1s") as server, Player(server) as player:
        player.describe()
        player.setup(0)
        read_answer(player.socket)
        read_answer(player.post)


@case(60)
def requests_without_reading_replies_cost_bounded_memory():
    with Server("--demo") as server, Tunnel(server, receive_buffer=4096) as flood:
        before = server.memory_bytes()
        requests = base64.b64encode(999 * flood.format("DESCRIBE", server.url()))
        flood.open()
        flood.post.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(400):
                flood.send_raw(requests)
        check_served(server)
        if not is_sanitized():
            assert server.memory_bytes("VmHWM") - before < MEMORY_GROWTH_MAX


@case()
def replies_that_pile_up_arrive_in_the_end():
    with Server("--demo") as server, Tunnel(server, receive_buffer=4096) as tunnel:
        tunnel.send(b"".join(tunnel.format("DESCRIBE", server.url()) for _ in range(2000)))
        for number in range(2000):
            reply = tunnel.reply()
            assert (reply.status, reply.headers["cseq"]) == (200, str(number + 1)), reply


@case(90)
def two_hundred_tunnels_leave_nothing():
    with Server("--demo", "--workers", "4", "--status-interval", "1s") as server:
        check_served(server)
        wait_until(lambda: "connections=0 " in last_status(server), "the first tunnel's end")
        before = open_descriptors(server)
        with contextlib.ExitStack() as stack:
            tunnels = [stack.enter_context(kind(server)) for kind in 100 * [Player, PlayerPostFirst]]
            for tunnel in tunnels:
                tunnel.start()
            wait_until(lambda: "connections=400 players=200 " in last_status(server),
                       "two connections a tunnel")
            for tunnel in tunnels[::3]:
                tunnel.post.close()
        wait_until(lambda: open_descriptors(server) <= before, "as few descriptors as before")
        wait_until(lambda: "connections=0 players=0 " in last_status(server), "nobody left")
        check_served(server)


def last_status(server):
    return next((line for line in reversed(server.lines()) if "connections=" in line), "")


@case()
def tunnel_counts_as_two_clients():
    with Server("--demo", "--max-clients", "4") as server:
        with Player(server) as first, Player(server) as second:
            first.start()
            second.start()
            with connect(server, b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") as c:
                assert b" 503 " in read_answer(c)
            first.post.close()
            wait_until(lambda: is_let_in(server), "the place of a closed POST")
        wait_until(lambda: is_let_in(server), "a place")
        check_served(server)


def is_let_in(server):
    with connect(server, b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") as c, \
            contextlib.suppress(ConnectionError):
        return b" 200 " in c.recv(1000)
    return False


@case(60)
def tunnels_that_break_off_anywhere_leave_nothing():
    dice = random.Random(3)
    with Server("--demo", "--workers", "4", "--request-timeout", "1s") as server:
        check_served(server)
        with contextlib.ExitStack() as stack:
            for number in range(150):
                halves = [http("GET", f"x{number}"),
                          http("POST", f"x{number}") + base64.b64encode(b"OPTIONS * RTSP/1.0\r\n")]
                dice.shuffle(halves)
                for half in halves:
                    c = connect(server, half[:dice.choice([5, len(half), len(half)])])
                    if dice.random() < 0.5:
                        linger = b"\1\0\0\0\0\0\0\0"
                        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    if dice.random() < 0.7:
                        c.close()
                    else:
                        stack.enter_context(c)
        before = descriptors_at_rest(server)
        wait_until(lambda: open_descriptors(server) == before, "no connection left")
        check_served(server)


def descriptors_at_rest(server):
    """Everything but connections: the four listeners are sockets as well."""
    folder = pathlib.Path(f"/proc/{server.process.pid}/fd")
    links = []
    for entry in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(entry))
    return sum(not link.startswith("socket:") for link in links) + 4


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
