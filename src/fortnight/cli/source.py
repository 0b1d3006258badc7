"""`fortnight source`: where a case was probably infected, among other cases and unknown ones."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fortnight.cli.asking import (
    CasesFile,
    DaysOption,
    DiseaseOption,
    EnrolledOption,
    LegendOption,
    PageOption,
    QuietOption,
    RadiusOption,
    UnknownOption,
    Wanted,
    ZoneOption,
    ask,
    with_evidence,
    write_bytes,
    write_legend,
    write_page,
    write_table,
)
from fortnight.cli.cases import one_each, read_cases
from fortnight.contact.sources import UNKNOWN_MINUTES, shared_places, sources_of
from fortnight.contact.timing import dated
from fortnight.contact.together import look_back
from fortnight.contact.trace import Case
from fortnight.contact.window import zone_of
from fortnight.errors import QuestionError
from fortnight.report.outbreak_assemble import Asked, source_document
from fortnight.report.outbreak_documents import to_json
from fortnight.report.outbreak_page import source_html
from fortnight.report.outbreak_rows import source_csv
from fortnight.report.outbreak_table import source_table

if TYPE_CHECKING:
    from fortnight.cli.cases import CaseFile
    from fortnight.contact.index import Index
    from fortnight.report.outbreak_documents import SourceDocument


def source(
    *inputs: Annotated[Path, Parameter(help="Files, folders, globs, or one index folder.")],
    case: Annotated[str, Parameter(help="The participant whose source is looked for.")],
    cases: CasesFile,
    onset: Annotated[
        date | None, Parameter(help="First day of symptoms; not needed if the case is in FILE.")
    ] = None,
    test_date: Annotated[
        date | None, Parameter(help="Day of the test, where there were no symptoms.")
    ] = None,
    disease: DiseaseOption = "covid-19",
    days: DaysOption = None,
    radius: RadiusOption = 25.0,
    timezone: ZoneOption = "UTC",
    unknown_minutes: UnknownOption = UNKNOWN_MINUTES,
    enrolled: EnrolledOption = None,
    out: PageOption = None,
    legend: LegendOption = None,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "json", "csv"], Parameter(help="What is printed.")
    ] = "table",
    quiet: QuietOption = False,
) -> None:
    """Look back for where a case was probably infected: times shared with other confirmed cases.

    Only for people who agreed. This command cannot know who did: consent, the log of every look
    and deletion on day fifteen are kept by the Fortnight service. Tracing people who did not
    agree may be a crime. Shares weigh times and dates; they are not a finding about anybody.
    """
    found = one_each(read_cases(cases))
    one = _case(case, onset, test_date, found)
    wanted = Wanted(
        disease, days, radius, timezone, unknown_minutes=unknown_minutes, enrolled=enrolled
    )
    others = [other for other in found.cases if other.participant != case]
    asked, index = ask(inputs, found, [one, *others], wanted, quiet=quiet)
    document = _document(asked, index, asked.cases.index(one))
    write_page(source_html(document), out, quiet=quiet)
    write_legend(asked, legend, quiet=quiet)
    if format == "json":
        write_bytes(to_json(document))
    elif format == "csv":
        sys.stdout.write(source_csv(document))
    else:
        write_table(source_table(document))


def _case(name: str, onset: date | None, test_date: date | None, found: CaseFile) -> Case:
    """Return the case that is asked about, by the options or as the file has it."""
    held = next((one for one in found.cases if one.participant == name), None)
    if onset is None and test_date is None:
        if held is None:
            raise QuestionError(
                f"Case {name!r} has no date: give --onset DATE, or --test-date DATE where there "
                f"were no symptoms, or a row in {found.path}.",
            )
        return held
    one = Case(name, onset=onset, test_date=test_date)
    if held is not None and held.anchor != one.anchor:
        raise QuestionError(
            f"Case {name!r} has the date {held.anchor} in {found.path} and {one.anchor} here: "
            "mend the one that is wrong.",
        )
    return one


def _document(asked: Asked, index: Index, number: int) -> SourceDocument:
    """Look back for one case and weigh what is found."""
    until = max(case.anchor for case in asked.cases)  # later days tell of the other way round
    looked = look_back(index, asked.cases, number, asked.question, until)
    dates = [dated(case) for case in asked.cases]
    before = [part for part in looked.shared if part.day <= dates[number].day]
    sources = sources_of(
        number,
        dates,
        before,
        looked.observed,
        asked.timing,
        unknown_minutes=asked.unknown_minutes,
    )
    radius = asked.question.parameters.radius_m
    zone = zone_of(asked.question.timezone)
    places = shared_places(before, dates[number], asked.timing, radius, zone)
    return source_document(asked, looked, sources, places, with_evidence(asked, index))
