# SPDX-License-Identifier: MIT
"""Adds up the results that './dev test' has gathered, and ends in one line: 'N passed, N failed'.

usage: summary.py DIRECTORY

DIRECTORY holds meson's test logs (NAME.json, one test program a line), TAP files (NAME.tap), and in
findings/ what sanitizers reported. Each case of a program that speaks TAP counts one, and so does each
other program, and each finding.
"""

import json
import pathlib
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b[ \d]*(?:- )?(.*?)(?:\s+#\s*(SKIP|TODO)?.*)?$", re.I | re.M)


def tap_results(text):
    """(name, passed) of each case; a skipped one counts neither way."""
    for failed, name, directive in TAP_LINE.findall(text):
        if directive.upper() != "SKIP":
            yield name, not failed or directive.upper() == "TODO"


def program_results(run):
    """The cases of one line of meson's log, or the program itself."""
    name, good = run["name"], run["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
    cases = [(f"{name}: {case}", passed) for case, passed in tap_results(run.get("stdout") or "")]
    if not good and all(passed for _, passed in cases):
        # It crashed, ran out of time, or speaks no TAP.
        cases.append((f"{name}: {run['result'].lower()}, exit status {run['returncode']}", False))
    elif not cases and run["result"] != "SKIP":
        cases.append((name, True))
    return cases


def results(directory):
    for path in sorted(directory.glob("*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for name, passed in program_results(json.loads(line)):
                yield f"{path.stem}: {name}", passed
    for path in sorted(directory.glob("*.tap")):
        yield from tap_results(path.read_text(encoding="utf-8"))
    for path in sorted(directory.glob("findings/*")):
        report = path.read_text(encoding="utf-8", errors="replace")
        first = next((line for line in report.splitlines() if "Sanitizer" in line or "error:" in line), "")
        yield f"sanitizer: {path}: {first.strip()}", False


def main():
    everything = list(results(pathlib.Path(sys.argv[1])))
    failed = [name for name, passed in everything if not passed]
    print()
    for name in failed:
        print("failed:", name)
    print(f"{len(everything) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not everything else 0


sys.exit(main())
