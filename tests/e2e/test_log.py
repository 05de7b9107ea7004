# SPDX-License-Identifier: MIT
"""A log that nobody reads: a collector that has stopped, a terminal after Ctrl-S. It holds up nothing but itself."""

import contextlib
import fcntl
import threading

import clips
import harness
import publish
from harness import Server, case
from rtsp import Connection, Player

CONNECTIONS = 300
PIPE_BYTES = 8192  # far less than is logged about them


class UnreadServer(Server):
    """Its log is read as far as the line that tells the port, and the rest after read_log()."""

    def __init__(self, *flags):
        self._wanted = threading.Event()
        super().__init__(*flags)

    def __exit__(self, *error):
        self.read_log()
        super().__exit__(*error)

    def read_log(self):
        self._wanted.set()

    def _read_log(self):
        self.process.stderr = self._hold(self.process.stderr)
        super()._read_log()

    def _hold(self, log):
        fcntl.fcntl(log, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        for line in log:
            yield line
            if "listening" in line:
                self._wanted.wait()


def connect_and_ask(server):
    """Each of them is worth three lines of the log, until there are too many in a second."""
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(Connection(server))
            assert connection.request("DESCRIBE", server.url("live/nobody")).status == 404


def is_loss_told(server):
    """Connects, as it takes a line that is written to tell."""
    with Connection(server):
        return any(" WARN  log lines lost lines=" in line for line in server.lines())


@case(60)
def players_are_served_and_the_loss_is_told():
    clip = clips.clip("main")
    with UnreadServer() as server, publish.feed_clip(server, clip), Player(server, "live/cam") as player:
        player.start()
        connect_and_ask(server)
        player.units(2 * clips.FPS)
        server.read_log()
        harness.wait_until(lambda: is_loss_told(server), "a line that tells of the loss")
        # Whoever reads again misses nothing.
        with Player(server, "live/cam") as late:
            port = late.socket.getsockname()[1]
            late.start()
            server.wait_log(f"player joined peer=127.0.0.1:{port} ")


@case()
def server_stops_in_time():
    with UnreadServer("--demo") as server:
        connect_and_ask(server)
        server.terminate()
        server.process.wait(harness.STOP_SECONDS)


harness.main()
