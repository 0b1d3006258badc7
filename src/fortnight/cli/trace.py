"""`fortnight trace`: from location files, or an index, to a ranked list of contacts."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console

from fortnight.api import check_index, question, wanted
from fortnight.cli.cases import all_cases
from fortnight.cli.terminal import progress, relative, say, say_if_compiling
from fortnight.clock import now_ms
from fortnight.contact.building import Inputs, index_files
from fortnight.contact.store import is_index, load_index
from fortnight.contact.trace import Case, trace_many
from fortnight.errors import QuestionError
from fortnight.report.assemble import document_of, inputs_document
from fortnight.report.encode import to_json
from fortnight.report.geojson import to_geojson
from fortnight.report.page import to_html
from fortnight.report.rows import contacts_csv, episodes_csv, ties_csv
from fortnight.report.table import contacts_table
from fortnight.report.wording import plain, refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Question
    from fortnight.evidence.schema import InputReport
    from fortnight.report.document import TraceDocument

_REASONS_SAID: Final = 20


def trace(
    *inputs: Annotated[Path, Parameter(help="Files, folders, globs, or one index folder.")],
    case: Annotated[
        tuple[str, ...], Parameter(negative="", help="The participant who is a case; repeatable.")
    ] = (),
    onset: Annotated[date | None, Parameter(help="First day of symptoms, YYYY-MM-DD.")] = None,
    test_date: Annotated[
        date | None, Parameter(help="Day of the test, where there were no symptoms.")
    ] = None,
    cases: Annotated[
        Path | None, Parameter(help="CSV of many cases: columns case, onset, test_date.")
    ] = None,
    disease: Annotated[str, Parameter(help="A disease's id, or a .toml file.")] = "covid-19",
    days: Annotated[
        int | None, Parameter(help="Days before onset to begin at; the disease's by default (14).")
    ] = None,
    until: Annotated[
        date | None, Parameter(help="Last day looked at; that of the last evidence by default.")
    ] = None,
    radius: Annotated[float, Parameter(help="Metres within which people are near.")] = 25.0,
    min_minutes: Annotated[
        float | None,
        Parameter(help="Expected minutes in any 24 h to be listed; the disease's by default (15)."),
    ] = None,
    timezone: Annotated[str, Parameter(help="Zone in which dates become instants.")] = "UTC",
    enrolled: Annotated[
        Path | None,
        Parameter(help="Ids of those whose operator may give their calls and cells, one a line."),
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="Folder for the HTML report, JSON, CSV and GeoJSON.")
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "json", "csv"], Parameter(help="What is printed.")
    ] = "table",
    quiet: Annotated[bool, Parameter(help="No progress on the way.")] = False,
) -> None:
    """Find who was where a case was, when, for how long and how sure that is.

    Only for people who agreed. This command cannot know who did: consent, the log of every look
    and deletion on day fifteen are kept by the Fortnight service. Tracing people who did not
    agree may be a crime. The result is about nearness, never about infection.
    """
    asked = question(
        disease=disease,
        days=days,
        until=until,
        radius_m=radius,
        min_minutes=min_minutes,
        timezone=timezone,
    )
    wanted_cases = _cases(case, onset, test_date, cases)
    index, reports = evidence_for(inputs, wanted_cases, asked, enrolled=enrolled, quiet=quiet)
    say_if_compiling(quiet=quiet)
    documents = []
    with progress("Searching", quiet=quiet) as told:
        for found in trace_many(index, wanted_cases, asked):
            documents.append(document_of(found, reports))
            told(len(documents), len(wanted_cases))
    if out is not None:
        write_reports(documents, out, quiet=quiet)
    _print(documents, format)


def _cases(
    names: tuple[str, ...],
    onset: date | None,
    test_date: date | None,
    table: Path | None,
) -> list[Case]:
    found = [Case(participant=name, onset=onset, test_date=test_date) for name in names]
    if table is not None:
        found += all_cases(table)
    if not found:
        raise QuestionError("Which case? Give --case ID with --onset DATE, or --cases FILE.")
    for one in found:
        _ = one.anchor  # says what is missing before anything is read
    return found


def evidence_for(
    inputs: Sequence[Path],
    cases: Sequence[Case],
    asked: Question,
    *,
    enrolled: Path | None = None,
    quiet: bool,
) -> tuple[Index, tuple[InputReport, ...]]:
    """Open the index that was named, or read the files and build one in memory."""
    if not inputs:
        raise QuestionError("What to read? Name files, folders or globs, or an index folder.")
    folders = [path for path in inputs if is_index(path)]
    if folders and len(inputs) > 1:
        raise QuestionError(
            f"{folders[0]} is an index: name it alone, or make one index of all the inputs.",
        )
    if folders:
        index, reports = load_index(folders[0])
        check_index(index, asked.parameters)
        _somebody(index, reports)
        return index, reports
    now = now_ms()
    wished = Inputs(inputs, now, wanted(cases, asked, now), asked.parameters, enrolled)
    say_if_compiling(quiet=quiet)
    index, reports = index_files(wished, stage=lambda title: progress(title, quiet=quiet))
    _somebody(index, reports)
    return index, reports


def _somebody(index: Index, reports: Sequence[InputReport]) -> None:
    """Say why nothing is left, where every row was refused; a name would only be unknown."""
    if index.tracks.names:
        return
    said = [
        f"  {one.path}: {line}"
        for one in inputs_document(reports)
        for line in refusals(one) or ["no rows in it"]
    ]
    more = [f"  and {len(said) - _REASONS_SAID} more reasons"] if len(said) > _REASONS_SAID else []
    lines = ["Nothing in the input could be used:", *said[:_REASONS_SAID], *more]
    raise QuestionError("\n".join(map(plain, lines)))


def write_reports(documents: Sequence[TraceDocument], out: Path, *, quiet: bool) -> None:
    """Write the page, JSON, CSV and GeoJSON of each case to ``out``, a folder a case if many."""
    for place, document in enumerate(documents, start=1):
        folder = out if len(documents) == 1 else out / f"case-{place}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(to_html(document), encoding="utf-8")
        (folder / "trace.json").write_bytes(to_json(document))
        (folder / "contacts.csv").write_text(contacts_csv(document), encoding="utf-8", newline="")
        (folder / "episodes.csv").write_text(episodes_csv(document), encoding="utf-8", newline="")
        ties = folder / "ties.csv"
        ties.unlink(missing_ok=True)  # an earlier case's must not stay beside this one's report
        if document.ties:
            ties.write_text(ties_csv(document), encoding="utf-8", newline="")
        (folder / "episodes.geojson").write_bytes(to_geojson(document))
        say(f"Report: {relative(folder / 'report.html')}", quiet=quiet)


def _print(documents: Sequence[TraceDocument], format: str) -> None:  # noqa: A002 - the option's name
    if format == "json":
        parts = [to_json(document) for document in documents]
        whole = (
            parts[0] if len(parts) == 1 else msgspec.json.encode([msgspec.Raw(p) for p in parts])
        )
        sys.stdout.buffer.write(whole + b"\n")
    elif format == "csv":
        for place, document in enumerate(documents):
            text = contacts_csv(document)
            sys.stdout.write(text if place == 0 else text.partition("\r\n")[2])
    else:
        console = Console(highlight=False)
        for document in documents:
            console.print(contacts_table(document))
