"""A trace on the terminal: the notice, the case, the contacts, and what was unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fortnight.report import wording
from fortnight.report.local_time import local_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from fortnight.report.document import (
        ContactDocument,
        InputDocument,
        TraceDocument,
    )
    from fortnight.report.local_time import LocalClock

SHOWN: Final = 20
"""How many contacts are printed before the rest is only counted."""

_WIDE_FROM: Final = 110


class Column(NamedTuple):
    """One column of contacts: its heading, what it shows, and whether it needs a wide terminal."""

    heading: str
    show: Callable[[ContactDocument, LocalClock], str]
    wide: bool = False


_MOST: Final = Column("Most\n24 h", lambda c, _: wording.minutes(c.expected_minutes_24h))
_COLUMNS: Final = (
    Column("Exp.\nforward", lambda c, _: wording.minutes(c.expected_minutes_forward)),
    Column("Exp.\nback", lambda c, _: wording.minutes(c.expected_minutes_back)),
    _MOST,
    Column("Min\nnear", lambda c, _: wording.minutes(c.minutes)),
    Column("Pre-\nsumed", lambda c, _: wording.minutes(c.presumed_minutes)),
    Column("Near", lambda c, _: wording.share(c.probability_near)),
    Column("Closest", lambda c, _: wording.distance(c.nearest_m), wide=True),
    Column("Both\nseen", lambda c, _: wording.share(c.coverage)),
    Column("First", lambda c, clock: clock.short(c.first), wide=True),
    Column("Last", lambda c, clock: clock.short(c.last)),
)


def contacts_table(document: TraceDocument, shown: int = SHOWN) -> RenderableType:
    """Return a trace for the terminal; it fits 80 columns and says more where there are 110.

    Parameters
    ----------
    document
        The trace.
    shown
        How many contacts, pairs of the same-area list and inputs without refusals are printed;
        the rest is counted.
    """
    clock = local_clock(document.window.timezone)
    return Group(
        Panel(Text(document.notice), box=box.HEAVY, border_style="yellow"),
        _heading(document, clock),
        Padding(ContactRows(document, clock, shown), (1, 0, 0, 0)),
        *_same_area(document, clock, shown),
        inputs_table(document.inputs, shown),
        _closing(document),
    )


class ContactRows:
    """The ranked contacts, with as many columns as the terminal has room for."""

    def __init__(self, document: TraceDocument, clock: LocalClock, shown: int) -> None:
        self._document = document
        self._clock = clock
        self._shown = shown
        self._minimum = wording.minimum_minutes(document)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table, and below it what it does not show."""
        contacts = wording.ranked(self._document)
        if not contacts:
            yield Text("No contacts found.", style="bold")
            return
        yield self._table(contacts[: self._shown], wide=options.max_width >= _WIDE_FROM)
        yield from self._below(contacts)

    def _table(self, contacts: Sequence[ContactDocument], *, wide: bool) -> Table:
        columns = [column for column in _COLUMNS if wide or not column.wide]
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), expand=True, pad_edge=False)
        table.add_column("#", justify="right", vertical="bottom")
        table.add_column("Participant", overflow="fold", ratio=1, min_width=10)
        for column in columns:
            table.add_column(column.heading, justify="right", no_wrap=True)
        for rank, contact in enumerate(contacts, start=1):
            cells = [self._cell(column, contact) for column in columns]
            alone = wording.presumed_only(contact)
            name = _text(contact.participant)
            if alone:
                name.append(" (presumed)", style="italic")
            table.add_row(str(rank), name, *cells, style="dim" if alone else None)
        return table

    def _cell(self, column: Column, contact: ContactDocument) -> Text:
        bold = column is _MOST and wording.reaches(contact, self._minimum)
        return Text(column.show(contact, self._clock), style="bold" if bold else "")

    def _below(self, contacts: Sequence[ContactDocument]) -> RenderResult:
        more = len(contacts) - self._shown
        if more > 0:
            yield Text(
                f"{wording.count(more, 'more contact', 'more contacts')} not shown: see all with "
                "--format json or csv, or in the report that --out writes.",
                style="bold",
            )
        yield Text(
            "Minutes. Exp.: probability of being within the radius, added up. Near: that "
            "probability. Most 24 h: the most expected minutes in any 24 hours, bold from the "
            "minimum. Both seen: share of the shared days in which both phones reported.",
            style="dim",
        )
        if any(map(wording.presumed_only, contacts)):
            yield Text(
                "(presumed): only silences of a phone speak for these; they come last.", style="dim"
            )


def _heading(document: TraceDocument, clock: LocalClock) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    facts = [*wording.heading(document, clock), ("Contacts", wording.contact_counts(document))]
    for name, value in facts:
        grid.add_row(name, _text(value))
    return grid


def _same_area(
    document: TraceDocument, clock: LocalClock, shown: int
) -> tuple[RenderableType, ...]:
    pairs = document.same_area
    more = max(0, len(pairs) - shown) + document.same_area_more
    if not pairs and not more:
        return ()
    table = _titled("In the same area, too coarse to judge closeness")
    table.add_column("Participant", overflow="fold", ratio=1, min_width=10)
    for heading in ("Minutes", "Within", "First", "Last"):
        table.add_column(heading, justify="right", no_wrap=True)
    for pair in pairs[:shown]:
        table.add_row(
            _text(pair.participant),
            wording.minutes(pair.minutes),
            wording.distance(pair.accuracy_m),
            clock.short(pair.first),
            clock.short(pair.last),
        )
    rest = (Text(f"{wording.count(more, 'more pair', 'more pairs')} not shown."),) if more else ()
    return (Padding(table, (1, 0, 0, 0)), *rest)


def inputs_table(inputs: Sequence[InputDocument], shown: int = SHOWN) -> RenderableType:
    """Return the counts of inputs: first those with something refused, at the end all.

    Parameters
    ----------
    inputs
        What became of each input.
    shown
        How many inputs without refusals have a line of their own; the rest is summed up in one.
    """
    troubled = [one for one in inputs if one.refused or one.problem is not None]
    clean = [one for one in inputs if not one.refused and one.problem is None]
    table = _titled("Inputs: received = kept + refused")
    table.add_column("Input", overflow="fold", ratio=1, min_width=20)
    for heading in ("Received", "Kept", "Refused"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in troubled + clean[:shown]:
        table.add_row(_text(f"{one.path} ({one.format})"), *_counts([one]))
    if rest := clean[shown:]:
        what = wording.count(len(rest), "more input", "more inputs")
        table.add_row(f"{what}, nothing refused", *_counts(rest))
    table.add_section()
    table.add_row("All inputs", *_counts(inputs), style="bold")
    notes = [
        Padding(_text(f"{one.path}: {line}"), (0, 0, 0, 1))
        for one in troubled
        for line in wording.refusals(one)
    ]
    return Group(Padding(table, (1, 0, 0, 0)), *notes)


def _counts(inputs: Sequence[InputDocument]) -> list[str]:
    received = sum(one.received for one in inputs)
    kept = sum(one.kept for one in inputs)
    refused = sum(sum(one.refused.values()) for one in inputs)
    return [f"{number:,}" for number in (received, kept, refused)]


def _text(text: str) -> Text:
    """Return text of the document as it is: no markup in it works, and no terminal's orders."""
    return Text(wording.plain(text))


def _titled(title: str) -> Table:
    return Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        expand=True,
        pad_edge=False,
        title=title,
        title_justify="left",
        title_style="bold",
    )


def _closing(document: TraceDocument) -> Text:
    lines = [wording.NOT_INFECTION, wording.SAME_PLACE, wording.NONE_FOUND]
    if not document.contacts:
        lines = [wording.NONE_FOUND, wording.NOT_INFECTION]
    return Text("\n" + "\n".join(lines))
