# SPDX-License-Identifier: MIT
"""Rules about the sources: who may include whom, headers that stand alone, licence lines, format.

usage: lint.py ROOT

One TAP line a rule on stdout; findings as 'file:line: what is wrong' on stderr. A rule whose tool is not
installed is skipped.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

FOLDERS = ["core", "net", "rtp", "rtsp", "bench", "tests"]

# The folders that a folder's files may include beside their own.
ARROWS = {
    "core": [],
    "net": ["core"],
    "rtp": ["core"],
    "rtsp": ["core", "net", "rtp"],
    "bench": ["core", "net", "rtp", "rtsp"],
    "tests": FOLDERS,
}

# The same for the rooms of rtsp/. What stands in rtsp/ itself composes them all.
RTSP_ARROWS = {
    "rtsp/message": [],
    "rtsp/sdp": [],
    "rtsp/pattern": [],
    "rtsp/fanout": ["rtsp/sdp"],
    "rtsp/source": ["rtsp/message", "rtsp/sdp", "rtsp/pattern"],
    "rtsp/session": ["rtsp/message", "rtsp/sdp", "rtsp/fanout", "rtsp/source"],
}

# Who may include liburcu: one header for all of it, one more file for the hash table.
URCU_FILES = ["core/rcu.h"]
RCULFHASH_FILES = ["core/rcu.h", "core/registry.c"]

SPDX = "SPDX-License-Identifier: MIT"
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
CFLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-D_LGPL_SOURCE", "-iquote", ".", "-fsyntax-only", "-Wall",
          "-Wextra", "-Werror", "-x", "c", "-"]


def sources(root, *suffixes):
    return sorted(path.relative_to(root).as_posix() for folder in FOLDERS
                  for path in (root / folder).rglob("*") if path.suffix in suffixes)


def includes(root, name):
    """(line number, '<' or '"', what is included) of each include directive."""
    text = (root / name).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found[1], found[2]


def include_arrows(root):
    for name in sources(root, ".c", ".h"):
        own = name.split("/")[0]
        for line, mark, target in includes(root, name):
            folder = target.split("/")[0]
            if mark == '"' and folder in FOLDERS and folder not in [own, *ARROWS[own]]:
                yield f"{name}:{line}: {own} must not include \"{target}\""


def include_arrows_of_rtsp(root):
    for name in sources(root, ".c", ".h"):
        own = os.path.dirname(name)
        allowed = RTSP_ARROWS.get(own)
        if allowed is None:
            if own.startswith("rtsp/"):
                yield f"{name}:1: {own} has no arrows yet"
            continue
        for line, mark, target in includes(root, name):
            folder = os.path.dirname(target)
            if mark == '"' and folder.split("/")[0] == "rtsp" and folder not in [own, *allowed]:
                yield f"{name}:{line}: {own} must not include \"{target}\""


def includes_are_root_relative(root):
    for name in sources(root, ".c", ".h"):
        for line, mark, target in includes(root, name):
            if mark == '"' and target.split("/")[0] not in FOLDERS:
                yield f"{name}:{line}: \"{target}\" does not begin with a folder of the root"
            elif mark == '"' and not (root / target).is_file():
                yield f"{name}:{line}: there is no {target}"


def own_header_comes_first(root):
    for name in sources(root, ".c"):
        header = name[:-2] + ".h"
        first = next(includes(root, name), None)
        if (root / header).is_file() and (first is None or first[2] != header):
            yield f"{name}:{first[0] if first else 1}: the first include must be \"{header}\""


def liburcu_has_one_door(root):
    for name in sources(root, ".c", ".h"):
        for line, mark, target in includes(root, name):
            allowed = RCULFHASH_FILES if target == "urcu/rculfhash.h" else URCU_FILES
            if mark == "<" and target.startswith("urcu") and name not in allowed:
                yield f"{name}:{line}: <{target}> may be included by {' and '.join(allowed)} only"


def headers_have_pragma_once(root):
    for name in sources(root, ".h"):
        if not re.search(r"^#pragma once$", (root / name).read_text(encoding="utf-8"), re.M):
            yield f"{name}:1: no #pragma once"


def licence_line_is_first(root):
    names = sources(root, ".c", ".h", ".py", ".sh", ".pml")
    names += [name for name in ("dev", ".ci/run") if (root / name).is_file()]
    for name in names:
        lines = (root / name).read_text(encoding="utf-8").splitlines() or [""]
        place = 1 if lines[0].startswith("#!") else 0
        if SPDX not in "".join(lines[place:place + 1]):
            yield f"{name}:{place + 1}: no '{SPDX}'"


def headers_compile_alone(compiler):
    def check_one(root, name):
        # Twice, so that a header without a guard is found as well.
        unit = f'#include "{name}"\n#include "{name}"\n'
        done = subprocess.run([compiler, *CFLAGS], input=unit, cwd=root, text=True,
                              capture_output=True)
        return [f"{name}:1: does not compile alone with {compiler}",
                *done.stderr.splitlines()[:8]] if done.returncode else []

    def rule(root):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for findings in pool.map(lambda n: check_one(root, n), sources(root, ".h")):
                yield from findings

    return rule


def clang_format_agrees(root):
    done = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=3", *sources(root, ".c", ".h")],
                          cwd=root, text=True, capture_output=True)
    yield from (line for line in done.stderr.splitlines() if ": warning:" in line or ": error:" in line)


def shellcheck_agrees(root):
    scripts = [name for name in ("dev", ".ci/run") if (root / name).is_file()]
    done = subprocess.run(["shellcheck", "-f", "gcc", *scripts, *sources(root, ".sh")], cwd=root,
                          text=True, capture_output=True)
    yield from done.stdout.splitlines()


# Name, the program that it needs, the rule.
RULES = [
    ("include_arrows", None, include_arrows),
    ("include_arrows_of_rtsp", None, include_arrows_of_rtsp),
    ("includes_are_root_relative", None, includes_are_root_relative),
    ("own_header_comes_first", None, own_header_comes_first),
    ("liburcu_has_one_door", None, liburcu_has_one_door),
    ("headers_have_pragma_once", None, headers_have_pragma_once),
    ("licence_line_is_first", None, licence_line_is_first),
    ("headers_compile_alone_with_gcc", "gcc", headers_compile_alone("gcc")),
    ("headers_compile_alone_with_clang", "clang", headers_compile_alone("clang")),
    ("clang_format_agrees", "clang-format", clang_format_agrees),
    ("shellcheck_agrees", "shellcheck", shellcheck_agrees),
]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    failed = False
    print(f"1..{len(RULES)}")
    for number, (name, tool, rule) in enumerate(RULES, 1):
        if tool and not shutil.which(tool):
            print(f"ok {number} - lint.{name} # SKIP {tool} is not installed")
            continue
        findings = list(rule(root))
        failed |= bool(findings)
        for finding in findings:
            print(finding, file=sys.stderr, flush=True)
        print(f"{'not ok' if findings else 'ok'} {number} - lint.{name}", flush=True)
    return 1 if failed else 0


sys.exit(main())
