"""Make a town, live its days, and write down what phones saw and what was true."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from fortnight.errors import QuestionError
from fortnight.evidence.schema import FIXES
from fortnight.simulate import files
from fortnight.simulate.further import Further, Lives, remove_further, write_further
from fortnight.simulate.meetings import (
    MOST_FIRSTS,
    Meetings,
    Presences,
    find_meetings,
    join_presences,
)
from fortnight.simulate.work import Steps, Work
from fortnight.simulate.world import Lived, World, live_block, make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fortnight.simulate.agreed import Shares
    from fortnight.simulate.phones import Phones

FIRST_DAY: Final = date(2026, 3, 2)  # a Monday
MOST_THREADS: Final = 256


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
    further: Further | None = None  # rows of further evidence, where it was asked for


def simulate(
    people: int,
    days: int,
    seed: int,
    out: Path,
    *,
    start: date = FIRST_DAY,
    truth: bool = True,
    evidence: Shares | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> TownSummary:
    """Make a seeded town and write ``fixes.parquet``, ``people.parquet`` and ``truth.parquet``.

    Same arguments, same bytes, whatever the number of threads. Fixes stream to disk in blocks
    of about a million; what grows with the town in memory are its presences (about 1 kB a
    person and day), and only where truth or further evidence is asked for.

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
    evidence
        How many people's further evidence to write: ``encounters.parquet``, ``visits.csv``,
        ``calls.csv``, ``sites.csv``, ``cell_events.csv`` and ``enrolled.csv``. Nothing where it
        is not given; those of an older town in the same folder go. The other files stay the same.
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
    sweeps = int(truth) + int(evidence is not None)
    steps = Steps(len(world.bounds) + days * sweeps, on_progress)
    out.mkdir(parents=True, exist_ok=True)
    if (out / files.PEOPLE_FILE).exists():  # in a folder that is no town such files are not ours
        remove_further(out)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        work = Work(pool, threads)
        kept = _write_fixes(out / files.FIXES_FILE, work, world, steps, presences=sweeps > 0)
        window = (world.origin_ms, world.end_ms)
        files.write_people(out / files.PEOPLE_FILE, world.town, kept.phones, window)
        known = kept.presences if truth else None
        rows = _write_truth(out / files.TRUTH_FILE, work, world, known, steps)
        further = _write_further(out, work, world, kept, evidence, steps)
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
        further=further,
    )


def _write_further(
    out: Path, work: Work, world: World, kept: _Kept, shares: Shares | None, steps: Steps
) -> Further | None:
    if shares is None or kept.presences is None:
        return None
    return write_further(out, Lives(world, kept.phones, kept.presences), shares, work, steps)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is remembered of all blocks once their fixes are written."""

    fixes: int
    phones: list[Phones]
    presences: list[list[Presences]] | None  # of each day, where anybody needs them


def _write_fixes(path: Path, work: Work, world: World, steps: Steps, *, presences: bool) -> _Kept:
    def live(number: int) -> Lived:
        return live_block(world, number, truth=presences)

    fixes = 0
    phones: list[Phones] = []
    by_day: list[list[Presences]] = [[] for _ in range(world.days)]
    with files.open_writer(path, FIXES, files.FIXES_DICTIONARY) as writer:
        for lived in work.in_order(live, len(world.bounds)):
            writer.write_table(lived.fixes, row_group_size=files.ROWS_A_GROUP)
            fixes += lived.fixes.num_rows
            phones.append(lived.phones)
            for day, part in enumerate(lived.presences):
                by_day[day].append(part)
            steps.advance()
    return _Kept(fixes, phones, by_day if presences else None)


def _write_truth(
    path: Path,
    work: Work,
    world: World,
    presences: list[list[Presences]] | None,
    steps: Steps,
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
