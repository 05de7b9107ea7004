# SPDX-License-Identifier: MIT
"""Makes tables and plots of the rows that run.py measures, and puts them into docs/performance.md."""

import itertools
import math
import re


def number(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def whole(value):
    return number(value, "{:,.0f}")


def both(form, *values):
    return " / ".join(number(value, form) for value in values)


def delays(run):
    return both("{:.1f}", run["p50_ms"], run["p99_ms"])


def mib(value):
    return number(None if value is None else value / 2**20, "{:.0f} MiB")


def kib(value):
    return number(value / 1024, "{:.2f} KiB")


def load(row):
    return f"{row['rate']}, {row['clients']:,} players"


# A server that waited longer than this part of the time had not got its processor for itself.
WAITED_SHARE = 0.08


def notes(row, *names):
    """What a reader must know to judge a row."""
    limited = [name for name in names if row[name]["generator_may_be_the_limit"]]
    found = [f"the load generator may be the limit ({', '.join(limited)})"] if limited else []
    if row.get("load_shares_a_processor"):
        found.append("the load generator shares a processor with worker 2, and gives way to it")
    disturbed = [name for name in names if row[name]["waited_share"] > WAITED_SHARE]
    if disturbed:
        found.append(f"others used the server's processor ({', '.join(disturbed)})")
    overflowing = [name for name in names if row[name].get("overflows")]
    if overflowing:
        found.append(f"losses are the load generator's, whose buffers were full ({', '.join(overflowing)})")
    return "; ".join(found)


# Of each kind of row: column heads, and the cells of a row.
TABLES = {
    "floor": (
        ["load", "umbel's players start", "ratio (median of pairs)", "pairs", "CPU s/GB: umbel / floor",
         "ns per client and frame: umbel / floor", "delay p50 / p99 ms: umbel", "floor", "lost", "note"],
        lambda r: [load(r), "in the cached GOP" if r.get("cached") else "at the next key frame",
                   number(r["ratio"], "**{:.3f}**"), both("{:.2f}", *sorted(r["ratios"])),
                   both("{:.3f}", r["umbel"]["cpu_s_per_gb"], r["floor"]["cpu_s_per_gb"]),
                   both("{:,.0f}", r["umbel"]["ns_per_client_and_frame"],
                        r["floor"]["ns_per_client_and_frame"]),
                   delays(r["umbel"]), delays(r["floor"]), whole(r["umbel"]["lost"]),
                   notes(r, "umbel", "floor")]),
    "udp": (
        ["load", "ratio (median of pairs)", "pairs", "CPU s/GB: umbel / floor",
         "ns per client and frame: umbel / floor", "delay p50 / p99 ms: umbel", "floor",
         "lost: umbel / floor", "note"],
        lambda r: [load(r), number(r["ratio"], "**{:.3f}**"), both("{:.2f}", *sorted(r["ratios"])),
                   both("{:.3f}", r["umbel"]["cpu_s_per_gb"], r["floor"]["cpu_s_per_gb"]),
                   both("{:,.0f}", r["umbel"]["ns_per_client_and_frame"],
                        r["floor"]["ns_per_client_and_frame"]),
                   delays(r["umbel"]), delays(r["floor"]),
                   both("{:,.0f}", r["umbel"]["lost"], r["floor"]["lost"]),
                   notes(r, "umbel", "floor")]),
    "scaling": (
        ["players", "ns per client and frame: umbel / floor", "cores: umbel / floor",
         "delay p50 / p99 ms: umbel", "floor", "lost: umbel / floor", "note"],
        lambda r: [whole(r["clients"]),
                   both("{:,.0f}", r["umbel"]["ns_per_client_and_frame"],
                        r["floor"]["ns_per_client_and_frame"]),
                   both("{:.2f}", r["umbel"]["cores"], r["floor"]["cores"]),
                   delays(r["umbel"]), delays(r["floor"]),
                   both("{:,.0f}", r["umbel"]["lost"], r["floor"]["lost"]),
                   notes(r, "umbel", "floor")]),
    "workers": (
        ["load", "CPU, two workers : one", "p99 delay, two : one",
         "ns per client and frame: one / two", "delay p50 / p99 ms: one", "two", "note"],
        lambda r: [load(r), number(r["ratio"], "**{:.2f}**"), number(r["p99_ratio"]),
                   both("{:,.0f}", r["one"]["ns_per_client_and_frame"],
                        r["two"]["ns_per_client_and_frame"]),
                   delays(r["one"]), delays(r["two"]), notes(r, "one", "two")]),
    "streams": (
        ["load", "CPU s/GB, many streams : one", "ns per client and frame: many / one",
         "memory: many / one", "lost: many / one", "note"],
        lambda r: [f"{r['rate']}, {r['streams']:,} streams of {r['players_each']} players : "
                   f"1 of {r['streams'] * r['players_each']:,}", number(r["ratio"], "**{:.2f}**"),
                   both("{:,.0f}", r["many"]["ns_per_client_and_frame"],
                        r["one"]["ns_per_client_and_frame"]),
                   f"{mib(r['many']['rss_bytes'])} / {mib(r['one']['rss_bytes'])}",
                   both("{:,.0f}", r["many"]["lost"], r["one"]["lost"]), notes(r, "many", "one")]),
    "storm": (
        ["load", "first IDR p99 of who joins, ms", "p99 delay of who plays, storm : quiet",
         "delay p50 / p99 ms: quiet", "storm", "all of them, no joins", "lost: who plays / who joins", "note"],
        lambda r: [f"{load(r)}, {r['joins']:,} joins at {r['join_rate']:,}/s",
                   number(r["first_idr_p99_ms"], "**{:.0f}**"), number(r["p99_ratio"]),
                   delays(r["quiet"]), delays(r["playing"]), delays(r["settled"]),
                   both("{:,.0f}", r["playing"]["lost"], r["joiners"]["lost"]),
                   notes(r, "quiet", "playing", "joiners", "settled")]),
    "isolation": (
        ["load", "p99 delay of the healthy, with : without", "delay p50 / p99 ms: without", "with",
         "lost by the healthy", "memory: without / with", "note"],
        lambda r: [f"{load(r)}, 10 % stalled, 10 % at {r['slow_rate']}",
                   number(r["p99_ratio"], "**{:.2f}**"), delays(r["without"]), delays(r["with"]),
                   whole(r["with"]["lost"]),
                   f"{mib(r['without']['rss_bytes'])} / {mib(r['with']['rss_bytes'])}",
                   notes(r, "without", "with")]),
    "memory": (
        ["per playing client", "per idle connection", "how"],
        lambda r: [f"**{kib(r['bytes_per_player'])}**", f"**{kib(r['bytes_per_idle_connection'])}**",
                   f"resident memory: {r['many']:,} players against {r['few']:,}; "
                   f"{r['idle']:,} connections after one OPTIONS"]),
    "compare": (
        ["server", "CPU s/GB : the first's", "CPU s/GB", "ns per client and frame",
         "delay p50 / p99 ms", "lost", "playing", "memory"],
        lambda r: [r["name"], number(r["ratio"], "**{:.2f}**"), number(r["cpu_s_per_gb"], "{:.3f}"),
                   whole(r["ns_per_client_and_frame"]), delays(r), whole(r["lost"]),
                   f"{whole(r['playing'])} of {r['clients']:,}", mib(r["rss_bytes"])]),
}

MICRO_HEADS = ["step", "ns: quickest round", "median", "slowest"]


def micro_cells(case):
    return [f"`{case['name']}`", *(number(case[name], "{:,.1f}")
                                   for name in ("ns_min", "ns_median", "ns_max"))]


def grid(heads, lines):
    """A Markdown table. A last column in which nothing stands is left out."""
    if heads[-1] == "note" and not any(line[-1] for line in lines):
        heads, lines = heads[:-1], [line[:-1] for line in lines]
    return [f"| {' | '.join(line)} |" for line in [heads, ["---"] * len(heads), *lines]]


def table(rows):
    if rows[0]["table"] == "micro":
        return grid(MICRO_HEADS, [micro_cells(case) for case in rows[0]["cases"]])
    heads, cells = TABLES[rows[0]["table"]]
    return grid(heads, [cells(row) for row in rows])


def line(row):
    """A row in one line, for the terminal."""
    if row["table"] == "micro":
        return f"micro: {len(row['cases'])} cases"
    heads, cells = TABLES[row["table"]]
    pairs = [f"{head}: {cell.replace('*', '')}" for head, cell in zip(heads, cells(row)) if cell]
    return f"{row['table']}: {'; '.join(pairs)}"


# Plots: plain SVG in colours that are legible on white and on black.

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 56, 48
COLOURS = ["#3b82f6", "#f97316", "#8b5cf6", "#b45309"]


def ticks(top):
    """Round steps from 0 past 'top', eight at the most."""
    step = 10 ** math.floor(math.log10(top))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if top / s <= 8)
    return [step * i for i in range(math.ceil(top / step) + 1)]


def decades(bottom, top):
    """The powers of ten around what lies between 'bottom' and 'top'."""
    first = math.floor(math.log10(bottom))
    return [10.0 ** i for i in range(first, max(math.ceil(math.log10(top)), first + 1) + 1)]


def text(x, y, words, anchor="middle"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def axes(title, unit, x_of, y_of, xs, marks):
    yield text(LEFT, 18, f"{title}, {unit}", "start")
    for mark in marks:
        y = y_of(mark)
        yield f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        yield text(LEFT - 8, y + 4, f"{mark:,.10g}", "end")
    for x in xs:
        yield text(x_of(x), HEIGHT - BOTTOM + 20, f"{x:,}")
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "players")


def curve(name, points, colour, legend_x, x_of, y_of):
    places = [(x_of(x), y_of(y)) for x, y in points]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
    yield f'<circle cx="{legend_x}" cy="36" r="4" fill="{colour}"/>'
    yield text(legend_x + 10, 40, name, "start")


def plot(title, unit, curves, logarithmic=False):
    """Curves over the number of players, which grows by its logarithm. {name: [(players, value)...]}"""
    xs = sorted({x for points in curves.values() for x, _ in points})
    ys = [y for points in curves.values() for _, y in points]
    marks = decades(min(ys), max(ys)) if logarithmic else ticks(max(ys))
    scale = math.log if logarithmic else float
    span = math.log(xs[-1] / xs[0]) or 1

    def x_of(x):
        return LEFT + 20 + (WIDTH - LEFT - RIGHT - 40) * math.log(x / xs[0]) / span

    def y_of(y):
        share = (scale(y) - scale(marks[0])) / (scale(marks[-1]) - scale(marks[0]))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
             "<style>text{font:12px sans-serif;fill:#64748b}.grid{stroke:#94a3b8;stroke-opacity:.3}</style>",
             *axes(title, unit, x_of, y_of, xs, marks)]
    for i, (name, points) in enumerate(curves.items()):
        parts += curve(name, points, COLOURS[i % len(COLOURS)], LEFT + 6 + 150 * i, x_of, y_of)
    return "\n".join([*parts, "</svg>", ""])


def series(rows, kind, name):
    return [(row["clients"], row[kind][name]) for row in rows if row[kind][name] is not None]


def plots(rows):
    """(file name, SVG) of each plot for which there are rows."""
    rows = [row for row in rows if row["table"] == "scaling"]
    if not rows:
        return
    cost = {kind: series(rows, kind, "ns_per_client_and_frame") for kind in ("umbel", "floor")}
    yield "performance-cost.svg", plot("Cost on one worker, by players", "ns per client and frame", cost)
    delay = {f"{kind} {name}": series(rows, kind, f"{name}_ms")
             for kind, name in itertools.product(("umbel", "floor"), ("p50", "p99"))}
    yield "performance-delay.svg", plot("Delay on one worker, by players", "ms", delay,
                                        logarithmic=True)


def sections(rows):
    """{name: lines} of what stands between the markers."""
    found = {}
    for name, group in itertools.groupby(rows, lambda row: row["table"]):
        group = list(group)
        if name == "about":
            found[name] = [f"{group[0]['version']}, {group[0]['processors']} processors, "
                           f"Linux {group[0]['kernel']}, loopback."]
        else:
            found[name] = table(group)
    return found


def fill(page, found):
    """The page with each '<!-- results: NAME -->' section replaced, as far as there are results of it."""
    def section(match):
        lines = found.get(match[1])
        return match[0] if lines is None else "\n".join([f"<!-- results: {match[1]} -->", *lines,
                                                         "<!-- end -->"])

    return re.sub(r"<!-- results: (\w+) -->\n.*?<!-- end -->", section, page, flags=re.S)


def write_docs(directory, rows):
    page = directory / "performance.md"
    page.write_text(fill(page.read_text("utf-8"), sections(rows)), "utf-8")
    for name, svg in plots(rows):
        (directory / name).write_text(svg, "utf-8")
