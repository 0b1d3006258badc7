"""`fortnight source`, `chain` and `places` on the terminal: ranked lists and a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from fortnight.report import reasons, wording
from fortnight.report.local_time import local_clock
from fortnight.report.table import inputs_table, titled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from fortnight.report.outbreak_documents import (
        CandidateDocument,
        ChainDocument,
        LinkDocument,
        PlacesDocument,
        RefusedCaseDocument,
        SourceDocument,
        TreeRow,
    )

SHOWN: Final = 20
"""How many rows are printed before the rest is only counted."""

WHO_IS_WHO: Final = "Cases are numbered by onset. --legend FILE writes apart which number is who."


def source_table(document: SourceDocument, shown: int = SHOWN) -> RenderableType:
    """Return for the terminal where one case was probably infected."""
    return Group(
        _notice(document.notice),
        _facts(reasons.source_heading(document)),
        Padding(_candidates(document, shown), (1, 0, 0, 0)),
        *_more(len(document.candidates) - shown, "more case", "more cases"),
        *_shared_places(document, shown),
        *_refused(document.cases_refused),
        inputs_table(document.inputs, shown),
        _closing(reasons.NOT_A_FINDING, reasons.MISSING_CASES, WHO_IS_WHO),
    )


def _candidates(document: SourceDocument, shown: int) -> Table:
    table = titled("Where from")
    table.add_column("Share", justify="right", no_wrap=True)
    table.add_column("Source", no_wrap=True)
    table.add_column("Why", ratio=1)
    unknown = document.unknown
    rows = [(unknown.share, "unknown", [reasons.unknown_reason(unknown)])]
    rows += [_candidate(one) for one in document.candidates[:shown]]
    for share, name, why in sorted(rows, key=lambda row: -row[0]):
        table.add_row(wording.share(share), name, "\n".join(why))
    return table


def _candidate(one: CandidateDocument) -> tuple[float, str, list[str]]:
    return one.share, reasons.case_name(one.case), one.reasons


def _shared_places(document: SourceDocument, shown: int) -> Iterable[RenderableType]:
    if not document.places:
        return
    clock = local_clock(document.asked.timezone)
    table = titled("Place-times shared with two or more other cases")
    table.add_column("From", no_wrap=True)
    table.add_column("To", no_wrap=True)
    table.add_column("Longitude", justify="right", no_wrap=True)
    table.add_column("Latitude", justify="right", no_wrap=True)
    table.add_column("Why", ratio=1)
    for place in document.places[:shown]:
        start, end = clock.short(place.start), clock.short(place.end)
        table.add_row(start, end, f"{place.lon:.4f}", f"{place.lat:.4f}", place.reason)
    yield Padding(table, (1, 0, 0, 0))
    yield from _more(len(document.places) - shown, "more place-time", "more place-times")


def chain_table(document: ChainDocument, shown: int = SHOWN) -> RenderableType:
    """Return the tree of cases for the terminal, and the possible links."""
    return Group(
        _notice(document.notice),
        _facts(reasons.chain_heading(document)),
        Padding(_tree(document), (1, 0, 0, 0)),
        *_links(document, shown),
        *_refused(document.cases_refused),
        inputs_table(document.inputs, shown),
        _closing(
            reasons.NOT_A_FINDING,
            reasons.MISSING_CASES,
            reasons.ONLY_THESE,
            *([reasons.COUNTED_ONLY] if document.contacts_of_contacts is not None else []),
            WHO_IS_WHO,
        ),
    )


def _tree(document: ChainDocument) -> Tree:
    """Return the most probable tree; cases of unknown source stand at its left edge."""
    root = Tree(Text("Source unknown, each for itself", style="bold"))
    below: dict[int | None, list[TreeRow]] = {}
    for row in document.tree:
        below.setdefault(row.infector, []).append(row)
    waiting = [(root, row) for row in reversed(below.get(None, []))]
    while waiting:  # no recursion: a chain may be longer than the stack of calls
        branch, row = waiting.pop()
        grown = branch.add(_tree_line(document, row))
        waiting += [(grown, child) for child in reversed(below.get(row.case, []))]
    return root


def _tree_line(document: ChainDocument, row: TreeRow) -> Text:
    case = document.cases[row.case - 1]
    line = Text(reasons.case_name(row.case).capitalize(), style="bold")
    line.append(f", {reasons.dated(case)}: {wording.share(row.probability)}", style="not bold")
    if row.infector is not None:
        line.append(f" (unknown {wording.share(row.unknown)})", style="dim not bold")
    if not case.has_evidence:
        line.append(" no evidence", style="italic not bold")
    return line


def _links(document: ChainDocument, shown: int) -> Iterable[RenderableType]:
    if not document.links:
        yield Text("No two cases shared a time in which one could have infected the other.")
        return
    table = titled("Possible links")
    for heading in ("Probability", "From", "To"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Why", ratio=1)
    for link in document.links[:shown]:
        table.add_row(*_link(link), "\n".join(link.reasons))
    yield Padding(table, (1, 0, 0, 0))
    hidden = max(0, len(document.links) - shown) + document.links_not_listed
    yield from _more(hidden, "more link", "more links")


def _link(link: LinkDocument) -> tuple[str, str, str]:
    probability = wording.share(link.probability) + ("*" if link.in_tree else "")
    return probability, reasons.case_name(link.infector), reasons.case_name(link.infectee)


def places_table(document: PlacesDocument, shown: int = SHOWN) -> RenderableType:
    """Return place-times with many exposures for the terminal."""
    clock = local_clock(document.asked.timezone)
    table = titled("Place-times with many exposures")
    for heading in ("#", "From", "To", "Days\nago", "Cases", "Con-\ntacts", "Expo-\nsures"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("Expected\nminutes", "Longitude", "Latitude"):
        table.add_column(heading, justify="right", no_wrap=True)
    for place in document.places[:shown]:
        counts = (place.days_since, place.cases, place.contacts, place.exposures)
        table.add_row(
            str(place.rank),
            clock.short(place.start),
            clock.short(place.end),
            *[f"{number:,}" for number in counts],
            wording.minutes(place.expected_minutes),
            f"{place.lon:.4f}",
            f"{place.lat:.4f}",
        )
    hidden = max(0, len(document.places) - shown)
    return Group(
        _notice(document.notice),
        _facts(reasons.places_heading(document)),
        Padding(table, (1, 0, 0, 0)),
        *_more(hidden, "more place-time", "more place-times"),
        *_refused(document.cases_refused),
        inputs_table(document.inputs, shown),
        _closing(wording.NOT_INFECTION, reasons.HOMES, wording.NONE_FOUND),
    )


def _notice(notice: str) -> Panel:
    return Panel(Text(notice), box=box.HEAVY, border_style="yellow")


def _facts(facts: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, Text(wording.plain(value)))
    return grid


def _more(number: int, one: str, many: str) -> Iterable[RenderableType]:
    if number > 0:
        yield Text(f"{wording.count(number, one, many)} not shown.", style="bold")


def _refused(refused: Sequence[RefusedCaseDocument]) -> Iterable[RenderableType]:
    """Say what rows of the file of cases were refused: a tree without them is another tree."""
    if refused:
        yield Text(
            f"\n{wording.count(len(refused), 'row', 'rows')} of the file of cases refused:",
            style="bold red",
        )
        for line in reasons.refused_lines(refused):
            yield Text(f" {wording.plain(line)}")


def _closing(*lines: str) -> Text:
    return Text("\n" + "\n".join(lines))
