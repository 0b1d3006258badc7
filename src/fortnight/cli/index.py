"""`fortnight index`: read once, ask many times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from fortnight.cli.terminal import progress, relative, say_if_compiling
from fortnight.clock import now_ms
from fortnight.contact.building import Inputs, index_files
from fortnight.contact.store import save_index
from fortnight.errors import QuestionError
from fortnight.report.assemble import inputs_document
from fortnight.report.table import inputs_table


def index(
    *inputs: Annotated[Path, Parameter(help="Files, folders and globs.")],
    out: Annotated[Path, Parameter(help="Folder of the index; an older index there is replaced.")],
    enrolled: Annotated[
        Path | None,
        Parameter(help="Ids of those whose operator may give their calls and cells, one a line."),
    ] = None,
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Read location files once and keep an index that `fortnight trace` answers from.

    Only for people who agreed. This command cannot know who did, and an index does not delete
    itself: remove it on day fifteen. Tracing people who did not agree may be a crime.
    """
    if not inputs:
        raise QuestionError("What to read? Name files, folders or globs.")
    say_if_compiling(quiet=quiet)
    built, reports = index_files(
        Inputs(inputs, now_ms(), enrolled=enrolled),
        stage=lambda title: progress(title, quiet=quiet),
    )
    save_index(built, out, reports)
    console = Console(highlight=False)
    console.print(inputs_table(inputs_document(reports)))
    console.print(
        f"Index of {len(built.tracks.names):,} participants and {len(built.cells):,} segments "
        f"in {relative(out)}",
    )
