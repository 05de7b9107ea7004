# SPDX-License-Identifier: MIT
"""Starts servers and lets umbel-load measure them: server on the first processors, load on one of its own."""

import contextlib
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60  # far more than anything takes beyond its duration, so that it only ends what hangs
FLOOR_SECONDS = 120    # an umbel-floor that was left alone ends by itself
PUBLISH_SECONDS = 120  # and so does a publisher
GOP_SECONDS = 2        # of the streams of umbel-floor and umbel-load
SAMPLE_SECONDS = 0.25  # between two samples of umbel-load
CPUS = sorted(os.sched_getaffinity(0))


class Failure(Exception):
    """What went wrong, for the person who runs the benchmark."""


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def server_cpus(workers):
    return CPUS[:workers]


def load_cpu(workers):
    """The first processor behind the server's, or the last one, which they then share."""
    return CPUS[min(workers, len(CPUS) - 1)]


def shares_cpu(workers):
    return load_cpu(workers) in server_cpus(workers)


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def wait_until_it_listens(process, port):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.02)
    raise Failure(f"{process.args[0]} does not listen (exit status {process.poll()})")


def give_way():
    """From now on runs only while nobody else wants the processor. Delays stay true: the kernel stamps arrivals."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def waited_seconds(pid):
    """For how long the process's threads were ready to run and had no processor."""
    waits = [int(path.read_text("ascii").split()[1])
             for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(waits) / 1e9


class Server:
    def __init__(self, kind, process, port, workers):
        self.kind, self.pid, self.port, self.workers = kind, process.pid, port, workers
        self.url = f"rtsp://{HOST}:{port}/live/bench"

    def rss_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def serving(build, kind, rate="2M", workers=1, flags=()):
    """A server of kind 'umbel' or 'floor', until the end of the block. Only the floor makes its own stream."""
    port = free_port()
    if kind == "floor":
        command = [build / "bench/umbel-floor", "--listen", f"{HOST}:{port}", "--rate", rate,
                   "--duration", str(FLOOR_SECONDS)]
    else:
        command = [build / "umbel", "--listen", f"{HOST}:{port}", "--workers", str(workers),
                   "--log-level", "error", *flags]
    # Pinned before it starts: umbel gives its workers the processors that it may run on.
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL if kind == "floor" else None,
                               preexec_fn=lambda: os.sched_setaffinity(0, server_cpus(workers)))
    try:
        wait_until_it_listens(process, port)
        yield Server(kind, process, port, workers)
    finally:
        stop(process)


class Load:
    """An umbel-load that has been started."""

    def __init__(self, build, url, *flags, seconds, pid=None, cpu=None, gives_way=False):
        self.directory = tempfile.TemporaryDirectory(prefix="umbel-bench-")
        self.path = pathlib.Path(self.directory.name, "load.json")
        command = [build / "bench/umbel-load", "--duration", f"{seconds}s", "--json", self.path, *flags]
        if pid is not None:
            command += ["--server-pid", pid]
        if cpu is not None:
            command += ["--cpu", cpu]
        self.seconds, self.pid = seconds, pid
        self.began, self.waited = time.monotonic(), self.server_waited()
        self.process = subprocess.Popen([*map(str, command), url], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=give_way if gives_way else None)

    def server_waited(self):
        return 0 if self.pid is None else waited_seconds(self.pid)

    def result(self):
        """Waits for its end, and returns what it wrote, and how much of the time the server waited to run."""
        try:
            _, errors = self.process.communicate(timeout=self.seconds + PATIENCE_SECONDS)
            if self.process.returncode != 0:
                raise Failure(f"umbel-load: {errors.strip()}")
            result = json.loads(self.path.read_text("utf-8"))
            waited = self.server_waited() - self.waited
            result["server"]["waited_share"] = waited / (time.monotonic() - self.began)
            return result
        except subprocess.TimeoutExpired as late:
            raise Failure("umbel-load does not end") from late
        finally:
            self.abandon()

    def abandon(self):
        if self.process.poll() is None:
            stop(self.process)
        self.directory.cleanup()


def start_load(build, server, clients, seconds, *flags, publish=None, join_rate=2000, gives_way=False):
    flags = ["--clients", clients, "--join-rate", join_rate, *flags]
    if publish and server.kind != "floor":
        flags += ["--publish", publish]
    if clients > 2000:  # for the generator: connections from several addresses, and a longer turn
        flags += ["--sources", 4, "--poll", "2ms"]
    return Load(build, server.url, *flags, seconds=seconds, pid=server.pid, cpu=load_cpu(server.workers),
                gives_way=gives_way)


@contextlib.contextmanager
def publishing(build, server, rate):
    """A publisher in a process of its own, until the end of the block. It plays, too, and so knows when others can."""
    load = Load(build, server.url, "--publish", rate, "--verify", "none", seconds=PUBLISH_SECONDS,
                cpu=load_cpu(server.workers))
    try:
        if not any("playing 1/1" in line for line in load.process.stderr):
            raise Failure("umbel-load does not publish")
        yield
    finally:
        load.abandon()


def one_run(build, kind, rate, clients, seconds, *flags, workers=1):
    """One server from start to end under one load: the figures of it."""
    with serving(build, kind, rate, workers) as server:
        return figures(start_load(build, server, clients, seconds, *flags, publish=rate).result())


def settled_run(build, kind, rate, clients, seconds, flags=(), load_flags=()):
    """
    The same, but the cost is that of the last 'seconds' only, a GOP after the last join: the floor's players get
    nothing until a key frame. Large key frames are cheap by the byte: let it be whole GOPs, with as many for all.
    """
    with serving(build, kind, rate, flags=flags) as server:
        result = start_load(build, server, clients, seconds + GOP_SECONDS, *load_flags, publish=rate).result()
    return {**figures(result), **last_cost(result, seconds)}


def last_cost(result, seconds):
    samples = result["samples"]
    begin = samples[-1]["at_s"] - seconds
    window = [s for s in samples if s["at_s"] > begin - SAMPLE_SECONDS / 2]
    spans = [(after["at_s"] - before["at_s"], after) for before, after in zip(window, window[1:])]
    cpu_s = sum(span * sample["server_cores"] for span, sample in spans)
    gigabytes = sum(span * sample["mbit_per_s"] for span, sample in spans) / 8e3
    frames = sum(span * sample["playing"] for span, sample in spans) * result["options"]["fps"]
    return {"cpu_s_per_gb": cpu_s / gigabytes if gigabytes else None,
            "ns_per_client_and_frame": cpu_s * 1e9 / frames if frames else None}


def figures(result):
    """What the rows take from the JSON of umbel-load."""
    verified, server = result["verified"], result["server"]
    return {
        "cpu_s_per_gb": server["cpu_s_per_gb"],
        "ns_per_client_and_frame": server["ns_per_client_and_unit"],
        "cores": server["cores"],
        "waited_share": server["waited_share"],
        "rss_bytes": server["rss_bytes"],
        "p50_ms": result["delay_ms"]["p50"],
        "p99_ms": result["delay_ms"]["p99"],
        "first_idr_p99_ms": result["first_idr_ms"]["p99"],
        "mbit_per_s": result["mbit_per_s"],
        "playing": result["players"]["playing_at_end"],
        "evicted": result["players"]["evicted"],
        "overflows": result["players"]["receive_overflows"],
        "units": verified["units"],
        "lost": verified["lost_packets"] + verified["missing_units"] + verified["damaged_units"],
        "generator_may_be_the_limit": result["generator"]["may_be_the_limit"],
    }
