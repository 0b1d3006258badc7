"""`fortnight index`: read once, ask many times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from fortnight.api import gather
from fortnight.cli.terminal import progress, relative, say_if_compiling
from fortnight.contact.index import build_index
from fortnight.contact.store import save_index
from fortnight.errors import QuestionError
from fortnight.parameters import DEFAULTS
from fortnight.report.assemble import inputs_document
from fortnight.report.table import inputs_table
from fortnight.track.tracks import build_tracks


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
    with progress("Reading", quiet=quiet) as told:
        arranged = gather(inputs, on_progress=told, enrolled=enrolled)
    say_if_compiling(quiet=quiet)
    with progress("Finding stays", quiet=quiet) as told:
        tracks = build_tracks(arranged, DEFAULTS, on_progress=told)
    reports, signs = arranged.reports, arranged.signs
    del arranged  # the fixes are the largest thing in memory, and are not needed any more
    with progress("Sorting by cell", quiet=quiet) as told:
        built = replace(build_index(tracks, on_progress=told), signs=signs)
    save_index(built, out, reports)
    console = Console(highlight=False)
    console.print(inputs_table(inputs_document(reports)))
    console.print(
        f"Index of {len(built.tracks.names):,} participants and {len(built.cells):,} segments "
        f"in {relative(out)}",
    )
