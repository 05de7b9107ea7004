# SPDX-License-Identifier: MIT
"""RTSP clients that speak through HTTP: a GET for what comes, and a POST, in base64, for what goes."""

import base64
import itertools
import socket

import publish
import rtsp

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
