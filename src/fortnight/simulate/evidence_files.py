"""The files of further evidence: Parquet for sightings, CSV for what people and operators hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from fortnight.simulate.geography import to_degrees

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fortnight.simulate.arrays import Ints
    from fortnight.simulate.calls import Ties
    from fortnight.simulate.checkins import CheckIns
    from fortnight.simulate.operator import CellEvents, Sites
    from fortnight.simulate.sightings import Sightings
    from fortnight.simulate.town import Town

ENCOUNTERS_FILE: Final = "encounters.parquet"
VISITS_FILE: Final = "visits.csv"
CALLS_FILE: Final = "calls.csv"
SITES_FILE: Final = "sites.csv"
EVENTS_FILE: Final = "cell_events.csv"
ENROLLED_FILE: Final = "enrolled.csv"
EVIDENCE_FILES: Final = (
    ENCOUNTERS_FILE,
    VISITS_FILE,
    CALLS_FILE,
    SITES_FILE,
    EVENTS_FILE,
    ENROLLED_FILE,
)

_SIGHTING_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("seen_by", pa.string(), nullable=False),
    pa.field("seen", pa.string(), nullable=False),
    pa.field("attenuation", pa.float32(), nullable=False),  # dB
]
SIGHTINGS: Final = pa.schema(_SIGHTING_FIELDS)
"""One scan in which one phone heard another a row."""

SIGHTINGS_DICTIONARY: Final = ("seen_by", "seen", "attenuation")
_MILLISECONDS: Final = 1_000


def sightings_table(
    names: pa.StringArray, seen: Sightings, origin_ms: int, schema: pa.Schema
) -> pa.Table:
    """Build rows of `encounters.parquet`.

    Parameters
    ----------
    names
        All participants, as Arrow strings.
    seen
        Seconds from day 0.
    origin_ms
        When day 0 begins, milliseconds since 1970.
    schema
        Of the open writer.

    """
    columns = [
        pa.array(origin_ms + seen.second * _MILLISECONDS, type=SIGHTINGS.field("time").type),
        _named(seen.seen_by, names),
        _named(seen.seen, names),
        pa.array(seen.attenuation.astype(np.float32)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


_CSV_FIELDS: Final[dict[str, list[pa.Field[Any]]]] = {
    VISITS_FILE: [
        pa.field("participant", pa.string()),
        pa.field("venue", pa.string()),
        pa.field("room", pa.string()),
        pa.field("check_in", pa.string()),
        pa.field("check_out", pa.string()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
    ],
    EVENTS_FILE: [
        pa.field("participant", pa.string()),
        pa.field("time", pa.string()),
        pa.field("cell", pa.string()),
    ],
}


def visits_table(town: Town, names: pa.StringArray, visits: CheckIns, origin_ms: int) -> pa.Table:
    """Build rows of `visits.csv`; a venue lies where the middle of its hall is."""
    rooms, hall = town.rooms, town.hall[visits.place]
    lon, lat = to_degrees(
        rooms.x[hall] + rooms.width[hall] / 2, rooms.y[hall] + rooms.depth[hall] / 2
    )
    room = [None if r < 0 else "hall" if r == 0 else f"room {r}" for r in visits.room.tolist()]
    return pa.table(
        {
            "participant": names.take(visits.person),
            "venue": pa.array([f"w{place:07d}" for place in visits.place.tolist()], pa.string()),
            "room": pa.array(room, pa.string()),
            "check_in": _times(visits.check_in, origin_ms),
            "check_out": _times(visits.check_out, origin_ms),
            "lon": pa.array(lon),
            "lat": pa.array(lat),
        },
    )


def calls_table(
    names: pa.StringArray, ties: Ties, kinds: Sequence[str], origin_ms: int
) -> pa.Table:
    """Build rows of `calls.csv`."""
    return pa.table(
        {
            "time": _times(ties.second, origin_ms),
            "from": names.take(ties.caller),
            "to": names.take(ties.called),
            "kind": pa.array(kinds, pa.string()).take(ties.kind),
            "seconds": pa.array(ties.seconds),
        },
    )


def sites_table(sites: Sites) -> pa.Table:
    """Build rows of `sites.csv`."""
    lon, lat = to_degrees(sites.x, sites.y)
    return pa.table(
        {
            "cell": site_names(len(sites.x)),
            "lon": pa.array(lon),
            "lat": pa.array(lat),
            "range": pa.array(sites.range_m),
        },
    )


def events_table(names: pa.StringArray, events: CellEvents, sites: int, origin_ms: int) -> pa.Table:
    """Build rows of `cell_events.csv`."""
    return pa.table(
        {
            "participant": names.take(events.person),
            "time": _times(events.second, origin_ms),
            "cell": site_names(sites).take(events.site),
        },
    )


def site_names(count: int) -> pa.StringArray:
    """Name the operator's sites."""
    return pa.array([f"c{number:05d}" for number in range(count)], pa.string())


def open_csv(folder: Path, name: str) -> pcsv.CSVWriter:
    """Open the visits or the cell events of a folder, which are written day by day."""
    return pcsv.CSVWriter(folder / name, pa.schema(_CSV_FIELDS[name]))


def _times(second: Ints, origin_ms: int) -> pa.StringArray:
    """Write instants as ISO 8601 in UTC; nothing where the second is below 0."""
    instants = pa.array(
        origin_ms // _MILLISECONDS + second, type=pa.timestamp("s"), mask=second < 0
    )
    return pc.strftime(instants, format="%Y-%m-%dT%H:%M:%SZ")


def _named(code: Ints, names: pa.StringArray) -> pa.DictionaryArray[Any, Any]:
    return pa.DictionaryArray.from_arrays(code.astype(np.int32), names)
