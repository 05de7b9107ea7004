# SPDX-License-Identifier: MIT
"""The standard benchmarks: umbel beside umbel-floor, and what it bears.

usage: run.py [--build DIR] [--out FILE] [--seconds S] [--clients N] [--transport tcp|udp]
              all | quick | smoke | docs | compare NAME=URL:PID...

all      the standard table (13 minutes at most), and from it the tables and plots of docs/performance.md
quick    the three main loads beside the floor (2 minutes)
smoke    every kind of row with a handful of players: to see that it works
docs     tables and plots again, from the results of 'all'
compare  the same players for servers that run already and have a stream at their URL, in turn

Results are rows in a JSON array: one object a row, its kind in 'table'. Ratios of two runs on one machine
mean something; absolute times are those of the machine.

Exit status: 0 measured, 1 not measured, 2 wrong usage.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import measure
import report
from measure import Failure

ROOT = pathlib.Path(__file__).resolve().parent.parent

ALL = [
    {"table": "floor", "rate": "2M", "clients": 1000, "rounds": 5, "seconds": 4},
    {"table": "floor", "rate": "8M", "clients": 500, "rounds": 5, "seconds": 4},
    {"table": "floor", "rate": "300k", "clients": 2000, "rounds": 5, "seconds": 4},
    {"table": "floor", "rate": "2M", "clients": 1000, "rounds": 5, "seconds": 4, "cached": True},
    {"table": "udp", "rate": "2M", "clients": 1000, "rounds": 5, "seconds": 4, "transport": "udp"},
    {"table": "udp", "rate": "8M", "clients": 500, "rounds": 5, "seconds": 4, "transport": "udp"},
    *({"table": "scaling", "rate": "2M", "clients": n, "seconds": 6}
      for n in (100, 500, 1000, 2000, 4000, 8000)),
    {"table": "workers", "rate": "2M", "clients": 1000, "rounds": 3, "seconds": 5},
    {"table": "streams", "rate": "300k", "streams": 1000, "players_each": 8, "seconds": 6},
    {"table": "storm", "rate": "2M", "clients": 1000, "joins": 5000, "join_rate": 1000, "seconds": 9},
    {"table": "isolation", "rate": "2M", "slow_rate": "1M", "clients": 2000, "rounds": 3, "seconds": 8},
    {"table": "memory", "rate": "300k", "few": 500, "many": 4000, "idle": 2000, "seconds": 3},
    {"table": "micro", "flags": []},
]

QUICK = [{**row, "rounds": 2} for row in ALL if row["table"] == "floor" and not row.get("cached")]

SMOKE = [
    {"table": "floor", "rate": "300k", "clients": 4, "rounds": 1, "seconds": 1},
    {"table": "floor", "rate": "300k", "clients": 4, "rounds": 1, "seconds": 1, "cached": True},
    {"table": "udp", "rate": "300k", "clients": 4, "rounds": 1, "seconds": 1, "transport": "udp"},
    {"table": "scaling", "rate": "300k", "clients": 8, "seconds": 1},
    {"table": "workers", "rate": "300k", "clients": 4, "rounds": 1, "seconds": 1},
    {"table": "streams", "rate": "300k", "streams": 3, "players_each": 2, "seconds": 1},
    {"table": "storm", "rate": "300k", "clients": 4, "joins": 20, "join_rate": 100, "seconds": 2},
    {"table": "isolation", "rate": "300k", "slow_rate": "150k", "clients": 10, "rounds": 1, "seconds": 1},
    {"table": "memory", "rate": "300k", "few": 4, "many": 12, "idle": 20, "seconds": 1},
    {"table": "micro", "flags": ["--quick"]},
]


def median(runs, name):
    values = [run[name] for run in runs if run[name] is not None]
    return statistics.median(values) if values else None


def total(runs, name):
    return sum(run[name] for run in runs)


def ratio(a, b):
    return a / b if a is not None and b else None


def pair_ratio(pairs, name):
    """The median of the ratios of pairs, each measured one right after the other."""
    ratios = [r for a, b in pairs if (r := ratio(a[name], b[name])) is not None]
    return statistics.median(ratios) if ratios else None


def summary(runs):
    """Several runs of one thing as one."""
    medians = ("cpu_s_per_gb", "ns_per_client_and_frame", "cores", "rss_bytes", "p50_ms", "p99_ms",
               "mbit_per_s", "playing")
    return {**{name: median(runs, name) for name in medians},
            **{name: total(runs, name) for name in ("units", "lost", "evicted", "overflows")},
            "waited_share": max(run["waited_share"] for run in runs),
            "generator_may_be_the_limit": any(run["generator_may_be_the_limit"] for run in runs)}


def measure_floor(build, row):
    # The floor's players start at the next key frame; without a cache umbel's do, too.
    flags = () if row.get("cached") else ("--gop-cache", "0")
    load_flags = "--transport", row.get("transport", "tcp")
    pairs = []
    for _ in range(row["rounds"]):
        load = row["rate"], row["clients"], row["seconds"]
        floor, umbel = (measure.settled_run(build, kind, *load, flags, load_flags)
                        for kind in ("floor", "umbel"))
        pairs.append((umbel, floor))
    return {"ratio": pair_ratio(pairs, "cpu_s_per_gb"),
            "ratios": [ratio(umbel["cpu_s_per_gb"], floor["cpu_s_per_gb"]) for umbel, floor in pairs],
            "umbel": summary([umbel for umbel, _ in pairs]),
            "floor": summary([floor for _, floor in pairs])}


def measure_scaling(build, row):
    load = row["rate"], row["clients"], row["seconds"]
    return {kind: measure.settled_run(build, kind, *load) for kind in ("floor", "umbel")}


def workers_run(build, row, workers):
    """The players give way to worker 2 where they share its processor, so that what is measured is the sweep."""
    with measure.serving(build, "umbel", row["rate"], workers) as server, \
            measure.publishing(build, server, row["rate"]):
        load = measure.start_load(build, server, row["clients"], row["seconds"], gives_way=True)
        return measure.figures(load.result())


def measure_workers(build, row):
    pairs = []
    for _ in range(row["rounds"]):
        one, two = (workers_run(build, row, workers) for workers in (1, 2))
        pairs.append((two, one))
    return {"ratio": pair_ratio(pairs, "ns_per_client_and_frame"),
            "p99_ratio": pair_ratio(pairs, "p99_ms"),
            "load_shares_a_processor": measure.shares_cpu(2),
            "one": summary([one for _, one in pairs]),
            "two": summary([two for two, _ in pairs])}


def measure_streams(build, row):
    players = row["streams"] * row["players_each"]
    load = "umbel", row["rate"], players, row["seconds"]
    one = measure.one_run(build, *load)
    many = measure.one_run(build, *load, "--streams", row["streams"])
    return {"ratio": ratio(many["cpu_s_per_gb"], one["cpu_s_per_gb"]), "one": one, "many": many}


def storm_run(build, row, joins):
    """The figures of those who play, and of those who join meanwhile if any do."""
    with measure.serving(build, "umbel") as server:
        playing = measure.start_load(build, server, row["clients"], row["seconds"], publish=row["rate"])
        storm = None
        try:
            if joins:
                time.sleep(row["clients"] / 2000 + row["seconds"] / 6)
                storm = measure.start_load(build, server, joins, 0.5, join_rate=row["join_rate"])
            return (measure.figures(playing.result()),
                    measure.figures(storm.result()) if storm else None)
        finally:
            playing.abandon()
            if storm:
                storm.abandon()


def measure_storm(build, row):
    # After the storm there are more players, and a longer sweep: 'settled' says what that alone does.
    quiet, _ = storm_run(build, row, 0)
    playing, joiners = storm_run(build, row, row["joins"])
    settled = measure.one_run(build, "umbel", row["rate"], row["clients"] + row["joins"], row["seconds"] / 2)
    return {"first_idr_p99_ms": joiners["first_idr_p99_ms"],
            "p99_ratio": ratio(playing["p99_ms"], quiet["p99_ms"]),
            "quiet": quiet, "playing": playing, "joiners": joiners, "settled": settled}


def measure_isolation(build, row):
    trouble = "--stall", "10%", "--slow", f"10%:{row['slow_rate']}"
    load = "umbel", row["rate"], row["clients"], row["seconds"]
    pairs = []
    for _ in range(row["rounds"]):
        alone = measure.one_run(build, *load)
        pairs.append((measure.one_run(build, *load, *trouble), alone))
    return {"p99_ratio": pair_ratio(pairs, "p99_ms"),
            "without": summary([without for _, without in pairs]),
            "with": summary([among for among, _ in pairs])}


def idle_connection(port):
    s = socket.create_connection((measure.HOST, port), 10)
    s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    if not s.recv(4096).startswith(b"RTSP/1.0 200"):
        raise Failure("OPTIONS was not answered with 200")
    return s


def idle_bytes(build, count):
    """Memory for each idle connection. The first tenth pays for what is allocated once."""
    with measure.serving(build, "umbel") as server:
        connections = []
        try:
            connections += [idle_connection(server.port) for _ in range(count // 10)]
            before = server.rss_bytes()
            connections += [idle_connection(server.port) for _ in range(count)]
            return (server.rss_bytes() - before) / count
        finally:
            for s in connections:
                s.close()


def measure_memory(build, row):
    few, many = (measure.one_run(build, "umbel", row["rate"], row[name], row["seconds"])
                 for name in ("few", "many"))
    players = many["playing"] - few["playing"]
    return {"bytes_per_player": (many["rss_bytes"] - few["rss_bytes"]) / players,
            "bytes_per_idle_connection": idle_bytes(build, row["idle"]),
            "rss_bytes_few": few["rss_bytes"], "rss_bytes_many": many["rss_bytes"]}


def measure_micro(build, row):
    program = build / "bench/umbel-micro"
    with tempfile.TemporaryDirectory(prefix="umbel-bench-") as directory:
        path = pathlib.Path(directory, "micro.json")
        done = subprocess.run([program, *row["flags"], "--json", path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            raise Failure(f"umbel-micro: {done.stderr.strip()}")
        return {"cases": json.loads(path.read_text("utf-8"))}


MEASURES = {"floor": measure_floor, "udp": measure_floor, "scaling": measure_scaling, "workers": measure_workers,
            "streams": measure_streams, "storm": measure_storm, "isolation": measure_isolation,
            "memory": measure_memory, "micro": measure_micro}


def about(build):
    version = subprocess.run([build / "umbel", "--version"], capture_output=True, text=True,
                             timeout=measure.PATIENCE_SECONDS)
    return {"table": "about", "version": version.stdout.strip(), "processors": len(measure.CPUS),
            "kernel": ".".join(os.uname().release.split(".")[:2])}


def save(path, rows):
    path.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def measure_all(build, plan, out):
    """The plan's rows, and how many could not be measured. Saved row by row: an end half-way leaves something."""
    rows = [about(build)]
    failures = 0
    for row in plan:
        began = time.monotonic()
        try:
            rows.append({**row, **MEASURES[row["table"]](build, row)})
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            print(f"run.py: {row}: {failure}", file=sys.stderr)
            failures += 1
            continue
        rows[-1]["took_s"] = round(time.monotonic() - began, 1)
        save(out, rows)
        print(f"{report.line(rows[-1])}  ({rows[-1]['took_s']:.0f} s)", flush=True)
    return rows, failures


TARGET = re.compile(r"([^=]+)=(rtsp://.+):(\d+)")


def compare(build, targets, options):
    """The servers in turn, several times, as nothing else makes a machine's moods fair to all."""
    runs = {name: [] for name, _, _ in targets}
    for _ in range(3):
        for name, url, pid in targets:
            load = measure.Load(build, url, "--clients", options.clients, "--join-rate", 500,
                                "--transport", options.transport,
                                seconds=options.seconds, pid=pid, cpu=measure.CPUS[-1])
            runs[name].append(measure.figures(load.result()))
    first = targets[0][0]
    rows = []
    for name, url, _ in targets:
        pairs = list(zip(runs[name], runs[first]))
        rows.append({"table": "compare", "name": name, "url": url, "clients": options.clients,
                     "transport": options.transport,
                     "ratio": pair_ratio(pairs, "cpu_s_per_gb"), **summary(runs[name])})
    print("\n".join(report.table(rows)))
    return rows


def parse():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1], add_help=True)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--transport", choices=["tcp", "udp"], default="tcp")
    parser.add_argument("command", choices=["all", "quick", "smoke", "docs", "compare"])
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    matches = [TARGET.fullmatch(target) for target in options.targets]
    if not all(matches) or bool(matches) != (options.command == "compare"):
        parser.error("'compare' takes NAME=URL:PID, the others nothing")
    options.targets = [(m[1], m[2], int(m[3])) for m in matches]
    options.build = options.build.resolve()
    if options.out is None:
        name = "results" if options.command in ("all", "docs") else options.command
        options.out = options.build / f"bench-{name}.json"
    return options


def run(options):
    """The exit status."""
    if options.command == "docs":
        report.write_docs(ROOT / "docs", json.loads(options.out.read_text("utf-8")))
        return 0
    measure.raise_descriptor_limit()
    if options.command == "compare":
        save(options.out, compare(options.build, options.targets, options))
        return 0
    plan = {"all": ALL, "quick": QUICK, "smoke": SMOKE}[options.command]
    rows, failures = measure_all(options.build, plan, options.out)
    if options.command == "all":
        report.write_docs(ROOT / "docs", rows)
    return 1 if failures else 0


def main():
    options = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no server is left behind
    try:
        return run(options)
    except (Failure, OSError) as failure:
        print(f"run.py: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main())
