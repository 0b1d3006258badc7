"""Ask every engine the same questions, in rounds, so that a busy minute hits all of them."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.jobs import EngineError, Job, OverLimitError
from bench.plan import LONG_S, Plan, refusal
from bench.registry import TABLES, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.data import Town


@dataclass(slots=True)
class Line:
    """All that was measured of one engine in one town."""

    engine: str
    name: str
    setting: str
    version: str
    prepare_s: float | None = None
    prepare_peak_bytes: int = 0
    disk_bytes: int = 0
    open_s: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    samples: dict[int, list[float]] = field(default_factory=dict)
    rows: dict[int, float] = field(default_factory=dict)  # contacts, the median of all lists
    problem: dict[str, str] = field(default_factory=dict)  # "all", "prepare", or cases

    def as_dict(self) -> dict[str, Any]:
        """Return everything, with medians, as plain values for JSON."""
        results = {
            str(count): {
                "median_s": statistics.median(samples),
                "min_s": min(samples),
                "max_s": max(samples),
                "samples": samples,
                "rows": self.rows[count],
            }
            for count, samples in self.samples.items()
            if samples
        }
        plain = {name: getattr(self, name) for name in _PLAIN}
        return plain | {"results": results}


_PLAIN = (
    "engine",
    "name",
    "setting",
    "version",
    "prepare_s",
    "prepare_peak_bytes",
    "disk_bytes",
    "open_s",
    "peak_bytes",
    "problem",
)


class Timing:
    """One table in one town: prepares all engines, then asks them in turn."""

    def __init__(
        self, plan: Plan, table: str, town: Town, store: Path, say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._town = town
        self._store = store
        self._say = say
        self._paths = {
            name: path
            for name, path in TABLES[table].items()
            if not plan.engines or name in plan.engines
        }
        self._source = town.segments if table == "segments" else town.fixes
        self._questions = plan.questions(town.people)

    def run(self) -> list[Line]:
        """Return one line for each engine, in the order of the registry."""
        lines = {name: self._line(name) for name in self._paths}
        for name, line in lines.items():
            if not line.problem:
                self._prepare(name, line)
        for number in range(self._plan.rounds):
            for name, line in lines.items():
                if "all" not in line.problem:
                    self._say(f"{line.name}: round {number + 1}")
                    self._round(name, line, number)
        return list(lines.values())

    def answer_of(self, name: str, count: int) -> Path:
        """Return where an engine's answer for the first list of ``count`` cases is kept."""
        return self._store / f"{name}-{count}.parquet"

    def _line(self, name: str) -> Line:
        engine = make(self._paths[name])
        reason = engine.available()
        most = engine.limit_people
        if reason is None and most is not None and self._town.people > most:
            reason = f"not asked: over {most} people"
        version = engine.version() if reason is None else ""
        problem = {"all": reason} if reason else {}
        return Line(name, engine.name, engine.setting, version, problem=problem)

    def _prepare(self, name: str, line: Line) -> None:
        workdir = self._workdir(name)
        shutil.rmtree(workdir, ignore_errors=True)
        workdir.mkdir(parents=True)
        self._say(f"{line.name}: preparing")
        try:
            with self._job(name) as job:
                reply = job.ask(
                    self._plan.prepare_limit_s,
                    do="prepare",
                    source=self._source,
                    workdir=str(workdir),
                )
        except (OverLimitError, EngineError) as problem:
            line.problem["all"] = f"prepare: {problem}"
            return
        line.prepare_s, line.prepare_peak_bytes = reply.seconds, reply.peak_bytes
        line.disk_bytes = sum(p.stat().st_size for p in workdir.rglob("*") if p.is_file())

    def _round(self, name: str, line: Line, number: int) -> None:
        try:
            with self._job(name) as job:
                opened = job.ask(
                    self._plan.prepare_limit_s, do="open", workdir=str(self._workdir(name))
                )
                line.open_s.append(opened.seconds)
                for count, lists in self._questions.items():
                    self._ask(job, name, line, number, count, lists)
        except OverLimitError as problem:
            if not any(count.isdigit() for count in line.problem):
                line.problem["all"] = f"open: {problem}"
        except EngineError as problem:
            line.problem["all"] = str(problem)

    def _ask(
        self, job: Job, name: str, line: Line, number: int, count: int, lists: list[list[int]]
    ) -> None:
        """Warm up with the very lists that are timed after it; the first answer is kept."""
        if str(count) in line.problem or self._seldom(line, number, count):
            return
        engine = make(self._paths[name])
        reason = refusal((engine.limit_people, engine.limit_cases), self._town.people, count)
        if reason:
            line.problem[str(count)] = reason
            return
        samples = line.samples.setdefault(count, [])
        limit = self._plan.limit_s
        try:
            answer = str(self.answer_of(name, count))
            job.ask(limit, do="save", cases=lists[0], answer=answer)
            for cases in lists[1:]:
                job.ask(limit, do="contacts", cases=cases)
            replies = [job.ask(limit, do="contacts", cases=cases) for cases in lists]
        except OverLimitError as problem:
            for more in (each for each in self._questions if each >= count):
                line.problem.setdefault(str(more), str(problem))
            raise
        samples += [reply.seconds for reply in replies]
        line.rows[count] = statistics.median(reply.rows for reply in replies)
        line.peak_bytes = max(line.peak_bytes, *(reply.peak_bytes for reply in replies))

    def _seldom(self, line: Line, number: int, count: int) -> bool:
        samples = line.samples.get(count, [])
        return number > 0 and bool(samples) and statistics.median(samples) > LONG_S

    def _job(self, name: str) -> Job:
        return Job(self._paths[name], self._store / f"{name}.log")

    def _workdir(self, name: str) -> Path:
        return self._store / name
