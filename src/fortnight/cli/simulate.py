"""`fortnight simulate`: a seeded town whose true contacts are known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from fortnight.cli.terminal import progress, relative
from fortnight.simulate.run import FIRST_DAY
from fortnight.simulate.run import simulate as make_town


def simulate(
    *,
    people: Annotated[int, Parameter(help="Inhabitants, one phone each.")] = 2_000,
    days: Annotated[int, Parameter(help="Days.")] = 14,
    seed: Annotated[int, Parameter(help="The same seed makes the same town.")] = 1,
    out: Annotated[Path, Parameter(help="Folder for the Parquet files.")],
    start: Annotated[date, Parameter(help="First day.")] = FIRST_DAY,
    truth: Annotated[bool, Parameter(help="Work out who truly met whom.")] = True,
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Make a town and write fixes.parquet, people.parquet and truth.parquet.

    Nobody in it exists, so nobody had to agree. What is in it: docs/simulator.md.
    """
    with progress("Simulating", quiet=quiet) as told:
        made = make_town(people, days, seed, out, start=start, truth=truth, on_progress=told)
    rows = "no truth" if made.truth_rows is None else f"{made.truth_rows:,} true meetings"
    Console(highlight=False).print(
        f"{made.people:,} people, {made.fixes:,} fixes, {rows}, in {relative(made.folder)}",
    )
