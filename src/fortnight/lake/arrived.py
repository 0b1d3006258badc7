"""Opened arrivals become tables by day and kind, under the pseudonyms of their days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.packed import unpack_encounters, unpack_fixes, unpack_ties, unpack_visits
from fortnight.lake.files import DAY_MS, HOUR_MS, ORIGIN_NAMES, PSEUDONYM, SCHEMAS, instants_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from fortnight.lake.filing import Filing, Grants

    Longs = NDArray[np.int64]


class Arrived(NamedTuple):
    """What one person sent at once, as packed bytes."""

    person: str
    kind: str
    origin: str
    received_at: int  # ms since 1970 UTC
    data: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """By what rows are filed, and the count of those that are not, by reason."""

    vault: Filing
    consents: Grants
    first_day: int
    dropped: Counter[str]


class _Rows(NamedTuple):
    """Rows of one kind: whose they are, and their columns but pseudonyms."""

    people: list[str]
    who: Longs  # places in `people`
    other: NDArray[np.object_] | None  # beacons or ids, as bytes
    columns: dict[str, Any]


def tables_of(arrived: Iterable[Arrived], held: Held) -> dict[tuple[int, str], pa.Table]:
    """Return all rows that may be kept, by day and kind."""
    by_kind: dict[str, list[Arrived]] = {}
    for one in arrived:
        by_kind.setdefault(one.kind, []).append(one)
    tables = {}
    for kind, some in by_kind.items():
        for day, rows in _by_day(kind, _unpacked(kind, some), held):
            table = _filed(day, kind, rows, held)
            if table.num_rows:
                tables[day, kind] = table
    return tables


def _unpacked(kind: str, arrived: Sequence[Arrived]) -> _Rows:
    rows, counts = _UNPACK[kind]([one.data for one in arrived])
    places: dict[str, int] = {}
    who = [places.setdefault(one.person, len(places)) for one in arrived]
    origin = [ORIGIN_NAMES.index(one.origin) for one in arrived]
    received = [one.received_at // HOUR_MS for one in arrived]
    columns, other = _COLUMNS[kind](rows)
    columns["origin"] = np.repeat(np.array(origin, dtype=np.uint8), counts)
    columns["received"] = np.repeat(np.array(received, dtype=np.int32), counts)
    return _Rows(list(places), np.repeat(np.array(who, dtype=np.int64), counts), other, columns)


def _fixes(rows: Any) -> tuple[dict[str, Any], None]:  # noqa: ANN401 - each kind has its own type
    columns = {"time": rows.time, "lon": rows.lon_e7, "lat": rows.lat_e7}
    return columns | {"accuracy": rows.accuracy, "source": rows.source}, None


def _visits(rows: Any) -> tuple[dict[str, Any], None]:  # noqa: ANN401 - as above
    columns = {"start": rows.start, "end": rows.end, "presumed": rows.presumed}
    return columns | {"venue": rows.venue, "room": rows.room}, None


def _encounters(rows: Any) -> tuple[dict[str, Any], NDArray[np.object_]]:  # noqa: ANN401 - as above
    columns = {"start": rows.start, "end": rows.end, "attenuation": rows.attenuation}
    return columns, _texts(rows.beacon)


def _ties(rows: Any) -> tuple[dict[str, Any], NDArray[np.object_]]:  # noqa: ANN401 - as above
    columns = {"start": rows.start, "kind": rows.kind, "seconds": rows.seconds}
    return columns, _texts(rows.other)


_UNPACK: Final[Mapping[str, Callable[[Sequence[bytes]], tuple[Any, Longs]]]] = {
    "fixes": unpack_fixes,
    "visits": unpack_visits,
    "encounters": unpack_encounters,
    "ties": unpack_ties,
}
_COLUMNS: Final[Mapping[str, Callable[[Any], tuple[dict[str, Any], Any]]]] = {
    "fixes": _fixes,
    "visits": _visits,
    "encounters": _encounters,
    "ties": _ties,
}


def _texts(rows: NDArray[np.uint8]) -> NDArray[np.object_]:
    out = np.empty(len(rows), dtype=object)
    out[:] = [row.tobytes() for row in rows]
    return out


def _by_day(kind: str, rows: _Rows, held: Held) -> Iterable[tuple[int, _Rows]]:
    """Yield the rows of each day that is held."""
    day = np.asarray(rows.columns[instants_of(kind)]) // DAY_MS
    held.dropped["too-old"] += int((day < held.first_day).sum())
    for one in np.unique(day[day >= held.first_day]).tolist():
        yield one, _chosen(rows, np.flatnonzero(day == one))


def _chosen(rows: _Rows, places: NDArray[np.intp]) -> _Rows:
    columns = {
        name: column[places] if isinstance(column, np.ndarray) else column.take(pa.array(places))
        for name, column in rows.columns.items()
    }
    other = None if rows.other is None else rows.other[places]
    return _Rows(rows.people, rows.who[places], other, columns)


def _filed(day: int, kind: str, rows: _Rows, held: Held) -> pa.Table:
    """Return rows of one day under its pseudonyms; both sides of a row have to agree to it."""
    others = _others(day, kind, rows, held)
    present = {rows.people[place] for place in np.unique(rows.who).tolist()}
    names = held.vault.file_under_many(present | {one for one in others if one}, day)
    who = [names.get(person) for person in rows.people]
    columns: dict[str, Any] = dict(rows.columns)
    columns["pseudonym"] = pa.array([who[place] for place in rows.who.tolist()], PSEUDONYM)
    known = columns["pseudonym"].is_valid()
    if rows.other is not None:
        columns["other"] = pa.array([one and names.get(one) for one in others], PSEUDONYM)
        apart = pa.array(
            [rows.people[place] != one for place, one in zip(rows.who, others, strict=True)]
        )
        known = pc.and_(known, pc.and_(columns["other"].is_valid(), apart))
    schema = SCHEMAS[kind]
    table = pa.Table.from_arrays([_column(columns, field) for field in schema], schema=schema)
    held.dropped["unknown"] += table.num_rows - int(known.true_count)
    return table.filter(known)


def _column(columns: Mapping[str, Any], field: pa.Field[Any]) -> pa.Array[Any]:
    column = columns[field.name]
    array: pa.Array[Any] = pa.array(column, field.type) if _is_numpy(column) else column
    return array


def _is_numpy(column: object) -> bool:
    return isinstance(column, np.ndarray)


def _others(day: int, kind: str, rows: _Rows, held: Held) -> list[str | None]:
    """Return the person on the other side of each row, where there is one who agreed."""
    if rows.other is None:
        return []
    named = set(rows.other.tolist())
    if kind == "encounters":
        people = dict(held.vault.people_of_beacons(day, named))
    else:
        people = {one: one.hex() for one in named}
    grant = "trace.bluetooth" if kind == "encounters" else "trace.ties"
    live = held.consents.live_people(None, set(people.values()), grant)
    return [person if (person := people.get(one)) in live else None for one in rows.other.tolist()]
