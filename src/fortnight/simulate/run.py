"""Make a town, live its days, and write down what phones saw and what was true."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

import pyarrow as pa

from fortnight.errors import QuestionError
from fortnight.evidence.schema import FIXES
from fortnight.simulate import files
from fortnight.simulate.meetings import (
    MOST_FIRSTS,
    Meetings,
    Presences,
    find_meetings,
    join_presences,
)
from fortnight.simulate.world import Lived, World, live_block, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fortnight.simulate.phones import Phones

FIRST_DAY: Final = date(2026, 3, 2)  # a Monday
MOST_THREADS: Final = 256

_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class TownSummary:
    """What was made, and where it lies."""

    folder: Path
    people: int
    days: int
    seed: int
    households: int
    places: int  # homes, workplaces, schools and venues
    fixes: int
    truth_rows: int | None  # None where no truth was asked for
    start_ms: int  # 00:00 UTC of the first day, milliseconds since 1970
    end_ms: int  # 00:00 UTC after the last day


def simulate(
    people: int,
    days: int,
    seed: int,
    out: Path,
    *,
    start: date = FIRST_DAY,
    truth: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> TownSummary:
    """Make a seeded town and write ``fixes.parquet``, ``people.parquet`` and ``truth.parquet``.

    Same arguments, same bytes, whatever the number of threads. Fixes stream to disk in blocks
    of about a million; what grows with the town in memory are its presences (about 1 kB a
    person and day), and only where truth is asked for.

    Parameters
    ----------
    people
        Inhabitants, 1 to 1,000,000; each carries one phone.
    days
        1 to 366.
    seed
        0 or more.
    out
        Folder, made where it is missing. Files of these names in it are overwritten, and an old
        ``truth.parquet`` is removed where none is asked for.
    start
        Day 0, from 00:00 UTC.
    truth
        Whether to work out who truly met whom.
    on_progress
        Called with steps done and steps in all, from the calling thread.
    threads
        Blocks and days that are worked on at once.

    Raises
    ------
    QuestionError
        Where a number is out of its range.

    """
    if not 1 <= threads <= MOST_THREADS:
        raise QuestionError(f"threads is {threads}: give a number from 1 to {MOST_THREADS}.")
    world = make_world(people, days, seed, start)
    steps = _Steps(len(world.bounds) + (days if truth else 0), on_progress)
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        work = _Work(pool, threads)
        kept = _write_fixes(out / files.FIXES_FILE, work, world, steps, truth=truth)
        window = (world.origin_ms, world.end_ms)
        files.write_people(out / files.PEOPLE_FILE, world.town, kept.phones, window)
        rows = _write_truth(out / files.TRUTH_FILE, work, world, kept.presences, steps)
    return TownSummary(
        folder=out,
        people=people,
        days=days,
        seed=seed,
        households=world.town.households.count,
        places=len(world.town.setting),
        fixes=kept.fixes,
        truth_rows=rows,
        start_ms=world.origin_ms,
        end_ms=world.end_ms,
    )


class _Steps:
    """Counts what is done and tells whoever asked."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self._done = 0
        self._total = total
        self._tell = on_progress

    def advance(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)


@dataclass(frozen=True, slots=True)
class _Work:
    """Threads that work ahead of whoever writes, but never far."""

    pool: ThreadPoolExecutor
    ahead: int

    def in_order(self, make: Callable[[int], _Done], count: int) -> Iterator[_Done]:
        """Yield what `make` returns for 0, 1, ... in that order."""
        waiting: deque[Future[_Done]] = deque()
        for number in range(count):
            waiting.append(self.pool.submit(make, number))
            if len(waiting) > self.ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is remembered of all blocks once their fixes are written."""

    fixes: int
    phones: list[Phones]
    presences: list[list[Presences]] | None  # of each day, where truth is asked for


def _write_fixes(path: Path, work: _Work, world: World, steps: _Steps, *, truth: bool) -> _Kept:
    def live(number: int) -> Lived:
        return live_block(world, number, truth=truth)

    fixes = 0
    phones: list[Phones] = []
    presences: list[list[Presences]] = [[] for _ in range(world.days)]
    with files.open_writer(path, FIXES, files.FIXES_DICTIONARY) as writer:
        for lived in work.in_order(live, len(world.bounds)):
            writer.write_table(lived.fixes, row_group_size=files.ROWS_A_GROUP)
            fixes += lived.fixes.num_rows
            phones.append(lived.phones)
            for day, part in enumerate(lived.presences):
                presences[day].append(part)
            steps.advance()
    return _Kept(fixes, phones, presences if truth else None)


def _write_truth(
    path: Path,
    work: _Work,
    world: World,
    presences: list[list[Presences]] | None,
    steps: _Steps,
) -> int | None:
    """Write truth by day and first person; no old file may stand beside another town's fixes."""
    if presences is None:
        path.unlink(missing_ok=True)
        return None

    firsts = [
        (first, min(first + MOST_FIRSTS, world.people))
        for first in range(0, world.people, MOST_FIRSTS)
    ]

    def meet(number: int) -> Meetings:
        day, part = divmod(number, len(firsts))
        return find_meetings(join_presences(presences[day]), firsts[part])

    names = pa.array(files.participant_names(0, world.people))
    rows = 0
    with files.open_writer(path, files.TRUTH, files.TRUTH_DICTIONARY) as writer:
        for number, meetings in enumerate(work.in_order(meet, world.days * len(firsts))):
            table = files.truth_table(names, meetings, world.origin_ms)
            writer.write_table(table, row_group_size=files.ROWS_A_GROUP)
            rows += table.num_rows
            if (number + 1) % len(firsts) == 0:
                steps.advance()
    return rows
