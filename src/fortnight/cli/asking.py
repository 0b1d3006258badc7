"""What `source`, `chain` and `places` share: how they ask about a file of confirmed cases."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console

from fortnight.api import question
from fortnight.cli.cases import legend_csv
from fortnight.cli.terminal import relative, say, say_if_compiling
from fortnight.cli.trace import evidence_for
from fortnight.contact.confirmed import in_order
from fortnight.contact.sources import UNKNOWN_MINUTES
from fortnight.contact.timing import timing_of
from fortnight.errors import QuestionError
from fortnight.report.outbreak_assemble import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from rich.console import RenderableType

    from fortnight.cli.cases import CaseFile
    from fortnight.contact.index import Index
    from fortnight.contact.trace import Case

CasesFile = Annotated[
    Path, Parameter(help="CSV of confirmed cases: columns case, onset, test_date.")
]
DiseaseOption = Annotated[str, Parameter(help="A disease's id, or a .toml file.")]
DaysOption = Annotated[
    int | None, Parameter(help="Days before onset to look at; the disease's by default (14).")
]
RadiusOption = Annotated[float, Parameter(help="Metres within which people are near.")]
ZoneOption = Annotated[str, Parameter(help="Zone in which dates become instants.")]
UnknownOption = Annotated[
    float,
    Parameter(
        help="Minutes a day beside a case at its peak that weigh as all sources not in FILE."
    ),
]
PageOption = Annotated[Path | None, Parameter(help="HTML file to write.")]
LegendOption = Annotated[
    Path | None, Parameter(help="CSV file to write, apart: which number is which case.")
]
EnrolledOption = Annotated[
    Path | None,
    Parameter(help="File of enrolled ids, one a line; an operator's rows of others are dropped."),
]
QuietOption = Annotated[bool, Parameter(help="No progress on the way.")]

_LEAST_UNKNOWN = 0.01
_MOST_UNKNOWN = 1_440.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options that all three commands have."""

    disease: str
    days: int | None
    radius: float
    timezone: str
    until: date | None = None
    min_minutes: float | None = None
    unknown_minutes: float = UNKNOWN_MINUTES
    enrolled: Path | None = None


def ask(
    inputs: Sequence[Path], found: CaseFile, cases: Iterable[Case], wanted: Wanted, *, quiet: bool
) -> tuple[Asked, Index]:
    """Return the question and the index that answers it; cases are numbered by onset."""
    if not _LEAST_UNKNOWN <= wanted.unknown_minutes <= _MOST_UNKNOWN:
        raise QuestionError(
            f"--unknown-minutes is {wanted.unknown_minutes:g}: give {_LEAST_UNKNOWN:g} to "
            f"{_MOST_UNKNOWN:g}; there is always a source that nobody knows of.",
        )
    numbered = in_order(cases)
    if not numbered:
        raise QuestionError(f"--cases {found.path}: no row could be used{_first(found)}.")
    asked = question(
        disease=wanted.disease,
        days=wanted.days,
        until=wanted.until,
        radius_m=wanted.radius,
        min_minutes=wanted.min_minutes,
        timezone=wanted.timezone,
    )
    index, reports = evidence_for(inputs, numbered, asked, enrolled=wanted.enrolled, quiet=quiet)
    say_if_compiling(quiet=quiet)
    timing = timing_of(asked.disease)
    whole = Asked(asked, numbered, timing, wanted.unknown_minutes, found.refused, reports)
    return whole, index


def _first(found: CaseFile) -> str:
    refused = found.refused
    return f"; line {refused[0].line}: {refused[0].detail}" if refused else ", there is none"


def with_evidence(asked: Asked, index: Index) -> list[bool]:
    """Return of each case whether there is any evidence of it."""
    return [index.tracks.number_of(case.participant) is not None for case in asked.cases]


def write_page(page: str, out: Path | None, *, quiet: bool) -> None:
    """Write a page where one is wanted."""
    if out is not None:
        _write(out, page)
        say(f"Report: {relative(out)}", quiet=quiet)


def write_legend(asked: Asked, legend: Path | None, *, quiet: bool) -> None:
    """Write which number is who, to a file of its own, where it is wanted."""
    if legend is not None:
        _write(legend, legend_csv(asked.cases))
        say(f"Who is who: {relative(legend)}. Keep it apart from the report.", quiet=quiet)


def _write(path: Path, text: str) -> None:
    if path.is_dir():
        raise QuestionError(f"{path} is a folder: name a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def write_bytes(text: bytes) -> None:
    """Write JSON to standard output."""
    sys.stdout.buffer.write(text)


def write_table(table: RenderableType) -> None:
    """Print a table."""
    Console(highlight=False).print(table)
