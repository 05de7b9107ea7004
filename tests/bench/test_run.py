# SPDX-License-Identifier: MIT
"""bench/run.py: it works, it ends, its rows are sane, and tables and plots can be made of them. No case fails
on a time.

usage: test_run.py BUILD_DIRECTORY
"""

import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import traceback
import xml.etree.ElementTree

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
BUILD = sys.argv[1]
TIMEOUT_SECONDS = 150  # far more than it takes, so that it only ends what hangs

sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
report = importlib.import_module("report")


def runner(*arguments):
    return subprocess.run([sys.executable, "-B", BENCH / "run.py", "--build", BUILD, *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS)


def smoke_rows(directory):
    path = directory / "rows.json"
    done = runner("--out", path, "smoke")
    assert done.returncode == 0 and done.stderr == "", done
    return json.loads(path.read_text("utf-8"))


# The runs inside a row, by its kind.
RUNS = {"floor": ["umbel", "floor"], "udp": ["umbel", "floor"], "scaling": ["umbel", "floor"],
        "workers": ["one", "two"], "streams": ["one", "many"], "storm": ["quiet", "playing", "joiners", "settled"],
        "isolation": ["without", "with"]}


def every_kind_of_row_is_measured(rows):
    kinds = list(dict.fromkeys(row["table"] for row in rows))
    assert kinds == ["about", *RUNS, "memory", "micro"], kinds
    assert rows[0]["processors"] >= 1 and rows[0]["version"].startswith("umbel "), rows[0]
    assert len(rows[-1]["cases"]) > 0, rows[-1]


def every_run_has_players_that_got_everything(rows):
    for row in rows:
        for name in RUNS.get(row["table"], []):
            run = row[name]
            assert run["playing"] > 0 and run["units"] > 0 and run["lost"] == 0, (row["table"], run)
            assert run["cpu_s_per_gb"] > 0 and run["rss_bytes"] > 0, (row["table"], run)
            if run["p50_ms"] is not None:  # few joiners stay long enough for one
                assert 0 < run["p50_ms"] <= run["p99_ms"], (row["table"], run)


def tables_are_put_between_their_markers(rows):
    found = report.sections(rows)
    page = "".join(f"before\n<!-- results: {name} -->\nold\n<!-- end -->\n" for name in [*found, "other"])
    filled = report.fill(page, found)
    assert filled.count("old") == 1 and filled.count("before") == len(found) + 1, filled
    assert report.fill(filled, found) == filled, "a second time changes nothing"
    for name, lines in found.items():
        columns = {line.count("|") for line in lines}
        assert len(columns) == 1 and all(line in filled for line in lines), (name, lines)


def page_has_a_place_for_every_table(rows):
    page = (BENCH.parent / "docs/performance.md").read_text("utf-8")
    for name in report.sections(rows):
        assert page.count(f"<!-- results: {name} -->\n") == 1, name
    for name, _ in report.plots(rows):
        assert f"]({name})" in page, name


def plots_are_well_formed(rows):
    plots = dict(report.plots(rows))
    assert len(plots) == 2, plots
    for svg in plots.values():
        xml.etree.ElementTree.fromstring(svg)


def wrong_usage_is_explained(_):
    for arguments in [[], ["wrong"], ["compare"], ["compare", "x=y"], ["smoke", "a=rtsp://h/p:1"]]:
        done = runner(*arguments)
        assert done.returncode == 2 and "usage" in done.stderr, done


def what_cannot_be_measured_is_named(_):
    with tempfile.TemporaryDirectory(prefix="umbel-bench-") as directory:
        done = runner("--out", f"{directory}/rows.json", "--seconds", "1", "compare",
                      "none=rtsp://127.0.0.1:9/live/x:1")
        assert done.returncode == 1 and "umbel-load" in done.stderr, done


CASES = [every_kind_of_row_is_measured, every_run_has_players_that_got_everything,
         tables_are_put_between_their_markers, page_has_a_place_for_every_table, plots_are_well_formed,
         wrong_usage_is_explained, what_cannot_be_measured_is_named]


def main():
    failed = False
    print(f"1..{len(CASES)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="umbel-bench-") as directory:
        rows = smoke_rows(pathlib.Path(directory))
    for number, function in enumerate(CASES, 1):
        verdict = "ok"
        try:
            function(rows)
        except Exception:
            # On stderr, as meson shows of a TAP program nothing else.
            print(f"run.{function.__name__} failed:\n{traceback.format_exc()}", file=sys.stderr)
            verdict, failed = "not ok", True
        print(f"{verdict} {number} - run.{function.__name__}", flush=True)
    return 1 if failed else 0


sys.exit(main())
