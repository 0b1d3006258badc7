"""One day's rows beside the same people's rows of the days around it.

Names are those of the day in question: whoever has nothing on that day has no place here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.evidence.arrange import E7_A_DEGREE
from fortnight.evidence.batches import FixBatch
from fortnight.evidence.signs import NO_INPUT, NOBODY, SignBatch
from fortnight.lake.files import DAY_MS, SCHEMAS, encoded
from fortnight.lake.kept import ROW, Kept, places_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Codes = NDArray[np.int32]

_CLOSED: Final = ("checked-out", "presumed")
_TIES: Final = ("call", "message")
_INSTANT: Final = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class DayRows:
    """All rows of one day, a table a kind, as in ``files.SCHEMAS``."""

    fixes: pa.Table
    visits: pa.Table
    encounters: pa.Table
    ties: pa.Table

    def pseudonyms(self) -> set[bytes]:
        """Return everyone who is named."""
        names: set[bytes] = set()
        for table in (self.fixes, self.visits, self.encounters, self.ties):
            for column in {"pseudonym", "other"} & set(table.column_names):
                names.update(encoded(table[column])[0])
        return names


NO_ROWS: Final = DayRows(**{kind: schema.empty_table() for kind, schema in SCHEMAS.items()})


@dataclass(frozen=True, slots=True)
class Roll:
    """The people of a day, in the order of their names, by each of their pseudonyms."""

    day: int
    names: tuple[str, ...]
    places: Mapping[int, Mapping[bytes, int]]  # day -> pseudonym -> place in names

    def codes(self, day: int, column: pa.ChunkedArray[Any]) -> Codes:
        """Return each row's place among the names, -1 for who has nothing on this day."""
        held = self.places.get(day, {})
        pseudonyms, rows = encoded(column)
        known = np.array([held.get(one, NOBODY) for one in pseudonyms] + [NOBODY], dtype=np.int32)
        codes: Codes = known[rows]
        return codes


def roll_of(day: int, people: Collection[bytes], links: Iterable[Mapping[int, bytes]]) -> Roll:
    """Return a roll of some people of a day; ``links`` says what they are called on other days."""
    names = sorted(one.hex() for one in people)
    own = {bytes.fromhex(name): place for place, name in enumerate(names)}
    places: dict[int, dict[bytes, int]] = {day: own}
    for linked in links:
        place = own.get(linked.get(day, b""))
        if place is not None:
            for other, pseudonym in linked.items():
                if other != day:
                    places.setdefault(other, {})[pseudonym] = place
    return Roll(day, tuple(names), places)


@dataclass(frozen=True, slots=True)
class DayFixes:
    """The fixes of one day: those beside its index, and tables that it does not hold yet."""

    names: tuple[str, ...]  # of the index
    kept: Kept | None
    fresh: pa.Table


@dataclass(frozen=True, slots=True)
class Fixes:
    """Fixes of the people of a roll, sorted by person and time."""

    who: Codes
    time: NDArray[np.int64]
    lon: NDArray[np.int32]  # 1e-7 degrees
    lat: NDArray[np.int32]
    accuracy: NDArray[np.float32]
    source: NDArray[np.uint8]
    origin: NDArray[np.uint8]

    def batch(self, names: tuple[str, ...]) -> FixBatch:
        """Return them as the library takes them."""
        return FixBatch(
            0,
            pa.array(names, pa.string()),
            self.who,
            self.time,
            self.lon / E7_A_DEGREE,
            self.lat / E7_A_DEGREE,
            self.accuracy,
            self.source,
        )


def linked_fixes(roll: Roll, days: Mapping[int, DayFixes]) -> Fixes:
    """Return the fixes of some days of all who are on the roll."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in Fixes.__slots__}
    for day, held in days.items():
        if held.kept is not None:
            numbers, places = places_of(held.names, roll.places.get(day, {}))
            counts, rows = held.kept.of(numbers)
            columns["who"].append(np.repeat(places, counts).astype(np.int32))
            for name in Fixes.__slots__[1:]:
                columns[name].append(rows[name])
        who = roll.codes(day, held.fresh["pseudonym"])
        kept = slice(None) if len(who) and who.min() >= 0 else np.flatnonzero(who >= 0)
        columns["who"].append(who[kept])
        for name in Fixes.__slots__[1:]:
            columns[name].append(held.fresh[name].to_numpy()[kept])
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    key = joined["who"].astype(np.int64) * (64 * DAY_MS) + joined["time"] - min(days) * DAY_MS
    if np.any(key[1:] < key[:-1]):
        order = np.argsort(key, kind="stable")
        joined = {name: column[order] for name, column in joined.items()}
    return Fixes(**joined)


def kept_of(roll: Roll, fixes: Fixes) -> Kept:
    """Return the fixes of the roll's own day, to lie beside its index."""
    own = np.flatnonzero(fixes.time // DAY_MS == roll.day)
    rows = np.empty(len(own), dtype=ROW)
    for name in Fixes.__slots__[1:]:
        rows[name] = getattr(fixes, name)[own]
    counts = np.bincount(fixes.who[own], minlength=len(roll.names))
    return Kept(np.append(0, np.cumsum(counts)).astype(np.int64), rows)


def sign_batches(roll: Roll, today: DayRows, visits: Mapping[int, pa.Table]) -> Iterator[SignBatch]:
    """Yield the day's encounters and ties, and the check-ins of some days around it."""
    for kind, table in (("encounters", today.encounters), ("ties", today.ties)):
        if table.num_rows:
            who = roll.codes(roll.day, table["pseudonym"])
            other = roll.codes(roll.day, table["other"])
            yield _batch(roll, kind, who, other, _COLUMNS[kind](table))
    for day, table in visits.items():
        who = roll.codes(day, table["pseudonym"])
        kept = np.flatnonzero(who >= 0)
        if len(kept):
            chosen: Any = pa.array(kept)
            rows = table.take(chosen)
            none = np.full(len(kept), NOBODY, dtype=np.int32)
            yield _batch(roll, "visits", who[kept], none, _visits(rows))


def _batch(
    roll: Roll, kind: str, who: Codes, other: Codes, columns: dict[str, pa.Array[Any]]
) -> SignBatch:
    return SignBatch(NO_INPUT, kind, pa.array(roll.names, pa.string()), who, other, columns)


def _encounters(table: pa.Table) -> dict[str, pa.Array[Any]]:
    return {
        "start": _whole(table["start"]).cast(_INSTANT),
        "end": _whole(table["end"]).cast(_INSTANT),
        "attenuation": _whole(table["attenuation"]),
        "kind": pa.array(["bluetooth"] * table.num_rows, pa.string()),
    }


def _ties(table: pa.Table) -> dict[str, pa.Array[Any]]:
    codes: Any = table["kind"].to_pylist()
    kinds = [_TIES[code] for code in codes]
    return {
        "start": _whole(table["start"]).cast(_INSTANT),
        "kind": pa.array(kinds, pa.string()),
        "seconds": _whole(table["seconds"]),
    }


def _visits(table: pa.Table) -> dict[str, pa.Array[Any]]:
    nowhere = pa.nulls(table.num_rows, pa.float64())
    presumed: Any = table["presumed"].to_pylist()
    closed = [_CLOSED[one] for one in presumed]
    return {
        "venue": _whole(table["venue"]),
        "room": _whole(table["room"]),
        "start": _whole(table["start"]).cast(_INSTANT),
        "end": _whole(table["end"]).cast(_INSTANT),
        "closed": pa.array(closed, pa.string()),
        "lon": nowhere,
        "lat": nowhere,
    }


_COLUMNS: Final = {"encounters": _encounters, "ties": _ties}


def _whole(column: pa.ChunkedArray[Any]) -> Any:  # noqa: ANN401 - an array of any type
    return column.combine_chunks()
