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
from fortnight.report.follows import (
    CONSTANT_CONTACT,
    OWN_RISK,
    curve_is_doubtful,
    evidence_legend,
    evidence_letters,
    follows,
    infectious_words,
    probability_legend,
    what_follows,
)
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

_WIDE, _WIDEST = 110, 150


class Column(NamedTuple):
    """One column of contacts: its heading, what it shows, and how wide a terminal it needs."""

    heading: str
    show: Callable[[ContactDocument, LocalClock], str]
    needs: int = 0


_MOST: Final = Column("Most\n24 h", lambda c, _: wording.minutes(c.together.minutes_24h))
_COLUMNS: Final = (
    Column("What follows", lambda c, _: follows(c), _WIDE),
    Column("Prob.", lambda c, _: wording.share(c.probability_contact)),
    Column("Evid.", lambda c, _: wording.plain(evidence_letters(c))),
    Column("Min", lambda c, _: wording.minutes(c.together.minutes)),
    _MOST,
    Column("Exp.\nforward", lambda c, _: wording.minutes(c.expected_minutes_forward)),
    Column("Exp.\nback", lambda c, _: wording.minutes(c.expected_minutes_back)),
    Column("Min\nnear", lambda c, _: wording.minutes(c.minutes), _WIDEST),
    Column("Pre-\nsumed", lambda c, _: wording.minutes(c.presumed_minutes), _WIDE),
    Column("Near", lambda c, _: wording.share(c.probability_near), _WIDEST),
    Column("Closest", lambda c, _: wording.distance(c.nearest_m), _WIDEST),
    Column("Both\nseen", lambda c, _: wording.share(c.coverage)),
    Column("First", lambda c, clock: clock.short(c.first), _WIDEST),
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
        *_ties(document, shown),
        *_exposure_windows(document, shown),
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
        yield self._table(contacts[: self._shown], options.max_width)
        yield from self._below(contacts)

    def _table(self, contacts: Sequence[ContactDocument], width: int) -> Table:
        columns = [column for column in _COLUMNS if width >= column.needs]
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
        listed = contacts[: self._shown]
        yield _text(
            f"Prob.: calibrated, {probability_legend(listed)}. "
            f"Evid.: {evidence_legend(listed)}. "
            "Min: together, expected from all evidence; Most 24 h: the most of it in any 24 hours, "
            "bold from the minimum. Exp.: expected minutes by positions alone. Both seen: share of "
            "the shared days in which both phones reported.",
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
    if document.contacts:
        facts.append(("What follows", what_follows(document)))
    if curve_is_doubtful(document):
        facts.insert(-1, ("Infectious", infectious_words(document)))
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
    table = titled("In the same area, too coarse to judge closeness")
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


def _ties(document: TraceDocument, shown: int) -> tuple[RenderableType, ...]:
    """Return whom the case calls or texts."""
    if not document.ties:
        return ()
    table = titled("In constant contact: never an exposure by itself")
    table.add_column("Participant", overflow="fold", ratio=1, min_width=10)
    for heading in ("Days", "Calls\nout", "Calls\nin", "Texts\nout", "Texts\nin", "Call min"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tie in document.ties[:shown]:
        counts = (tie.days, tie.calls_out, tie.calls_in, tie.messages_out, tie.messages_in)
        table.add_row(
            _text(tie.participant), *(f"{n:,}" for n in counts), wording.minutes(tie.call_minutes)
        )
    more = len(document.ties) - shown
    rest = f"{wording.count(more, 'more person', 'more people')} not shown. " if more > 0 else ""
    note = Text(f"{rest}Out: from the case. {CONSTANT_CONTACT}", style="dim")
    return (Padding(table, (1, 0, 0, 0)), note)


def _exposure_windows(document: TraceDocument, shown: int) -> tuple[RenderableType, ...]:
    """Return what the exposure windows that phones recorded say of their own risk."""
    if not document.exposure_windows:
        return ()
    table = titled("Exposure windows of own phones")
    table.add_column("Participant", overflow="fold", ratio=1, min_width=10)
    for heading in ("Windows", "Narrow\nnet min", "On", "Wide\nnet min", "On"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in document.exposure_windows[:shown]:
        table.add_row(
            _text(one.participant),
            f"{one.windows:,}",
            wording.minutes(one.narrow_minutes),
            wording.calendar_day(one.narrow_day),
            wording.minutes(one.wide_minutes),
            wording.calendar_day(one.wide_day),
        )
    more = len(document.exposure_windows) - shown
    rest = f"{wording.count(more, 'more phone', 'more phones')} not shown. " if more > 0 else ""
    return (Padding(table, (1, 0, 0, 0)), Text(f"{rest}{OWN_RISK}", style="dim"))


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
    table = titled("Inputs: received = kept + refused")
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


def _text(text: str, style: str = "") -> Text:
    """Return text of the document as it is: no markup in it works, and no terminal's orders."""
    return Text(wording.plain(text), style=style)


def titled(title: str) -> Table:
    """Return an empty table under its title, as wide as the terminal."""
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
