"""Markdown from what a run wrote as JSON.

python -m bench.table bench/results/run.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

FIRST: Final = "fortnight"
GIB: Final = 1 << 30
NOTHING: Final = "\N{EN DASH}"


def markdown(result: dict[str, Any]) -> str:
    """Return the whole report of one run."""
    parts = [_machine(result)]
    for place in result["towns"]:
        for table, lines in place["tables"].items():
            head = "every engine gets the same segments" if table == "segments" else "raw fixes"
            parts.append(f"## {_town(place)}: {head}\n\n{_times(lines, result['plan']['cases'])}")
            parts.append(_costs(lines))
            parts.append(_agreement(lines) if table == "segments" else _overlap(lines))
    parts.append(_settings(result))
    return "\n\n".join(part for part in parts if part) + "\n"


def main() -> None:
    """Print the report of a JSON file."""
    print(markdown(json.loads(Path(sys.argv[1]).read_text())))


def _machine(result: dict[str, Any]) -> str:
    machine, memory = result["machine"], result["memory"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}, "
        f"{versions}. Memory in the same run: {memory['stream_bytes_a_second'] / 1e9:.1f} GB/s "
        f"streaming, {memory['gather_ns']:.0f} ns a random gather, {memory['hop_ns']:.0f} ns a "
        "dependent miss. Warm; median (least to most); what a figure is of Fortnight's in brackets."
    )


def _town(place: dict[str, Any]) -> str:
    town = place["town"]
    rows = f"{town['segment_rows']:,} segments"
    return f"{town['fix_rows']:,} fixes, {rows}, {town['people']:,} people, {town['kind']} town"


def _times(lines: list[dict[str, Any]], counts: list[int]) -> str:
    first: dict[str, Any] = next((line["results"] for line in lines if line["engine"] == FIRST), {})
    heads = [f"{count:,} case{'s' if count > 1 else ''}" for count in counts]
    rows = [
        [f"{line['name']} {line['version']}", *(_cell(line, count, first) for count in counts)]
        for line in lines
    ]
    return grid(["engine", *heads], rows)


def _cell(line: dict[str, Any], count: int, first: dict[str, Any]) -> str:
    result = line["results"].get(str(count))
    if result is None:
        problem = line["problem"]
        return str(problem.get(str(count)) or problem.get("all") or NOTHING)
    low, high = seconds(result["min_s"]), seconds(result["max_s"])
    words = f"{seconds(result['median_s'])} ({low} to {high})"
    if line["engine"] != FIRST and str(count) in first:
        words += f" [{result['median_s'] / first[str(count)]['median_s']:,.1f} x]"
    return words


def _costs(lines: list[dict[str, Any]]) -> str:
    rows = [
        [
            line["name"],
            seconds(line["prepare_s"]),
            seconds(min(line["open_s"])) if line["open_s"] else NOTHING,
            f"{line['disk_bytes'] / GIB:.2f}",
            f"{line['prepare_peak_bytes'] / GIB:.2f}",
            f"{line['peak_bytes'] / GIB:.2f}",
        ]
        for line in lines
        if line["prepare_s"] is not None
    ]
    heads = ["engine", "prepare", "open", "disk GiB", "peak GiB preparing", "peak GiB asking"]
    return grid(heads, rows)


def _agreement(lines: list[dict[str, Any]]) -> str:
    rows = [
        [
            line["name"],
            f"{int(count):,}",
            held["with"],
            "equal" if held["equal"] else "DIFFERENT",
            f"{held['contacts']:,}",
            f"{held['only_reference']} / {held['only_other']}",
            str(held["borderline"]),
            f"{held['largest_difference_s']:.6f}",
        ]
        for line in lines
        for count, held in line["compared"].items()
    ]
    heads = [
        "engine",
        "cases",
        "held against",
        "answer",
        "contacts",
        "lacking / extra",
        "borderline",
        "largest difference, s",
    ]
    return grid(heads, rows)


def _overlap(lines: list[dict[str, Any]]) -> str:
    rows = [
        [
            line["name"],
            f"{int(count):,}",
            held["with"],
            *(
                f"{held[key]['contacts']:,} / {held[key]['found']:,}, "
                f"{held[key]['recall']:.0%}, {held[key]['jaccard']:.0%}"
                for key in ("from_1_min", "from_15_min")
            ),
        ]
        for line in lines
        for count, held in line["compared"].items()
    ]
    what = "reference / found, recall, Jaccard"
    heads = ["engine", "cases", "held against", f"from 1 min: {what}", f"from 15 min: {what}"]
    return grid(heads, rows)


def _settings(result: dict[str, Any]) -> str:
    known = {
        (line["name"], line["setting"])
        for place in result["towns"]
        for lines in place["tables"].values()
        for line in lines
    }
    return "\n".join(f"- **{name}**: {setting}." for name, setting in sorted(known))


def grid(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, or nothing where there are no rows."""
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def seconds(value: float) -> str:
    """Return a time in the unit that reads best, three figures."""
    if value < 1.0:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 1e3 else f"{value:,.0f} s"  # noqa: PLR2004 - three figures


if __name__ == "__main__":
    main()
