# SPDX-License-Identifier: MIT
"""The command line, the log, the start and the end of the server."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess

import harness
import publish
import rtsp
from harness import Server, Skip, add_rows, case

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
LOGFMT = re.compile(r'^(?:[\w.-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?: |$))+$')

FLAGS = ["--listen", "--workers", "--no-pin", "--demo", "--gop-cache", "--max-lag",
         "--max-lag-bytes", "--write-timeout", "--session-timeout", "--max-clients",
         "--packet-size", "--log-level", "--log-format", "--version", "--help"]


def run(*flags):
    return subprocess.run([harness.umbel(), *flags], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=harness.WAIT_SECONDS)


@case()
def help_names_every_flag():
    done = run("--help")
    assert done.returncode == 0, done
    missing = [flag for flag in FLAGS if flag not in done.stdout]
    assert not missing, f"not in --help: {missing}"


@case()
def readme_has_the_flags_and_defaults_of_help():
    readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(--[\w-]+)[^|]*\| ([^|]*?) *\|", readme, re.M))
    table["--help"] = table["--version"]  # they share a row
    lines = re.findall(r"^  (--[\w-]+)(.*)$", run("--help").stdout, re.M)
    assert sorted(table) == sorted(flag for flag, _ in lines), (table, lines)
    for flag, text in lines:
        default = re.search(r"\(default (\S+)\)$", text)
        assert not default or table[flag] == f"`{default[1]}`", (flag, text, table[flag])


@case()
def version_is_one_line():
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith("umbel "), done
    assert done.stdout.count("\n") == 1, done


WRONG_USAGE = [
    ("unknown_flag", ["--wrong-flag"], "wrong-flag"),
    ("stray_word", ["stray"], "stray"),
    ("missing_value", ["--max-lag"], "max-lag"),
    ("size_with_a_wrong_unit", ["--gop-cache", "12parsecs"], "gop-cache"),
    ("empty_size", ["--max-lag-bytes", ""], "max-lag-bytes"),
    ("size_past_64_bits", ["--max-lag-bytes", "99999999999999999999G"], "max-lag-bytes"),
    ("negative_time", ["--write-timeout", "-1s"], "write-timeout"),
    ("time_with_a_wrong_unit", ["--session-timeout", "5x"], "session-timeout"),
    ("workers_too_many", ["--workers", "100000"], "workers"),
    ("workers_not_a_number", ["--workers", "many"], "workers"),
    ("port_out_of_range", ["--listen", "127.0.0.1:99999"], "listen"),
    ("address_malformed", ["--listen", "127.0.0.300:8554"], "listen"),
    ("packet_size_tiny", ["--packet-size", "1"], "packet-size"),
    ("packet_size_past_the_interleaved_length", ["--packet-size", "70000"], "packet-size"),
    ("log_level", ["--log-level", "chatty"], "log-level"),
    ("log_format", ["--log-format", "xml"], "log-format"),
]


def is_refused_with_exit_2(flags, name):
    done = run(*flags)
    assert done.returncode == 2, done
    assert name in done.stderr, done


add_rows("wrong_usage", WRONG_USAGE, is_refused_with_exit_2)


@case()
def port_in_use_is_exit_1_with_a_message():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        done = run("--listen", address)
    assert done.returncode == 1 and address in done.stderr, done


@case()
def several_addresses_and_ipv6_are_served():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        raise Skip("no IPv6 on this machine") from None
    with Server("--demo", listen=("[::1]:0", "127.0.0.1:0")) as server:
        with rtsp.Connection(server) as c:
            assert c.request("OPTIONS", server.url()).status == 200
        with rtsp.Player(server) as player:
            player.describe()
            assert player.sdp.session["o"].split()[4] == "IP6", player.sdp.session
        second = server.wait_log("addr=127.0.0.1:")
        with socket.create_connection(harness.listening_address(second)) as c:
            c.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert c.recv(100).startswith(b"RTSP/1.0 200")


def open_files(pid):
    """What each descriptor of a process is."""
    files = {}
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            files[int(link.name)] = os.readlink(link)
    return files


@case()
def log_goes_nowhere_else_when_the_standard_descriptors_are_closed():
    process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', harness.umbel(), "--listen",
                                "127.0.0.1:0", "--rtp-port", "0"])
    try:
        harness.wait_until(lambda: any(name.startswith("socket:") for name in open_files(process.pid).values()),
                           "it listens")
        files = open_files(process.pid)
        assert [files.get(n) for n in range(3)] == 3 * ["/dev/null"], files
        process.terminate()
        assert process.wait(harness.WAIT_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


@case()
def descriptor_limit_is_raised_to_the_hard_limit():
    with Server() as server:
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        soft, hard = re.search(r"Max open files\s+(\S+)\s+(\S+)", limits).groups()
        assert soft == hard, limits


def text_line(line):
    return RFC3339.match(line)


def logfmt_line(line):
    return LOGFMT.match(line)


def json_line(line):
    return isinstance(json.loads(line), dict)


def every_line_parses(log_format, parses):
    with Server("--demo", "--log-format", log_format) as server:
        with rtsp.Player(server) as player:
            player.start()
            player.packet(0)
            player.request("FOO", "rtsp://x/\"quoted\"\\path")
        server.stop()
        wrong = [line for line in server.lines() if not parses(line)]
        assert not wrong, wrong


add_rows("log", [("text", "text", text_line), ("logfmt", "logfmt", logfmt_line),
                 ("json", "json", json_line)], every_line_parses)


@case()
def sigterm_says_bye_to_players_and_closes_all():
    with Server("--demo") as server, rtsp.Player(server) as player, \
            rtsp.Connection(server) as idle, rtsp.Connection(server) as asked:
        player.start()
        player.packet(0)
        asked.request("OPTIONS", server.url())
        server.terminate()
        player.expect_bye()
        for connection in (idle, asked):
            assert not connection.read_to_end()
        assert server.wait_exit() == 0
        server.check_log()


@case()
def sigint_ends_as_sigterm_does():
    with Server("--demo") as server:
        server.process.send_signal(2)
        assert server.wait_exit() == 0


@case()
def sigterm_ends_in_time_with_a_player_that_does_not_read():
    with Server("--write-timeout", "1h") as server, publish.feed_made_up(server, 100_000) as feed, \
            rtsp.Player(server, "live/cam", receive_buffer=4096) as stuck:
        stuck.start()
        feed.wait_sent_bytes(12_000_000)
        server.stop()


@case()
def second_sigterm_ends_at_once():
    with Server() as server, publish.feed_made_up(server, 100_000) as feed, \
            rtsp.Player(server, "live/cam", receive_buffer=4096) as stuck:
        stuck.start()
        feed.wait_sent_bytes(12_000_000)
        server.terminate()
        harness.wait_until(lambda: no_longer_listens(server), "the end of listening")
        server.terminate()
        server.wait_exit()
        assert not any("stopped" in line for line in server.lines()), "it has waited for the player"


def no_longer_listens(server):
    try:
        rtsp.Connection(server).close()
        return False
    except ConnectionError:
        return True


harness.main()
