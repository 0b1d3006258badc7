"""`fortnight evaluate`: traces of a simulated town held against its truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markdown import Markdown

from fortnight.api import gather, index_of, question
from fortnight.cli.terminal import progress, say_if_compiling
from fortnight.contact.trace import Case, trace_many
from fortnight.parameters import DEFAULTS
from fortnight.simulate.evaluate import evaluate as hold
from fortnight.simulate.evaluation_report import as_dict, as_markdown
from fortnight.simulate.files import FIXES_FILE
from fortnight.simulate.known import choose_cases, town_window


def evaluate(
    town: Annotated[Path, Parameter(help="Folder that `fortnight simulate` wrote.")],
    *,
    cases: Annotated[int, Parameter(help="How many people to trace as cases.")] = 50,
    seed: Annotated[int, Parameter(help="Which people: the same seed, the same cases.")] = 1,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "markdown", "json"], Parameter(help="What is printed.")
    ] = "table",
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Report recall, precision and calibration of traces against a town's truth.

    Nobody in the town exists, so nobody had to agree. What is measured: docs/simulator.md.
    """
    chosen = choose_cases(town, cases, seed)
    start, end = town_window(town)
    first = datetime.fromtimestamp(start / 1_000, tz=UTC).date()
    last = datetime.fromtimestamp(end / 1_000, tz=UTC).date() - timedelta(days=1)
    asked = question(days=(last - first).days, until=last)
    with progress("Reading", quiet=quiet) as told:
        arranged = gather([town / FIXES_FILE], on_progress=told)
    say_if_compiling(quiet=quiet)
    index, _ = index_of(arranged)
    traces = {}
    with progress("Tracing", quiet=quiet) as told:
        all_cases = [Case(participant=name, onset=last) for name in chosen]
        for found in trace_many(index, all_cases, asked, same_area=False):
            traces[found.case.participant] = found
            told(len(traces), len(chosen))
    result = hold(town, traces, parameters=DEFAULTS)
    if format == "json":
        print(msgspec.json.encode(as_dict(result)).decode())  # noqa: T201 - for a pipe, unstyled
    elif format == "markdown":
        print(as_markdown(result))  # noqa: T201 - for a pipe, unstyled
    else:
        Console(highlight=False).print(Markdown(as_markdown(result)))
