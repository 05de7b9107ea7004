# SPDX-License-Identifier: MIT
"""umbel-micro: it works, it ends, and what it writes is sane. No case fails on a time.

usage: test_micro.py UMBEL_MICRO

One TAP line a case on stdout; why a case failed on stderr.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import traceback

TIMEOUT_SECONDS = 60  # far more than it takes, so that it only ends what hangs
FIELDS = {"name", "ns_min", "ns_median", "ns_max", "rounds"}
LAYERS = {"ring", "registry", "rtp", "rtsp", "image"}


def run(*flags):
    return subprocess.run([sys.argv[1], *flags], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=TIMEOUT_SECONDS)


def listed(*flags):
    done = run("--list", *flags)
    assert done.returncode == 0, done
    return [line.split()[0] for line in done.stdout.splitlines()]


def measured(*flags):
    """The rows of the JSON, and the names in the table, of a quick run that must succeed."""
    with tempfile.TemporaryDirectory(prefix="umbel-micro-") as directory:
        path = pathlib.Path(directory, "results.json")
        done = run("--quick", "--json", str(path), *flags)
        assert done.returncode == 0 and done.stderr == "", done
        table = [line.split()[0] for line in done.stdout.splitlines() if "/" in line]
        return json.loads(path.read_text(encoding="utf-8")), table


def quick_run_measures_all_that_is_listed():
    names = listed()
    assert len(set(names)) == len(names), names
    assert {name.split("/")[0] for name in names} == LAYERS, names
    rows, table = measured()
    assert [row["name"] for row in rows] == names == table, (rows, table)
    for row in rows:
        assert set(row) == FIELDS, row
        assert 0 < row["ns_min"] <= row["ns_median"] <= row["ns_max"], row
        assert row["rounds"] >= 5, row


def what_is_packed_is_unpacked_too():
    def kinds(operation):
        return {name.split("/")[2] for name in listed("--only", f"rtp/{operation}/*")}
    assert kinds("pack") == kinds("unpack") >= kinds("pack-udp") | kinds("measure"), listed()


def only_takes_what_the_pattern_matches():
    names = [name for name in listed() if name.startswith("rtsp/")]
    rows, _ = measured("--only", "rtsp/*")
    assert names and [row["name"] for row in rows] == names == listed("--only", "rtsp/*"), rows


def help_names_every_flag():
    done = run("--help")
    flags = ["--list", "--only", "--quick", "--json", "--version", "--help"]
    assert done.returncode == 0 and all(flag in done.stdout for flag in flags), done


def wrong_usage_is_explained():
    for flags, word in [(["--wrong"], "--wrong"), (["stray"], "stray"), (["--only"], "--only"),
                        (["--only", "none-such"], "none-such"), (["--quick=1"], "--quick")]:
        done = run(*flags)
        assert done.returncode == 2 and done.stdout == "" and word in done.stderr, done


def file_that_cannot_be_written_is_named():
    for path in ["/nonexistent/results.json", "/dev/full"]:
        done = run("--quick", "--only", "rtsp/read/setup", "--json", path)
        assert done.returncode == 1 and path in done.stderr, done


CASES = [quick_run_measures_all_that_is_listed, what_is_packed_is_unpacked_too,
         only_takes_what_the_pattern_matches, help_names_every_flag, wrong_usage_is_explained,
         file_that_cannot_be_written_is_named]


def main():
    failed = False
    print(f"1..{len(CASES)}")
    for number, function in enumerate(CASES, 1):
        verdict = "ok"
        try:
            function()
        except Exception:
            # On stderr, as meson shows of a TAP program nothing else.
            print(f"micro.{function.__name__} failed:\n{traceback.format_exc()}", file=sys.stderr)
            verdict, failed = "not ok", True
        print(f"{verdict} {number} - micro.{function.__name__}", flush=True)
    return 1 if failed else 0


sys.exit(main())
