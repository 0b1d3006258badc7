"""Rows of an operator's files: judged all alike, then kept of those who agreed alone.

What is judged before anyone is looked up cannot tell who is enrolled: the operator's receipt is
made of that. What is kept afterwards is in memory until the whole delivery was found right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.arrivals.arrow_rows import ArrowTable
from fortnight.arrivals.bounds import limits
from fortnight.arrivals.checked import Verdicts, verdicts
from fortnight.arrivals.operator_files import NEEDED, OPTIONAL, canonical_numbers
from fortnight.arrivals.rows import raw_fixes
from fortnight.evidence.batches import UNKNOWN_SOURCE, RawFixes
from fortnight.evidence.checks import FIX_RULES, fix_faults
from fortnight.evidence.roles import Roles
from fortnight.evidence.sign_checks import SIGN_RULES, sign_faults
from fortnight.evidence.signs import NOBODY
from fortnight.evidence.tables.calls import Calls
from fortnight.evidence.tables.cells import SITE_RULES, CellSites, RawEvents, RawSites, site_faults
from fortnight.evidence.values import encoded_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.arrivals.operator_files import OperatorFile
    from fortnight.evidence.batches import Column
    from fortnight.evidence.signs import RawSigns

    Places = NDArray[np.int32]
    Agreed = Callable[[list[str]], Mapping[str, str]]
    """From phone numbers to the people of those who agreed; other numbers are left out."""

_NOT_KNOWN_YET: Final = 1.0
"""Stands for the place of a cell while only its time is judged: any sound one does."""


@dataclass(slots=True)
class Tallies:
    """What the receipt and the alarm are made of."""

    received: int = 0
    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    strangers: int = 0  # rows that name somebody who did not agree to them

    def add(self, found: Verdicts, damaged: int) -> None:
        """Count a file's rows."""
        self.received += len(found.codes) + damaged
        self.accepted += len(found.keep)
        for reason, count in {**found.counts(), "damaged": damaged}.items():
            self.refuse(reason, count)

    def refuse(self, reason: str, count: int) -> None:
        """Count rows refused."""
        if count:
            self.refused[reason] = self.refused.get(reason, 0) + count


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """Uses of cells by those who agreed, and how often every cell was used by anybody."""

    rows: RawEvents  # names are people's ids
    uses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class KeptTies:
    """Calls and messages between two who both agreed."""

    people: list[str]  # their ids
    who: Places  # into people
    other: Places
    start: NDArray[np.int64]
    is_message: NDArray[np.bool_]
    seconds: NDArray[np.int32]


def fixes_of(file: OperatorFile, now: int, agreed: Agreed, tallies: Tallies) -> RawFixes:
    """Judge an operator's own fixes; return those of people who agreed, named by their ids."""
    names, who = _numbers(file.table, "number")
    rows = raw_fixes(file.table, names, who)
    found = verdicts(fix_faults(rows, limits(now)), FIX_RULES, len(who))
    tallies.add(found, file.damaged)
    people, moved = _people(names, agreed)
    mine = moved[who]
    tallies.strangers += int(((who >= 0) & (mine < 0)).sum())
    keep = np.flatnonzero((found.codes == 0) & (mine >= 0))
    return RawFixes(
        pa.array(people, pa.string()),
        mine[keep],
        rows.time[keep],
        rows.lon[keep],
        rows.lat[keep],
        rows.accuracy[keep],
        rows.source[keep],
        _unnamed,
    )


def events_of(file: OperatorFile, now: int, agreed: Agreed, tallies: Tallies) -> KeptEvents:
    """Judge uses of cells; return those of people who agreed."""
    names, who = _numbers(file.table, "number")
    time = file.table.instants("time")
    cells, cell = encoded_names(file.table.texts("cell").dictionary_encode())
    found = _judged_times(names, who, time, now).also("no-cell", cell < 0)
    tallies.add(found, file.damaged)
    people, moved = _people(names, agreed)
    mine = moved[who]
    tallies.strangers += int(((who >= 0) & (mine < 0)).sum())
    counts = np.bincount(cell[found.keep], minlength=len(cells)).tolist()
    uses = {str(name): count for name, count in zip(cells.to_pylist(), counts, strict=True)}
    keep = np.flatnonzero((found.codes == 0) & (mine >= 0))
    ids: pa.StringArray = pa.array(people, pa.string())
    rows = RawEvents(ids, mine[keep], time[keep], cells, cell[keep], _unnamed)
    return KeptEvents(rows, {name: count for name, count in uses.items() if count})


def ties_of(file: OperatorFile, now: int, agreed: Agreed, tallies: Tallies) -> KeptTies:
    """Judge calls and messages; return those between two people who both agreed."""
    rows = _calls(file.table)
    found = verdicts(sign_faults(rows, limits(now)), SIGN_RULES, len(rows.who))
    tallies.add(found, file.damaged)
    people, moved = _people(rows.names, agreed)
    who, other = moved[rows.who], moved[rows.other]
    named = (rows.who >= 0) & (rows.other >= 0)
    both = (who >= 0) & (other >= 0)
    tallies.strangers += int((named & ~both).sum())
    keep = np.flatnonzero((found.codes == 0) & both & (who != other))
    some: Any = pa.array(keep)
    kinds: Any = pc.equal(rows.columns["kind"], pa.scalar("message"))
    return KeptTies(
        people,
        who[keep],
        other[keep],
        rows.start[keep],
        kinds.take(some).to_numpy(zero_copy_only=False),
        rows.columns["seconds"].take(some).to_numpy(zero_copy_only=False),
    )


def sites_of(file: OperatorFile, tallies: Tallies) -> RawSites:
    """Judge an operator's cells; return them all: they are nobody's."""
    rows = CellSites(_roles("sites", file.table)).rows(_by_place("sites", file.table), _unnamed)
    tallies.add(verdicts(site_faults(rows), SITE_RULES, len(rows.cell)), file.damaged)
    return rows


def _numbers(table: ArrowTable, name: str) -> tuple[pa.StringArray, Places]:
    """Return the phone numbers of a column, once each, and each row's place among them."""
    return encoded_names(canonical_numbers(table.texts(name)).dictionary_encode())


def _people(numbers: pa.StringArray, agreed: Agreed) -> tuple[list[str], Places]:
    """Return who agreed, and where each number's person is among them; -1 points to nobody."""
    listed = [str(number) for number in numbers.to_pylist()]
    found = agreed(listed)
    people = sorted(set(found.values()))
    places = {person: place for place, person in enumerate(people)}
    moved = [places[found[number]] if number in found else NOBODY for number in listed]
    return people, np.array([*moved, NOBODY], dtype=np.int32)


def _judged_times(
    names: pa.StringArray, who: Places, time: NDArray[np.int64], now: int
) -> Verdicts:
    """Return what the rules of fixes say of people and times alone."""
    place = np.full(len(who), _NOT_KNOWN_YET)
    none = np.full(len(who), np.nan, dtype=np.float32)
    unknown = np.full(len(who), UNKNOWN_SOURCE, dtype=np.uint8)
    rows = RawFixes(names, who, time, place, place, none, unknown, _unnamed)
    return verdicts(fix_faults(rows, limits(now)), FIX_RULES, len(who))


def _calls(table: ArrowTable) -> RawSigns:
    """Return calls and messages as the library reads them, every sound number among them."""
    columns = dict(table.columns)
    for name in ("number", "other"):
        columns[name] = canonical_numbers(table.texts(name))
    sound = ArrowTable(columns, table.count)
    everyone = {
        str(number)
        for name in ("number", "other")
        for number in columns[name].drop_null().to_pylist()
    }
    calls = Calls(_roles("ties", sound), frozenset(everyone))
    return calls.rows(_by_place("ties", sound), _unnamed)


_ROLES: Final = {"number": "who", "other": "other"}


def _roles(kind: str, table: ArrowTable) -> Roles:
    """Return which column means what to the library; columns are numbered as they are listed."""
    names = [name for name in (*NEEDED[kind], *OPTIONAL[kind]) if name in table.columns]
    at = {_ROLES.get(name, name): place for place, name in enumerate(names)}
    return Roles(kind, at, utc=False, in_minutes=False)


def _by_place(kind: str, table: ArrowTable) -> dict[int, Column]:
    names = [name for name in (*NEEDED[kind], *OPTIONAL[kind]) if name in table.columns]
    return {place: table.columns[name] for place, name in enumerate(names)}


def _unnamed(_: int) -> str:
    return "a row (not shown)"
