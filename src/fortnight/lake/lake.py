"""Asking the lake: the search by daily pseudonyms, and a trace under the vault's numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from fortnight.contact.trace import last_evidence
from fortnight.contact.window import local_date, window_of, zone_of
from fortnight.errors import DatabaseError, QuestionError
from fortnight.evidence.schema import VISITS
from fortnight.lake import catalogue
from fortnight.lake.assemble import Assembled, Found, assembled
from fortnight.lake.build import KINDS, ORIGINS, RECEIVED, ROWS
from fortnight.lake.days import load_day
from fortnight.lake.drain import held_from
from fortnight.lake.files import DAY_MS, ORIGIN_NAMES, instants_of, rows_of
from fortnight.lake.late import Late, late_on_its_day
from fortnight.lake.locks import leased
from fortnight.lake.one_person import rows_on
from fortnight.lake.own import Hidden, cut_apart, person_day, tracks_of
from fortnight.lake.search import OnDay, Wanted, look
from fortnight.lake.shared import check_ins

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.contact.index import Index
    from fortnight.contact.trace import Case, Question
    from fortnight.contact.window import Window
    from fortnight.db.engine import Database
    from fortnight.lake.cutting import Cut
    from fortnight.lake.one_person import OwnRows

_TRIES: Final = 20
_Read = TypeVar("_Read")
_Open = dict[int, tuple["Index", "NDArray[Any]"]]


class Provenance(NamedTuple):
    """Where one person's rows of one day came from."""

    origins: frozenset[str]
    rows: int
    last_received_hour: int  # since 1970 UTC


@dataclass(frozen=True, slots=True)
class Lake:
    """Reads the lake, by pseudonyms alone; who is who, only the vault says.

    Parameters
    ----------
    folder : Path
        The lake's.
    threads : int
        How many days are searched at once.
    """

    database: Database
    folder: Path
    threads: int = 2

    def search(
        self,
        own: Mapping[int, bytes],
        case: Case,
        question: Question,
        hidden: Sequence[tuple[int, int]],
        now: int,
        *,
        same_area: bool = True,
    ) -> Found:
        """Find everyone who may have met a case, by day and daily pseudonym.

        Parameters
        ----------
        own
            The case's pseudonyms by day (since 1970 UTC).
        case, question
            As ``contact.trace.trace_one`` takes them; the participant's name is free.
        hidden
            Spans that the case hid, ms since 1970 UTC.
        now
            Ms since 1970 UTC. Days that are no longer held at this instant are not looked at.
        same_area
            Whether to find those, too, whose positions are too coarse to tell: the trace lists
            them apart. Whoever does not keep that list should not have them looked up.

        Raises QuestionError where nothing could be asked: no date, or no evidence of anyone.
        """
        first = held_from(now)
        held = {day: one for day, one in own.items() if day >= first}
        spans = Hidden.of(hidden)
        with ExitStack() as leases:
            opened = self._open(first, leases)
            window = _window(opened, case, question)
            last = (window.end - 1) // DAY_MS
            cuts = self._own_days(held, opened, spans, question)
            cuts = {day: cut for day, cut in cuts.items() if day <= last}
            opened = {day: index for day, index in opened.items() if day <= last}
            wanted = Wanted(
                own=held,
                tracks=tracks_of((case.participant,), list(cuts.values()), question.parameters),
                visits=_own_visits(held, opened, spans),
                window=window,
                question=question,
                hidden=spans,
                days=max(1, len(opened)),
                same_area=same_area,
            )
            days = self._look(opened, wanted)
        return Found(case, wanted, days, cuts, first)

    def assemble(
        self, found: Found, numbers: Sequence[str | None], sample_at: int | None = None
    ) -> Assembled:
        """Put the days found together under contact numbers, in the order of ``found.rows``.

        ``sample_at`` (ms since 1970 UTC) is when the case's sample was taken: what came in after
        it is marked.
        """
        late = None if sample_at is None else self._late(found, sample_at)
        return assembled(found, numbers, late)

    def provenance(self, day: int, pseudonym: bytes) -> Provenance:
        """Return where the rows of one person's day came from, as of the day's index."""
        with ExitStack() as leases:
            opened = self._open(day, leases)
            if day not in opened:
                return Provenance(frozenset(), 0, 0)
            index, sources = opened[day]
            place = index.tracks.number_of(pseudonym.hex())
            if place is None:
                return Provenance(frozenset(), 0, 0)
            bits = int(np.bitwise_or.reduce(sources[place, :, ORIGINS]))
            return Provenance(
                frozenset(name for code, name in enumerate(ORIGIN_NAMES) if bits >> code & 1),
                int(sources[place, :, ROWS].sum()),
                int(sources[place, :, RECEIVED].max()),
            )

    def rows_of_one(self, day: int, kind: str, pseudonym: bytes) -> pa.Table:
        """Return one person's own rows of a day, as they lie in the lake's files.

        Not those of others that name them as the other side: whoever sent a row takes it.
        """
        return self._rows(day, kind, {pseudonym})

    def held_of_one(self, own: Mapping[int, bytes]) -> tuple[OwnRows, ...]:
        """Return how much is held of one person, by day and kind, as of the days' indexes."""
        with ExitStack() as leases:
            opened = self._open(min(own, default=0), leases)
            found = (rows_on(day, opened[day], own[day]) for day in sorted(own) if day in opened)
            return tuple(row for rows in found for row in rows)

    def tracks_of_one(self, own: Mapping[int, bytes]) -> dict[int, Cut]:
        """Return one person's own days, each with its stays and moves; days without: left out."""
        with ExitStack() as leases:
            opened = self._open(min(own, default=0), leases)
            days = {
                day: person_day(opened[day][0], own[day].hex())
                for day in sorted(own)
                if day in opened
            }
        return {day: cut for day, cut in days.items() if cut is not None}

    def _open(self, first: int, leases: ExitStack) -> _Open:
        """Lease and map the index of each day from ``first`` on that has one."""
        opened = {}
        for day, row in self._days().items():
            one = self._open_one(row, leases) if day >= first else None
            if one is not None:
                opened[day] = one
        return opened

    def _days(self) -> dict[int, catalogue.Day]:
        with self.database.read() as connection:
            return catalogue.days(connection)

    def _open_one(
        self, row: catalogue.Day | None, leases: ExitStack
    ) -> tuple[Index, NDArray[Any]] | None:
        for _ in range(_TRIES):
            if row is None or row.index_name is None:
                return None
            day, folder = row.day, self.folder / row.index_name
            try:
                leases.enter_context(leased(folder))
            except FileNotFoundError:
                row = self._days().get(day)  # it was switched meanwhile: its successor is there
                continue
            return load_day(folder)
        raise DatabaseError(
            f"{self.folder}: the index of day {day} is in no folder: run `fortnight fsck`."
        )

    def _look(self, opened: _Open, wanted: Wanted) -> tuple[OnDay, ...]:
        def one(day: int) -> OnDay:
            return look(day, *opened[day], wanted)

        with ThreadPoolExecutor(self.threads) as pool:
            return tuple(pool.map(one, sorted(opened)))

    def _own_days(
        self, own: Mapping[int, bytes], opened: _Open, hidden: Hidden, question: Question
    ) -> dict[int, Cut]:
        """Return the case's own person-days: as they are, or re-cut without what they hid."""
        if not hidden:
            days = {
                day: person_day(opened[day][0], own[day].hex())
                for day in sorted(opened)
                if day in own
            }
            return {day: cut for day, cut in days.items() if cut is not None}
        fixes = [self._rows(day, "fixes", {own[day]}) for day in sorted(opened) if day in own]
        if not any(table.num_rows for table in fixes):
            return {}
        return cut_apart(pa.concat_tables(fixes), hidden, question.parameters)

    def _late(self, found: Found, sample_at: int) -> Late:
        day = sample_at // DAY_MS
        people = {met.row.pseudonym for on in found.days if on.day == day for met in on.met}
        people |= {one for d, one in found.wanted.own.items() if d == day}
        tables = [
            (kind, self._rows(day, kind, people, ("pseudonym", instants_of(kind), "received")))
            for kind in (KINDS if people else ())
        ]
        return Late(sample_at, late_on_its_day(tables, sample_at))

    def _rows(
        self, day: int, kind: str, pseudonyms: set[bytes], columns: Collection[str] | None = None
    ) -> pa.Table:
        """Return some people's rows; asks again where files were replaced meanwhile."""

        def read() -> pa.Table:
            with self.database.read() as connection:
                names = catalogue.files(connection, [day], kind).get((day, kind), [])
            return rows_of(self.folder, names, kind, pseudonyms, columns)

        return _patiently(read)


def _patiently(read: Callable[[], _Read]) -> _Read:
    for _ in range(_TRIES):
        try:
            return read()
        except FileNotFoundError:
            continue
    raise DatabaseError("A file of the lake is in the catalogue and nowhere: run `fortnight fsck`.")


def _window(opened: _Open, case: Case, question: Question) -> Window:
    """Return the window as the library would, over the same evidence."""
    disease = question.disease
    return window_of(
        case.anchor,
        disease,
        days=-disease.look_back.first_day if question.days is None else question.days,
        until=question.until or _last_date(opened, question.timezone),
        timezone=question.timezone,
        dated_by=case.dated_by,
    )


def _last_date(opened: _Open, timezone: str) -> date:
    moments = []
    for index, _ in opened.values():
        try:
            moments.append(last_evidence(index))
        except QuestionError:
            continue  # a day of which no segment could be made
    if not moments:
        raise QuestionError("There is no evidence to search: the lake holds none.")
    return local_date(max(moments) - 1, zone_of(timezone))


def _own_visits(own: Mapping[int, bytes], opened: _Open, hidden: Hidden) -> pa.Table:
    tables = [
        check_ins(index.signs, own[day].hex(), hidden)
        for day, (index, _) in opened.items()
        if day in own
    ]
    return pa.concat_tables([VISITS.empty_table(), *tables])
