# SPDX-License-Identifier: MIT
"""Conversations that are kept as text files, and the engine that holds them. Those in transcripts/ are whole;
those in transcripts/publishers/ are the beginning, and the test goes on by sending media.

    # Why there is such a test.
    stream: demo                            what is served: demo; cam (live/cam, with audio); nothing
    flags: --session-timeout 2s             for the server

    C: OPTIONS rtsp://{host}/live/demo RTSP/1.0
    C: CSeq: 1
    C:
    S: RTSP/1.0 200 OK
    S: Public: ...GET_PARAMETER...

What the client says stands behind C: and goes out line by line as it is written, neighbouring lines in one
piece. {length} is the length of the body. What the server must say stands behind S: - a status line, then
headers in any order, then, behind an empty line, lines that the body must have in this order; more of both is
allowed. In these, ... is any text, and {name} is a word that gets this name: where it comes again, on either
side, it is the same word. {host} is the server's address.

C: $1 80c90001 00000001                     an interleaved packet on channel 1
S: $0                                       there must come one on channel 0
C: (silent for 2.3 s)                       the connection must last as long
C: (new connection)
S: (no Range)                               the reply above has no such header
S: (closes)
"""

import collections
import contextlib
import pathlib
import re
import time

import clips
import harness
import publish
import rtsp

FOLDER = pathlib.Path(__file__).parent / "transcripts"

Step = collections.namedtuple("Step", "speaker lines number")


class Transcript:
    """One file, split into what the sides say in turn."""

    def __init__(self, name):
        self.path = FOLDER / f"{name}.txt"
        self.settings = {"stream": "nothing", "flags": ""}
        self.steps = []
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            self._take(number, line.rstrip())

    @property
    def flags(self):
        return self.settings["flags"].split()

    def _take(self, number, line):
        if not line or line.startswith("#"):
            self.steps.append(None)  # so that what follows is a piece of its own
            return
        speaker, text = line.split(":", 1)
        if speaker in self.settings:
            self.settings[speaker] = text.strip()
            return
        assert speaker in ("C", "S"), f"{self.path.name}:{number}: neither C: nor S:"
        text = text.removeprefix(" ")
        last = self.steps[-1] if self.steps else None
        if last and last.speaker == speaker and not begins(text, last.lines[0]):
            last.lines.append(text)
        else:
            self.steps.append(Step(speaker, [text], number))


def begins(text, first):
    """True when a line is no part of the message before it, which begins in first."""
    return text.startswith(("$", "(new", "(silent", "(closes", "RTSP/1.0 ")) or \
        first.startswith(("$", "(new", "(silent", "(closes"))


def names():
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


@contextlib.contextmanager
def serve(script):
    """A server with the flags and the stream that the transcript wants."""
    demo = ["--demo"] if script.settings["stream"] == "demo" else []
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(harness.Server(*demo, *script.flags))
        if script.settings["stream"] == "cam":
            stack.enter_context(publish.ffmpeg(server, clips.clip("main")))
        yield server


class Conversation:
    """A transcript as it is held with a server; the connection is there to go on with it."""

    def __init__(self, server, script, connection=None, change=None, **words):
        """change: what is to happen to the client's bytes on their way: bytes -> pieces of them."""
        self.server = server
        self.script = script
        self.connection = connection or rtsp.Connection(server)
        self.words = {"host": f"{server.host}:{server.port}", **words}
        self.reply = None
        self._change = change or (lambda data: [data])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.connection.close()

    def hold(self):
        for step in filter(None, self.script.steps):
            try:
                (self._say if step.speaker == "C" else self._hear)(step.lines)
            except BaseException as error:
                error.add_note(f"in {self.script.path.name}:{step.number}: {step.lines[0]}")
                raise
        self.connection.session = self.words.get("session")
        return self

    def _say(self, lines):
        first = lines[0]
        if first.startswith("$"):
            channel, data = first[1:].split(" ", 1)
            data = bytes.fromhex(data)
            self._send(b"$" + bytes([int(channel)]) + len(data).to_bytes(2, "big") + data)
        elif first == "(new connection)":
            self.connection.close()
            self.connection = rtsp.Connection(self.server)
        elif silence := re.fullmatch(r"\(silent for ([0-9.]+) s\)", first):
            self._keep_silent(float(silence[1]))
        else:
            self._send(self._fill("\r\n".join(lines) + "\r\n").encode())

    def _send(self, data):
        for piece in self._change(data):
            self.connection.send(piece)

    def _fill(self, text):
        body = text.partition("\r\n\r\n")[2]
        length = len(re.sub(r"{(\w+)}", self._word, body))
        return re.sub(r"{(\w+)}", lambda m: str(length) if m[1] == "length" else self._word(m), text)

    def _word(self, match):
        return self.words[match[1]]

    def _keep_silent(self, seconds):
        """Reads on, so that an end of the connection shows."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                self.connection.receive(left)

    def _hear(self, lines):
        first = lines[0]
        if first.startswith("$"):
            while self.connection.frame().channel != int(first[1:]):
                pass
        elif first == "(closes)":
            self.connection.read_to_end()
        else:
            self.reply = self.connection.reply()
            self._check_reply(lines)

    def _check_reply(self, lines):
        status = f"RTSP/1.0 {self.reply.status} {self.reply.reason}"
        self._match(lines[0], status)
        end = lines.index("") if "" in lines else len(lines)
        for line in lines[1:end]:
            self._check_header(line)
        self._check_body(lines[end + 1:])

    def _check_header(self, line):
        headers = self.reply.headers
        if missing := re.fullmatch(r"\(no ([\w-]+)\)", line):
            assert missing[1].lower() not in headers, f"{line}: {self.reply}"
            return
        name, pattern = line.split(":", 1)
        assert name.lower() in headers, f"no {name}: {self.reply}"
        self._match(pattern.strip(), headers[name.lower()])

    def _check_body(self, patterns):
        have = iter(self.reply.body.decode().split("\r\n"))
        for pattern in patterns:
            assert any(self._fits(pattern, line) for line in have), \
                f"no line '{pattern}' (in this order) in the body: {self.reply.body.decode()}"

    def _match(self, pattern, text):
        assert self._fits(pattern, text), f"'{text}' instead of '{pattern}'"

    def _fits(self, pattern, text):
        found = re.fullmatch(self._expression(pattern), text)
        if found:
            self.words.update(found.groupdict())
        return bool(found)

    def _expression(self, pattern):
        """The pattern as a regular expression. A name that is known is the word, a new one any word."""
        parts = re.split(r"(\.\.\.|{\w+})", pattern)
        new = set()
        return "".join(self._expression_of(part, new) for part in parts)

    def _expression_of(self, part, new):
        if part == "...":
            return ".*"
        if not part.startswith("{"):
            return re.escape(part)
        name = part[1:-1]
        if name in self.words:
            return re.escape(self.words[name])
        if name in new:
            return f"(?P={name})"
        new.add(name)
        return rf'(?P<{name}>[^\s;,"]+)'
