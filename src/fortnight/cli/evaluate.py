"""`fortnight evaluate`: traces of a simulated folder held against its truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markdown import Markdown

from fortnight.cli.selections import trace_by_evidence
from fortnight.cli.terminal import progress, say_if_compiling
from fortnight.parameters import DEFAULTS
from fortnight.simulate.evaluate import evaluate as hold
from fortnight.simulate.evaluation_report import as_dict, as_markdown
from fortnight.simulate.kinds import FIXES, compare
from fortnight.simulate.kinds_report import comparison_as_dict, comparison_as_markdown
from fortnight.simulate.known import choose_cases, days_of, read_kinds, town_window
from fortnight.simulate.meetings import NEAR

if TYPE_CHECKING:
    from fortnight.simulate.evaluation import Evaluation
    from fortnight.simulate.kinds import Comparison


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

    Every kind of evidence in the folder is traced by itself and with all the others. Nobody in
    it exists, or wore more than a badge, so nobody had to agree. What is measured:
    docs/simulator.md.
    """
    chosen = choose_cases(town, cases, seed)
    days = days_of(town_window(town))
    say_if_compiling(quiet=quiet)
    with progress("Tracing", quiet=quiet) as told:
        traces = trace_by_evidence(town, chosen, days, told)
    compared = compare(town, tuple(chosen), traces)
    in_places = NEAR in read_kinds(town) and traces.get(FIXES)
    located = hold(town, traces[FIXES], parameters=DEFAULTS) if in_places else None
    if format == "json":
        print(msgspec.json.encode(_as_dict(compared, located)).decode())  # noqa: T201 - for a pipe
    elif format == "markdown":
        print(_as_markdown(compared, located))  # noqa: T201 - for a pipe, unstyled
    else:
        Console(highlight=False).print(Markdown(_as_markdown(compared, located)))


def _as_dict(compared: Comparison, located: Evaluation | None) -> dict[str, Any]:
    by_fixes = {} if located is None else as_dict(located)
    return by_fixes | {"by_evidence": comparison_as_dict(compared)}


def _as_markdown(compared: Comparison, located: Evaluation | None) -> str:
    parts = ["## By kind of evidence", comparison_as_markdown(compared)]
    if located is not None:
        parts += ["## By fixes alone", as_markdown(located)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
