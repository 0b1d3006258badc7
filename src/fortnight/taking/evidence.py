"""What a person's phone, operator or venues sent: from the lake, and what still waits for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from fortnight.db.tables import arrival
from fortnight.errors import GoneError
from fortnight.evidence.packed import unpack_encounters, unpack_fixes, unpack_ties, unpack_visits
from fortnight.evidence.schema import SOURCES
from fortnight.lake.drain import LABEL
from fortnight.lake.files import HOUR_MS, ORIGIN_NAMES
from fortnight.taking.moments import degrees, instant
from fortnight.taking.sources import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fortnight.db.engine import Database
    from fortnight.lake.lake import Lake
    from fortnight.taking.selecting import Known
    from fortnight.vault.door import Vault

Taken = dict[str, object]
_TIES: Final = ("call", "message")


def of_lake(lake: Lake, known: Known) -> dict[str, list[Taken]]:
    """Return the rows of every day held, by kind of evidence, the oldest first."""
    found: dict[str, list[Taken]] = {kind: [] for kind in EVIDENCE}
    for day, pseudonym in sorted(known.pseudonyms.items()):
        for kind in EVIDENCE:
            for row in lake.rows_of_one(day, kind, pseudonym).to_pylist():
                found[kind].append(_READ[kind](row) | _filed(row))
    return found


def waiting(database: Database, vault: Vault, person: str) -> list[Taken]:
    """Return what was acknowledged and is not yet in the lake, opened."""
    query = select(arrival).where(arrival.c.person == person).order_by(arrival.c.id)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "kind": row.kind,
            "origin": row.origin,
            "received_at": instant(row.received_at),
            "rows": row.rows,
            "content": _unpacked(vault, row),
        }
        for row in rows
    ]


def _filed(row: Mapping[str, Any]) -> Taken:
    hour = instant(row["received"] * HOUR_MS)
    return {"origin": ORIGIN_NAMES[row["origin"]], "received_hour": hour}


def _fix(row: Mapping[str, Any]) -> Taken:
    return {
        "time": instant(row["time"]),
        "lon": degrees(row["lon"]),
        "lat": degrees(row["lat"]),
        "accuracy_m": _measured(row["accuracy"]),
        "source": SOURCES[row["source"]],
    }


def _measured(value: float) -> float | None:
    """Return a measurement to a tenth; None where none was claimed."""
    return None if math.isnan(value) else round(float(value), 1)


def _visit(row: Mapping[str, Any]) -> Taken:
    return _span(row) | {name: row[name] for name in ("venue", "room", "presumed")}


def _encounter(row: Mapping[str, Any]) -> Taken:
    return _span(row) | {"attenuation_db": _measured(row["attenuation"])}


def _tie(row: Mapping[str, Any]) -> Taken:
    return {"start": instant(row["start"]), "kind": _TIES[row["kind"]], "seconds": row["seconds"]}


def _span(row: Mapping[str, Any]) -> Taken:
    return {"start": instant(row["start"]), "end": instant(row["end"])}


_READ: Final[Mapping[str, Callable[[Mapping[str, Any]], Taken]]] = {
    "fixes": _fix,
    "visits": _visit,
    "encounters": _encounter,
    "ties": _tie,
}
_UNPACK: Final[Mapping[str, Callable[[Sequence[bytes]], tuple[Any, object]]]] = {
    "fixes": unpack_fixes,
    "visits": unpack_visits,
    "encounters": unpack_encounters,
    "ties": unpack_ties,
}
_PACKED_AS: Final = {"lon": "lon_e7", "lat": "lat_e7"}
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "fixes": ("time", "lon", "lat", "accuracy", "source"),
    "visits": ("start", "end", "venue", "room", "presumed"),
    "encounters": ("start", "end", "attenuation"),
    "ties": ("start", "kind", "seconds"),
}


def _unpacked(vault: Vault, row: Any) -> list[Taken] | None:  # noqa: ANN401 - a row of arrivals
    """Return the rows of one arrival; None where its key is gone or it is damaged."""
    try:
        rows, _ = _UNPACK[row.kind]([vault.unseal(row.person, row.sealed, LABEL)])
    except (GoneError, ValueError):
        return None
    columns = [_listed(getattr(rows, _PACKED_AS.get(name, name))) for name in _COLUMNS[row.kind]]
    return list(_read(row.kind, zip(*columns, strict=True)))


def _listed(column: Any) -> list[Any]:  # noqa: ANN401 - numbers of numpy, texts of Arrow
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column.tolist())


def _read(kind: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[Taken]:
    for values in rows:
        yield _READ[kind](dict(zip(_COLUMNS[kind], values, strict=True)))
