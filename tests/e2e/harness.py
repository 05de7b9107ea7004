# SPDX-License-Identifier: MIT
"""Test cases with their time limits and TAP lines, and the server that they are run against.

A test file registers functions with @case() and ends in main(). It runs alone as well:
    python3 tests/e2e/test_play.py --umbel build/umbel [name of a case ...]
"""

import argparse
import contextlib
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

# Bounds are for what hangs, not for what is slow: a busy machine with a sanitizer takes its time.
WAIT_SECONDS = 30
STOP_SECONDS = 30
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:")

_cases = []
_options = argparse.Namespace(umbel=None, work=None)


class CaseTimeout(Exception):
    """The case took longer than its limit."""


class Skip(Exception):
    """The machine lacks what the case needs."""


def case(seconds=60):
    """Registers a function as a test case that may take so many seconds."""

    def register(function):
        add_case(function.__name__, function, seconds)
        return function

    return register


def add_case(name, function, seconds=60):
    _cases.append((name, function, seconds))


def add_rows(prefix, rows, function, seconds=60):
    """Registers a case for each row (name, arguments...): function(arguments...)."""
    for name, *arguments in rows:
        add_case(f"{prefix}_{name}", functools.partial(function, *arguments), seconds)


def umbel():
    return _options.umbel


def work_directory():
    return pathlib.Path(_options.work)


@functools.cache
def is_sanitized():
    """True when the server was built with a sanitizer: slower, and with memory of its own."""
    binary = pathlib.Path(umbel()).read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--umbel", required=True, help="the server to test")
    parser.add_argument("--work", help="directory where clips are kept from run to run")
    parser.add_argument("cases", nargs="*", help="names of the cases to run (default: all)")
    parser.parse_args(namespace=_options)
    _options.umbel = os.path.abspath(_options.umbel)
    with contextlib.ExitStack() as stack:
        if _options.work is None:
            _options.work = stack.enter_context(tempfile.TemporaryDirectory(prefix="umbel-e2e-"))
        sys.exit(_run_all([c for c in _cases if not _options.cases or c[0] in _options.cases]))


def _run_all(cases):
    group = pathlib.Path(sys.argv[0]).stem.removeprefix("test_")
    signal.signal(signal.SIGALRM, _on_alarm)
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, (name, function, seconds) in enumerate(cases, 1):
        verdict, remark = _run_one(f"{group}.{name}", function, seconds)
        failed += verdict == "not ok"
        print(f"{verdict} {number} - {group}.{name}{remark}", flush=True)
    return 1 if failed else 0


def _run_one(name, function, seconds):
    signal.alarm(seconds)
    began = time.monotonic()
    try:
        function()
        return "ok", f" # {time.monotonic() - began:.1f} s"
    except Skip as reason:
        return "ok", f" # SKIP {reason}"
    except Exception:
        # On stderr, as meson shows of a TAP program nothing else.
        print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return "not ok", ""
    finally:
        signal.alarm(0)


def _on_alarm(signum, frame):
    raise CaseTimeout("the case took longer than its limit")


def wait_until(condition, what, seconds=WAIT_SECONDS):
    """Waits for what no event tells of: asks condition() until it gives a true value, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.03)


class Server:
    """umbel on a free port of 127.0.0.1. Leaving the with block stops it and checks its end.

    Without an rtp_port it does not speak UDP, so that programs which run at the same time do not meet.
    """

    def __init__(self, *flags, listen=("127.0.0.1:0",), rtp_port=0):
        addresses = [word for address in listen for word in ("--listen", address)]
        self.process = subprocess.Popen(
            [umbel(), *addresses, "--rtp-port", str(rtp_port), "--workers", "2", "--no-pin", "--log-level", "debug",
             *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=_server_environment(), text=True, errors="replace")
        self._lines = []
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        try:
            line = self.wait_log("listening")
            self.host, self.port = listening_address(line)
        except BaseException as error:
            self.kill()
            error.add_note(self.log_tail())
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            self.stop()
            return
        self.kill()
        error.add_note(self.log_tail())

    def url(self, path="live/demo"):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"rtsp://{host}:{self.port}/{path}"

    def lines(self):
        with self._news:
            return list(self._lines)

    def wait_log(self, text, seconds=WAIT_SECONDS):
        """The first line of the log that contains text, once there is one."""
        deadline = time.monotonic() + seconds
        seen = 0
        with self._news:
            while True:
                for line in self._lines[seen:]:
                    if text in line:
                        return line
                seen = len(self._lines)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"the server did not log '{text}'")
                self._news.wait(left)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_exit(self, seconds=STOP_SECONDS):
        """The exit status, once the server has ended and its log is read to the end."""
        status = self.process.wait(seconds)
        self._reader.join(seconds)
        return status

    def stop(self):
        """SIGTERM: the server must end with status 0 in time, without a sanitizer's report."""
        try:
            self.terminate()
            status = self.wait_exit()
            self.check_log()
            assert status == 0, f"exit status {status}"
        except BaseException as error:
            self.kill()
            error.add_note(self.log_tail())
            raise

    def check_log(self):
        for line in self.lines():
            assert not SANITIZER_REPORT.search(line), line

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def log_tail(self):
        lines = self.lines()
        return "\n".join(["the server's log ends in:", *("  " + line for line in lines[-60:])])

    def memory_bytes(self, field="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M)[1]) * 1024

    def descriptors(self):
        """What it has open, in the words of /proc: socket:[123], pipe:[45], ..."""
        links = []
        for entry in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                links.append(os.readlink(entry))
        return links

    def sockets(self):
        """How many it has open: listeners, one for each worker, and connections."""
        return sum(link.startswith("socket:") for link in self.descriptors())

    def _read_log(self):
        for line in self.process.stderr:
            with self._news:
                self._lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def _server_environment():
    """Sanitizers report to the server's stderr, where the case that caused the finding sees it."""
    environment = dict(os.environ)
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        options = environment.get(name)
        environment[name] = (options + ":" if options else "") + "log_path=stderr"
    return environment


def listening_address(line):
    found = re.search(r'addr"?[=:]\s*"?(?:\[([0-9a-f:]+)\]|([0-9.]+)):(\d+)', line)
    assert found, f"no address in the log line: {line}"
    return found[1] or found[2], int(found[3])


def free_port():
    """A port that nobody listens on right now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
