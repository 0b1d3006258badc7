"""`fortnight chain`: the tree of confirmed cases, and how likely each link of it is."""

from __future__ import annotations

import sys
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
from fortnight.cli.terminal import progress
from fortnight.contact.chains import chain_of
from fortnight.contact.onward import contacts_of_contacts as count_them
from fortnight.contact.sources import UNKNOWN_MINUTES, sources_of
from fortnight.contact.timing import dated
from fortnight.contact.together import look_back_all
from fortnight.report.outbreak_assemble import Asked, chain_document
from fortnight.report.outbreak_documents import to_json
from fortnight.report.outbreak_page import chain_html
from fortnight.report.outbreak_rows import chain_csv
from fortnight.report.outbreak_table import chain_table

if TYPE_CHECKING:
    from fortnight.contact.chains import Chain
    from fortnight.contact.index import Index


def chain(
    *inputs: Annotated[Path, Parameter(help="Files, folders, globs, or one index folder.")],
    cases: CasesFile,
    disease: DiseaseOption = "covid-19",
    days: DaysOption = None,
    radius: RadiusOption = 25.0,
    timezone: ZoneOption = "UTC",
    unknown_minutes: UnknownOption = UNKNOWN_MINUTES,
    contacts_of_contacts: Annotated[
        bool, Parameter(help="Count them for planning; they are listed nowhere.")
    ] = True,
    enrolled: EnrolledOption = None,
    out: PageOption = None,
    legend: LegendOption = None,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "json", "csv"], Parameter(help="What is printed.")
    ] = "table",
    quiet: QuietOption = False,
) -> None:
    """Draw the tree of confirmed cases: who may have infected whom, and how likely that is.

    Only for people who agreed. This command cannot know who did: consent, the log of every look
    and deletion on day fifteen are kept by the Fortnight service. Tracing people who did not
    agree may be a crime. Probabilities weigh times and dates; they are not a finding about anybody.
    """
    found = one_each(read_cases(cases))
    wanted = Wanted(
        disease, days, radius, timezone, unknown_minutes=unknown_minutes, enrolled=enrolled
    )
    asked, index = ask(inputs, found, found.cases, wanted, quiet=quiet)
    made = _chain(asked, index, quiet=quiet)
    counted = _counted(asked, index, quiet=quiet) if contacts_of_contacts else None
    document = chain_document(asked, made, with_evidence(asked, index), counted)
    write_page(chain_html(document), out, quiet=quiet)
    write_legend(asked, legend, quiet=quiet)
    if format == "json":
        write_bytes(to_json(document))
    elif format == "csv":
        sys.stdout.write(chain_csv(document))
    else:
        write_table(chain_table(document))


def _chain(asked: Asked, index: Index, *, quiet: bool) -> Chain:
    """Look back for every case and weigh all trees."""
    with progress("Looking back", quiet=quiet) as told:
        looked = look_back_all(index, asked.cases, asked.question, on_progress=told)
    dates = [dated(case) for case in asked.cases]
    return chain_of(
        [
            sources_of(
                number,
                dates,
                one.shared,
                one.observed,
                asked.timing,
                unknown_minutes=asked.unknown_minutes,
            )
            for number, one in enumerate(looked)
        ],
    )


def _counted(asked: Asked, index: Index, *, quiet: bool) -> int:
    with progress("Counting contacts of contacts", quiet=quiet) as told:
        return count_them(index, asked.cases, asked.question, on_progress=told)
