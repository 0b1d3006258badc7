"""`fortnight places`: where and when many were exposed to confirmed cases, in counts alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from fortnight.cli.asking import (
    CasesFile,
    DiseaseOption,
    EnrolledOption,
    PageOption,
    QuietOption,
    RadiusOption,
    Wanted,
    ZoneOption,
    ask,
    write_bytes,
    write_page,
    write_table,
)
from fortnight.cli.cases import one_each, read_cases
from fortnight.cli.terminal import progress
from fortnight.contact.onward import exposed, place_times
from fortnight.contact.trace import last_evidence
from fortnight.contact.window import local_date, zone_of
from fortnight.errors import QuestionError
from fortnight.report.outbreak_assemble import Asked, places_document
from fortnight.report.outbreak_documents import to_json
from fortnight.report.outbreak_page import places_html
from fortnight.report.outbreak_rows import places_geojson
from fortnight.report.outbreak_table import places_table

if TYPE_CHECKING:
    from fortnight.contact.index import Index
    from fortnight.contact.onward import PlaceTime

MIN_EXPOSURES = 5


def places(
    *inputs: Annotated[Path, Parameter(help="Files, folders, globs, or one index folder.")],
    cases: CasesFile,
    disease: DiseaseOption = "covid-19",
    until: Annotated[
        date | None, Parameter(help="Last day looked at; that of the last evidence by default.")
    ] = None,
    radius: RadiusOption = 25.0,
    min_minutes: Annotated[
        float | None,
        Parameter(help="Expected minutes in any 24 h of a contact; the disease's by default (15)."),
    ] = None,
    min_exposures: Annotated[
        int, Parameter(help="Pairs of a case and a contact from which a place-time is listed.")
    ] = MIN_EXPOSURES,
    timezone: ZoneOption = "UTC",
    enrolled: EnrolledOption = None,
    out: PageOption = None,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "json", "geojson"], Parameter(help="What is printed.")
    ] = "table",
    quiet: QuietOption = False,
) -> None:
    """Find place-times in which many people were exposed to confirmed cases, in counts alone.

    Only for people who agreed. This command cannot know who did: consent, the log of every look
    and deletion on day fifteen are kept by the Fortnight service. Tracing people who did not
    agree may be a crime. A place can be a home: look before anything is told to anybody.
    """
    if min_exposures < 1:
        raise QuestionError(f"--min-exposures is {min_exposures}: give 1 or more.")
    found = one_each(read_cases(cases))
    wanted = Wanted(
        disease, None, radius, timezone, until=until, min_minutes=min_minutes, enrolled=enrolled
    )
    asked, index = ask(inputs, found, found.cases, wanted, quiet=quiet)
    as_of = until or local_date(last_evidence(index) - 1, zone_of(timezone))
    made = _place_times(asked, index, quiet=quiet)
    document = places_document(asked, made, min_exposures, as_of)
    write_page(places_html(document), out, quiet=quiet)
    if format == "json":
        write_bytes(to_json(document))
    elif format == "geojson":
        write_bytes(places_geojson(document))
    else:
        write_table(places_table(document))


def _place_times(asked: Asked, index: Index, *, quiet: bool) -> list[PlaceTime]:
    episodes = []
    with progress("Searching", quiet=quiet) as told:
        for done, one in enumerate(exposed(index, asked.cases, asked.question), start=1):
            episodes += one
            told(done, len(asked.cases))
    numbers = (index.tracks.number_of(case.participant) for case in asked.cases)
    ill = frozenset(number for number in numbers if number is not None)
    zone = zone_of(asked.question.timezone)
    return place_times(episodes, ill, asked.question.parameters.radius_m, zone)
