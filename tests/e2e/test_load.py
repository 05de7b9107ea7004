# SPDX-License-Identifier: MIT
"""umbel-load against umbel, umbel-floor and a server made here: it works, it ends, and what it writes is sane.
No case fails on a time."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import harness
import udp
from harness import Server, add_rows, case

PLOTS = ["Delay percentiles", "Delay over time", "Players over time", "Throughput over time",
         "Processors over time", "Server memory over time"]


def take_program(flag):
    """Takes 'FLAG PROGRAM' off the arguments; the rest is the harness's."""
    at = sys.argv.index(flag)
    program = os.path.abspath(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return program


LOAD = take_program("--load")
FLOOR = take_program("--floor")


def run(*flags, seconds=60, **options):
    done = subprocess.run([LOAD, *flags], stdin=subprocess.DEVNULL, text=True, capture_output=True,
                          timeout=seconds, **options)
    assert not harness.SANITIZER_REPORT.search(done.stderr), done.stderr
    return done


def measure(*flags):
    """What a run writes that must succeed: its JSON, its HTML, and its output."""
    with tempfile.TemporaryDirectory(prefix="umbel-load-") as directory:
        report, page = pathlib.Path(directory, "r.json"), pathlib.Path(directory, "r.html")
        done = run("--json", str(report), "--html", str(page), *flags)
        assert done.returncode == 0, done
        return json.loads(report.read_text()), page.read_text(), done


def assert_nothing_lost(result):
    verified = result["verified"]
    for name in ("lost_packets", "late_packets", "broken_packets", "missing_units",
                 "damaged_units"):
        assert verified[name] == 0, (name, verified)
    assert not any(result["players"]["join_failures"].values()), result["players"]
    assert not any(result["players"]["disconnects"].values()), result["players"]


def assert_in_order(quantiles):
    values = [quantiles[name] for name in ("p50", "p90", "p99", "p999", "max")]
    assert quantiles["count"] > 0 and values == sorted(values) and values[0] > 0, quantiles


@case(60)
def publishes_and_plays_and_loses_nothing():
    with Server() as server:
        result, page, done = measure(
            "--publish", "1M", "--clients", "20", "--join-rate", "100", "--duration", "2",
            "--verify", "all", "--server-pid", str(server.process.pid), server.url("live/load"))
    assert_nothing_lost(result)
    assert result["players"]["joined"] == result["players"]["playing_at_end"] == 20, result
    assert result["verified"]["stamped_units"] == result["verified"]["units"] > 0, result
    assert result["published"]["units"] > 60, result["published"]
    for name in ("delay_ms", "join_ms", "first_packet_ms", "first_idr_ms"):
        assert_in_order(result[name])
    assert result["server"]["cpu_s"] > 0 and result["server"]["rss_bytes"] > 0, result["server"]
    assert result["server"]["cpu_s_per_gb"] > 0, result["server"]
    assert result["server"]["ns_per_client_and_unit"] > 0, result["server"]
    assert re.search(r"joined 20 .*playing 20/20 .*Mbit/s .*lost 0", done.stderr), done.stderr
    assert "throughput" in done.stdout and "delay" in done.stdout, done.stdout
    check_page(page)


def check_page(page):
    for title in PLOTS:
        figure = re.search(rf"<figcaption>{title}</figcaption>\s*<svg.*?</svg>", page, re.S)
        assert figure, f"no plot: {title}"
        assert re.search(r'class="l"[^>]* d="M[^"]*L', figure[0]), f"a plot without a line: {title}"
    assert "<script" not in page and "nan" not in page and "inf" not in page, page


@case(60)
def publishes_and_plays_over_udp_and_loses_nothing():
    with udp.serve() as server:
        result, _, _ = measure(
            "--publish", "1M", "--publish-transport", "udp", "--transport", "udp", "--clients", "20",
            "--join-rate", "100", "--duration", "2", "--verify", "all", server.url("live/load"))
    assert_nothing_lost(result)
    assert result["players"]["joined"] == result["players"]["playing_at_end"] == 20, result
    assert result["verified"]["stamped_units"] == result["verified"]["units"] > 0, result
    assert_in_order(result["delay_ms"])


@case(60)
def plays_what_is_there():
    with Server("--demo") as server:
        result, _, _ = measure("--clients", "5", "--join-rate", "100", "--duration", "1",
                               server.url())
    assert_nothing_lost(result)
    assert result["verified"]["units"] > 0 and result["verified"]["key_units"] > 0, result
    assert result["delay_ms"]["count"] == 0 and result["delay_ms"]["p50"] is None, result
    assert result["server"]["cpu_s"] is None, result


@case(90)
def streams_churn_stalled_and_slow_players_go_together():
    with Server() as server:
        result, _, _ = measure(
            "--publish", "300k", "--streams", "4", "--clients", "40", "--join-rate", "200",
            "--duration", "2", "--verify", "all", "--stall", "10%", "--slow", "10%:100k",
            "--churn", "20", "--keepalive", "200ms", "--sources", "3", server.url("live/s%d_hd"))
        for stream in range(4):
            server.wait_log(f"live/s{stream}_hd")
    assert_nothing_lost(result)
    players = result["players"]
    assert players["left"] > 0 and players["attempts"] == 40 + players["left"], players


@case(60)
def interrupt_ends_a_run_with_its_summary():
    with Server("--demo") as server:
        process = subprocess.Popen([LOAD, "--clients", "3", "--duration", "1h", server.url()],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    assert "interrupted" in out and "3 of 3 joined" in out, out


@case(60)
def interrupt_while_players_join_shows_those_who_did():
    with Server("--demo") as server:
        process = subprocess.Popen(
            [LOAD, "--clients", "1000", "--join-rate", "10", server.url()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    assert "interrupted" in out and re.search(r"players +\d+ of \d+ joined", out), out


@case(60)
def end_of_the_server_ends_the_run_and_is_counted():
    with Server("--demo") as server:
        process = subprocess.Popen([LOAD, "--clients", "3", "--duration", "1h", server.url()],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        process.stderr.readline()
        server.stop()
        out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    assert re.search(r"disconnects +3 +closed 3", out), out


@case(60)
def stream_that_is_not_there_is_not_measured():
    with tempfile.NamedTemporaryFile(suffix=".json") as report, Server() as server:
        done = run("--clients", "3", "--json", report.name, server.url("live/none"))
        result = json.load(report)
    assert done.returncode == 1 and "404" in done.stderr and not done.stdout, done
    assert "404" in result["not_measured"], result
    assert result["players"]["join_failures"]["refused"] == 3, result


@case(60)
def not_measured_without_a_server():
    done = run("--clients", "3", "--publish", "1M",
               f"rtsp://127.0.0.1:{harness.free_port()}/live/x")
    assert done.returncode == 1 and "refused" in done.stderr, done


def answer_with(listener, reply, stop):
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.sendall(reply)
        with connection:
            stop.wait(3)


def hostile_server_is_not_measured(reply):
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_with, args=(listener, reply, stop), daemon=True)
        thread.start()
        began = time.monotonic()
        done = run("--clients", "1", "rtsp://127.0.0.1:%d/x" % listener.getsockname()[1])
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert done.returncode == 1 and "not measured" in done.stderr, done
    assert time.monotonic() - began < 30


add_rows("hostile", [
    ("garbage", b"\0\1\2\3" * 1000),
    ("http", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("endless_header", b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 10000),
    ("huge_body", b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
    ("media_before_any_reply_and_then_nothing", b"$\0\0\4abcd" * 100),
    ("packet_that_never_ends", b"$\0\xff\xff"),
], hostile_server_is_not_measured, 60)


@contextlib.contextmanager
def floor(*flags):
    """An umbel-floor: yields its URL, and afterwards its JSON is what result() returns."""
    port = harness.free_port()
    with tempfile.TemporaryDirectory(prefix="umbel-floor-") as directory:
        path = pathlib.Path(directory, "floor.json")
        process = subprocess.Popen(
            [FLOOR, "--listen", f"127.0.0.1:{port}", "--rate", "1M", "--gop", "10", "--json", path, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        result = {}
        try:
            harness.wait_until(lambda: listens(port), "umbel-floor listens")
            yield f"rtsp://127.0.0.1:{port}/x", result
            process.terminate()
            _, errors = process.communicate(timeout=40)
            assert process.returncode == 0 and not harness.SANITIZER_REPORT.search(errors), errors
            result.update(json.loads(path.read_text()))
        finally:
            process.kill()
            process.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    except ConnectionRefusedError:
        return False


@case(60)
def plays_over_udp_and_loses_nothing():
    with floor() as (url, served):
        result, page, done = measure("--transport", "udp", "--clients", "20", "--join-rate", "100",
                                     "--duration", "2", "--verify", "all", url)
    assert_nothing_lost(result)
    assert result["options"]["transport"] == "udp" and "over udp" in page, result["options"]
    assert result["players"]["joined"] == result["players"]["playing_at_end"] == 20, result
    assert result["players"]["receive_overflows"] == 0, result["players"]
    assert result["verified"]["stamped_units"] == result["verified"]["units"] > 0, result
    for name in ("delay_ms", "join_ms", "first_packet_ms", "first_idr_ms"):
        assert_in_order(result[name])
    assert "measured over udp" in done.stdout, done.stdout
    assert served["udp_packets"] >= result["verified"]["packets"], served
    assert served["udp_packets_dropped"] == 0 and 0 < served["udp_sends"] < served["udp_packets"], served


@case(60)
def delays_are_those_of_the_kernel_or_of_the_reads():
    delays = {}
    with floor() as (url, _):
        for arrival in ("kernel", "read"):
            result, page, _ = measure("--transport", "udp", "--poll", "200ms", "--duration", "2",
                                      "--arrival", arrival, url)
            assert result["options"]["arrival"] == arrival and f"Arrival: {arrival}" in page, result["options"]
            delays[arrival] = result["delay_ms"]
            assert_in_order(delays[arrival])
    # A stamp is made by the send; a read comes 100 ms later in the middle.
    assert delays["kernel"]["p50"] < delays["read"]["p50"], delays


@case(60)
def udp_players_leave_join_and_stay_alive():
    with floor() as (url, _):
        result, _, _ = measure("--transport", "udp", "--clients", "40", "--join-rate", "200", "--duration",
                               "2", "--verify", "20", "--churn", "20", "--keepalive", "200ms",
                               "--sources", "3", url)
    assert_nothing_lost(result)
    players = result["players"]
    assert players["left"] > 0 and players["attempts"] == 40 + players["left"], players


@case(60)
def tcp_and_udp_players_get_the_same():
    with floor() as (url, served):
        results = [None, None]

        def play(which, transport):
            results[which] = measure("--transport", transport, "--clients", "10", "--join-rate", "100",
                                     "--duration", "2", "--verify", "all", url)[0]

        threads = [threading.Thread(target=play, args=row) for row in enumerate(("tcp", "udp"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for result in results:
        assert_nothing_lost(result)
        assert result["verified"]["units"] > 0, result
    assert served["udp_packets"] > 0 and served["client_frames"] > served["frames"], served


class Relay:
    """As little of a server as a publisher over UDP needs, and players to whom its datagrams are passed on."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "rtsp://127.0.0.1:%d/live/x" % self.listener.getsockname()[1]
        self.rtp, self.rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (self.rtp, self.rtcp):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            s.bind(("127.0.0.1", 0))
        self.description, self.publisher_ports, self.players, self.packets = "", None, [], []
        for function in (self.accept, self.pass_on):
            threading.Thread(target=function, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for s in (self.listener, self.rtp, self.rtcp):
            s.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        client = {}
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError, ValueError):
            while request := lines.readline().decode():
                fields = {}
                while line := lines.readline().decode().strip():
                    name, value = line.split(":", 1)
                    fields[name.lower()] = value.strip()
                body = lines.read(int(fields.get("content-length", 0))).decode()
                connection.sendall(self.answer(request.split()[0], fields, body, client).encode())

    def answer(self, method, fields, body, client):
        head = f"RTSP/1.0 200 OK\r\nCSeq: {fields['cseq']}\r\n"
        if method == "ANNOUNCE":
            self.description = body
        elif method == "DESCRIBE":
            return f"{head}Content-Length: {len(self.description)}\r\n\r\n{self.description}"
        elif method == "SETUP":
            ports = re.search(r"^RTP/AVP;unicast;client_port=(\d+)-(\d+)", fields["transport"])
            client["ports"] = int(ports[1]), int(ports[2])
            server = f"server_port={self.rtp.getsockname()[1]}-{self.rtcp.getsockname()[1]}"
            return f"{head}Session: 1\r\nTransport: {ports[0]};{server}\r\n\r\n"
        elif method == "PLAY":
            self.players.append(("127.0.0.1", client["ports"][0]))
        elif method == "RECORD":
            self.publisher_ports = client["ports"]
        return head + "Session: 1\r\n\r\n"

    def pass_on(self):
        with contextlib.suppress(OSError):
            while True:
                packet, (_, port) = self.rtp.recvfrom(65536)
                self.packets.append((port, packet))
                for player in self.players:
                    self.rtp.sendto(packet, player)


@case(60)
def publishes_over_udp():
    with Relay() as server:
        result, _, _ = measure("--publish", "300k", "--publish-transport", "udp", "--transport", "udp",
                               "--clients", "2", "--duration", "1", server.url)
    assert_nothing_lost(result)
    assert result["verified"]["stamped_units"] > 0 and result["delay_ms"]["count"] > 0, result
    assert result["options"]["publish_transport"] == "udp", result["options"]
    rtp_port, rtcp_port = server.publisher_ports
    assert rtp_port % 2 == 0 and rtcp_port == rtp_port + 1, server.publisher_ports
    assert {port for port, _ in server.packets} == {rtp_port}
    numbers = [int.from_bytes(packet[2:4], "big") for _, packet in server.packets]
    assert all((b - a) % 65536 == 1 for a, b in zip(numbers, numbers[1:])), numbers
    assert result["published"]["bytes"] <= sum(len(packet) for _, packet in server.packets)


@case(60)
def lack_of_descriptors_is_told_before_the_joins():
    few = 100
    done = run("--transport", "udp", "--clients", str(few), "rtsp://127.0.0.1:1/x",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (few, few)))
    assert done.returncode == 1 and "file descriptors" in done.stderr, done
    assert "three a player" in done.stderr and f"limit is {few}" in done.stderr, done


WRONG_USAGE = [
    ("no_url", [], "missing"),
    ("no_rtsp_url", ["http://127.0.0.1/x"], "rtsp://"),
    ("unknown_flag", ["--wrong", "rtsp://h/x"], "--wrong"),
    ("transport", ["--transport", "smoke", "rtsp://h/x"], "--transport"),
    ("stall_over_udp", ["--transport", "udp", "--stall", "10%", "rtsp://h/x"], "--stall"),
    ("slow_over_udp", ["--transport", "udp", "--slow", "10%:1M", "rtsp://h/x"], "--slow"),
    ("rate", ["--publish", "fast", "rtsp://h/x"], "--publish"),
    ("clients", ["--clients", "none", "rtsp://h/x"], "--clients"),
]


def is_refused_with_exit_2(flags, name):
    done = run(*flags)
    assert done.returncode == 2 and name in done.stderr and not done.stdout, done


add_rows("wrong_usage", WRONG_USAGE, is_refused_with_exit_2)


@case()
def help_and_version_are_served():
    done = run("--help")
    assert done.returncode == 0 and "--publish" in done.stdout and "--html" in done.stdout, done
    done = run("--version")
    assert done.returncode == 0 and re.fullmatch(r"umbel-load \S+\n", done.stdout), done


@case()
def file_that_cannot_be_written_is_exit_1_before_the_run():
    done = run("--json", "/nonexistent/r.json", "rtsp://127.0.0.1:1/x")
    assert done.returncode == 1 and "/nonexistent/r.json" in done.stderr, done


harness.main()
