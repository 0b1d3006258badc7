"""`fortnight simulate`: a seeded town whose true contacts are known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from fortnight.cli.terminal import progress, relative
from fortnight.simulate.agreed import Shares
from fortnight.simulate.gathering import ALL_PHONES, GatheringSummary, simulate_gathering
from fortnight.simulate.run import FIRST_DAY, TownSummary
from fortnight.simulate.run import simulate as make_town


def simulate(
    *,
    people: Annotated[int, Parameter(help="Inhabitants, one phone each.")] = 2_000,
    days: Annotated[int, Parameter(help="Days.")] = 14,
    seed: Annotated[int, Parameter(help="The same seed makes the same town.")] = 1,
    out: Annotated[Path, Parameter(help="Folder for the files.")],
    start: Annotated[date, Parameter(help="First day.")] = FIRST_DAY,
    truth: Annotated[bool, Parameter(help="Work out who truly met whom.")] = True,
    evidence: Annotated[
        bool, Parameter(help="Also write sightings, check-ins, calls and cell events.")
    ] = False,
    bluetooth: Annotated[
        float | None,
        Parameter(help="Share of phones that hear each other: 0.5, or 1 with --from-contacts."),
    ] = None,
    from_contacts: Annotated[
        Path | None,
        Parameter(help="No town: phones for the people of a SocioPatterns file (t i j)."),
    ] = None,
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Make a town and write fixes.parquet, people.parquet and truth.parquet.

    Nobody in it exists, so nobody had to agree. What is in it: docs/simulator.md.
    """
    with progress("Simulating", quiet=quiet) as told:
        made: TownSummary | GatheringSummary
        if from_contacts is not None:
            shares = ALL_PHONES if bluetooth is None else Shares(bluetooth=bluetooth)
            made = simulate_gathering(
                from_contacts, seed, out, start=start, shares=shares, on_progress=told
            )
        else:
            shares = Shares() if bluetooth is None else Shares(bluetooth=bluetooth)
            made = make_town(
                people,
                days,
                seed,
                out,
                start=start,
                truth=truth,
                evidence=shares if evidence else None,
                on_progress=told,
            )
    Console(highlight=False).print(_summary(made))


def _summary(made: TownSummary | GatheringSummary) -> str:
    rows = "no truth" if made.truth_rows is None else f"{made.truth_rows:,} true meetings"
    counts = [f"{made.people:,} people", f"{made.fixes:,} fixes", rows]
    if isinstance(made, GatheringSummary):
        counts.append(f"{made.encounters:,} sightings")
    elif made.further is not None:
        further = made.further
        counts += [
            f"{further.encounters:,} sightings",
            f"{further.visits:,} visits",
            f"{further.calls:,} calls and messages",
            f"{further.cell_events:,} cell events",
        ]
    return f"{', '.join(counts)}, in {relative(made.folder)}"
