"""Time Fortnight beside its peers and write what came out as JSON and as Markdown.

python -m bench --sizes 1,10,100 --cases 1,100,1000 --out bench/results/run.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench import exact
from bench.agreement import agreement, overlap
from bench.data import DATA, DAYS, PEOPLE_A_MILLION, Town, town
from bench.machine import describe, memory_speed
from bench.plan import Plan
from bench.registry import SOME
from bench.table import markdown
from bench.timing import Line, Timing

BRUTE_ROWS = 100_000
"""Brute force checks the answers in towns of at most this many segments."""


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for."""
    options = _parser().parse_args(arguments)
    plan = _plan(options)
    signal.signal(signal.SIGTERM, leave)
    out = Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    say("measuring the memory")
    result: dict[str, Any] = {
        "machine": describe(),
        "memory": memory_speed(),
        "plan": asdict(plan),
        "towns": [],
    }
    for size in plan.sizes:
        result["towns"].append(_town(plan, size))
        out.write_text(json.dumps(result, indent=1))
        out.with_suffix(".md").write_text(markdown(result))
    print(markdown(result))


def leave(number: int, _frame: object) -> None:
    """End on a signal as on an exception, so that jobs end their engines and servers."""
    sys.exit(128 + number)


def _town(plan: Plan, size: float) -> dict[str, Any]:
    people = round(size * PEOPLE_A_MILLION)
    say(f"town of {people} people, {plan.days} days")
    place = town(people, plan.town, plan.days)
    tables = {table: _table(plan, table, place) for table in plan.tables}
    return {"size": size, "town": asdict(place), "tables": tables}


def _table(plan: Plan, table: str, place: Town) -> list[dict[str, Any]]:
    store = work_folder(table, place)
    timing = Timing(plan, table, place, store, say)
    lines = timing.run()
    compared = _compared(plan, table, place, timing, lines)
    return [line.as_dict() | compared.get(line.engine, {}) for line in lines]


def work_folder(table: str, place: Town) -> Path:
    """Return an empty folder for the engines' own files and answers."""
    store = DATA / "work" / f"{table}-{place.kind}-{place.people}"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True)
    return store


def _compared(
    plan: Plan, table: str, place: Town, timing: Timing, lines: list[Line]
) -> dict[str, dict[str, Any]]:
    """Hold every kept answer against the reference of its number of cases."""
    out: dict[str, dict[str, Any]] = {line.engine: {"compared": {}} for line in lines}
    for count, lists in plan.questions(place.people).items():
        reference = _reference(place, table, timing, lines, (count, lists[0]))
        if reference is None:
            continue
        name, answer = reference
        for line in lines:
            path = timing.answer_of(line.engine, count)
            if path.exists():
                held = _held(table, answer, pq.read_table(path), whole=line.engine not in SOME)
                out[line.engine]["compared"][str(count)] = {"with": name} | held
    return out


def _held(table: str, reference: Any, answer: Any, *, whole: bool) -> dict[str, Any]:  # noqa: ANN401 - pa.Table
    if table == "fixes":
        return {f"from_{m}_min": asdict(overlap(reference, answer, m)) for m in (1, 15)}
    found = agreement(reference, answer, whole=whole)
    return asdict(found) | {"equal": found.equal}


def _reference(
    place: Town, table: str, timing: Timing, lines: list[Line], question: tuple[int, list[int]]
) -> tuple[str, Any] | None:
    """Return brute force where that is bearable, else Fortnight, else the first that answered.

    Table 2 is held against table 1's answer to the same question, from the same run.
    """
    count, cases = question
    if count == 1 and place.segment_rows <= BRUTE_ROWS:
        return "brute force", exact.brute_force(pq.read_table(place.segments), cases)
    first = DATA / "work" / f"segments-{place.kind}-{place.people}"
    paths = [first / f"fortnight-{count}.parquet", *sorted(first.glob(f"*-{count}.parquet"))]
    if table == "segments":
        paths = [timing.answer_of(line.engine, count) for line in lines]
    found = next((path for path in paths if path.exists()), None)
    return (found.stem.rpartition("-")[0], pq.read_table(found)) if found else None


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        sizes=tuple(float(size) for size in options.sizes.split(",")),
        cases=tuple(int(count) for count in options.cases.split(",")),
        tables=tuple(options.tables.split(",")),
        engines=tuple(name for name in options.engines.split(",") if name),
        rounds=options.rounds,
        limit_s=options.limit,
        prepare_limit_s=options.prepare_limit,
        town=options.town,
        days=options.days,
        seed=options.seed,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--sizes", default="1", help="millions of fixes, by comma (1,10,100)")
    add("--cases", default="1,100", help="cases asked at once, by comma (1,100,1000)")
    add("--tables", default="segments,fixes", help="segments, fixes or both")
    add("--engines", default="", help="only these, by comma; all where none is named")
    add("--rounds", type=int, default=3, help="how often each engine has its turn")
    add("--limit", type=float, default=120.0, help="seconds for one question")
    add("--prepare-limit", type=float, default=3_600.0, help="seconds for one index")
    add("--town", choices=("simulated", "plain"), default="simulated", help="kind of town")
    add("--days", type=int, default=DAYS, help="days of evidence")
    add("--seed", type=int, default=1, help="draws the cases")
    add("--out", default="bench/results/run.json", help="JSON; Markdown is written beside it")
    return parser


def say(words: str) -> None:
    """Tell how far it is, beside the report."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
