"""`fortnight demo`: a town, one case, its contacts, a report; nothing to set up."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console

from fortnight.api import gather, index_of, question
from fortnight.cli.compile import HALVES
from fortnight.cli.terminal import progress, relative, say_if_compiling
from fortnight.cli.trace import write_reports
from fortnight.compiled import was_compiled
from fortnight.contact.trace import Case, trace_one
from fortnight.report.assemble import document_of
from fortnight.report.table import contacts_table
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.known import choose_cases
from fortnight.simulate.run import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.evidence.arrange import Arranged

_ONSET_DAY = 11  # leaves days on both sides of onset
_DRAWN = 20
_PEOPLE = 2_000
_PEOPLE_SERVED = 300  # each enrols by themselves


def demo(
    *,
    people: Annotated[
        int | None, Parameter(help="Inhabitants of the town: 2,000, with --serve 300.")
    ] = None,
    days: Annotated[int, Parameter(help="Days of the town.")] = 14,
    seed: Annotated[int, Parameter(help="The same seed makes the same town.")] = 1,
    out: Annotated[Path, Parameter(help="Folder for the town and the report.")] = Path(
        "fortnight-demo",
    ),
    serve: Annotated[
        bool,
        Parameter(negative=(), help="Through the whole service, which then runs until Ctrl-C."),
    ] = False,
    stop: Annotated[
        bool, Parameter(negative=(), help="With --serve: end when all is shown.")
    ] = False,
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Simulate a town, take one case, print the ranked contacts and write a report.

    Nobody in it exists, so nobody had to agree. With real people it is otherwise: only trace
    those who agreed. Nothing is opened, and nothing leaves this machine.
    """
    if serve:
        _through_the_service(out, people=people, seed=seed, quiet=quiet, stay=not stop)
        return
    with _compiling(quiet=quiet), progress("Simulating a town", quiet=quiet) as told:
        town = simulate(people or _PEOPLE, days, seed, out / "town", truth=False, on_progress=told)
    onset = datetime.fromtimestamp(town.start_ms / 1_000, tz=UTC).date()
    onset += timedelta(days=min(_ONSET_DAY, days - 1))
    with progress("Reading", quiet=quiet) as told:
        arranged = gather([town.folder / FIXES_FILE], on_progress=told)
    with progress("Finding stays", quiet=quiet) as told:
        index, reports = index_of(arranged, on_progress=told)
    case = Case(participant=_well_observed(town.folder, arranged, seed), onset=onset)
    document = document_of(trace_one(index, case, question(), threads=2), reports)
    write_reports([document], out, quiet=True)
    console = Console(highlight=False)
    console.print(contacts_table(document, shown=10))
    console.print(
        f"\nA simulated town: {town.people:,} people, {town.days} days, {town.fixes:,} fixes.\n"
        f"Report: {relative(out / 'report.html')} (one file, works with no network)",
    )


def _through_the_service(
    out: Path, *, people: int | None, seed: int, quiet: bool, stay: bool
) -> None:
    # not above: the parts of the service take a second to import, and most demonstrations end here
    from fortnight.cli.demo_service import demo_service  # noqa: PLC0415

    demo_service(
        out / "service", people=people or _PEOPLE_SERVED, seed=seed, quiet=quiet, stay=stay
    )


def _well_observed(town: Path, arranged: Arranged, seed: int) -> str:
    """Return a person whose phone reported at least as often as the town's median phone.

    A demonstration with a phone that was silent for days would show little but gaps.
    """
    counts = dict(zip(arranged.names, np.diff(arranged.offsets).tolist(), strict=True))
    median = sorted(counts.values())[len(counts) // 2]
    drawn = choose_cases(town, min(_DRAWN, len(counts)), seed)
    return next((name for name in drawn if counts[name] >= median), drawn[0])


@contextmanager
def _compiling(*, quiet: bool) -> Iterator[None]:
    """Let two processes compile the search, where it has not been, while the town is made.

    They only fill the cache: without them, or if they fail, the first search compiles by itself.
    """
    if was_compiled():
        yield
        return
    say_if_compiling(quiet=quiet)
    others = [
        subprocess.Popen(  # noqa: S603 - our own module, with a word of our own
            [sys.executable, "-m", "fortnight.cli.compile", half],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for half in HALVES
    ]
    try:
        yield
    finally:
        for other in others:
            other.wait()
