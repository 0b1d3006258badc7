"""The town's three files: their schemas, and Parquet whose bytes hang on the rows alone."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fortnight.evidence.schema import FIXES
from fortnight.simulate.buildings import SETTINGS
from fortnight.simulate.geography import to_degrees
from fortnight.simulate.households import age_groups
from fortnight.simulate.meetings import KINDS
from fortnight.simulate.phones import PHONE_KINDS
from fortnight.simulate.sensing import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from fortnight.simulate.arrays import Codes, Floats, Ints
    from fortnight.simulate.meetings import Meetings
    from fortnight.simulate.phones import Phones
    from fortnight.simulate.town import Town

FIXES_FILE: Final = "fixes.parquet"
TRUTH_FILE: Final = "truth.parquet"
PEOPLE_FILE: Final = "people.parquet"

_START_KEY: Final = b"fortnight.start_ms"
_END_KEY: Final = b"fortnight.end_ms"

_TIME: Final = pa.timestamp("ms", tz="UTC")
_TRUTH_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("first", pa.string(), nullable=False),  # first < second
    pa.field("second", pa.string(), nullable=False),
    pa.field("start", _TIME, nullable=False),
    pa.field("end", _TIME, nullable=False),
    pa.field("kind", pa.string(), nullable=False),  # close, room, place or near
    pa.field("setting", pa.string(), nullable=False),
]
TRUTH: Final = pa.schema(_TRUTH_FIELDS)
"""One period in which two people were together in one way a row."""

_PEOPLE_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("participant", pa.string(), nullable=False),
    pa.field("household", pa.string(), nullable=False),
    pa.field("home_lon", pa.float64(), nullable=False),
    pa.field("home_lat", pa.float64(), nullable=False),
    pa.field("age_group", pa.string(), nullable=False),
    pa.field("main_place", pa.string()),  # workplace or school; null where there is none
    pa.field("main_setting", pa.string()),  # school, work or venue
    pa.field("phone", pa.string(), nullable=False),  # regular, frequent or movement
    pa.field("under_claims", pa.bool_(), nullable=False),  # its accuracy is 2 to 3 times worse
]
PEOPLE: Final = pa.schema(_PEOPLE_FIELDS)
"""One inhabitant a row; home is where their bed stands."""

ROWS_A_GROUP: Final = 1_048_576
_MILLISECONDS: Final = 1_000


def participant_names(first: int, last: int) -> list[str]:
    """Name inhabitants from the first up to but without the last; names sort as numbers do."""
    return [f"p{number:07d}" for number in range(first, last)]


def midnight_ms(start: date) -> int:
    """Return 00:00 UTC of a date, in milliseconds since 1970."""
    return int(datetime.combine(start, time(), tzinfo=UTC).timestamp()) * _MILLISECONDS


def open_writer(path: Path, schema: pa.Schema, dictionary: Sequence[str]) -> pq.ParquetWriter:
    """Open a Parquet file for rows of one schema.

    Names travel as dictionaries; the Arrow schema is left out of the file, so that readers see
    plain strings.
    """
    return pq.ParquetWriter(
        path,
        encoded(schema, dictionary),
        compression="snappy",
        use_dictionary=list(dictionary),  # type: ignore[arg-type]  # the stubs know bool alone
        store_schema=False,
    )


def encoded(schema: pa.Schema, dictionary: Sequence[str]) -> pa.Schema:
    """Return a schema whose strings of these columns travel as dictionaries."""
    as_dictionary = pa.dictionary(pa.int32(), pa.string())
    fields: list[pa.Field[Any]] = [
        field.with_type(as_dictionary)
        if field.name in dictionary and field.type == pa.string()
        else field
        for field in schema
    ]
    return pa.schema(fields)


FIXES_DICTIONARY: Final = ("participant", "source", "accuracy")
TRUTH_DICTIONARY: Final = ("first", "second", "kind", "setting")


def fixes_table(
    names: Sequence[str],
    person: Ints,
    time_ms: Ints,
    position: tuple[Floats, Floats],
    accuracy: Floats,
    source: Codes,
) -> pa.Table:
    """Build rows of `fixes.parquet`.

    Parameters
    ----------
    names
        Participants of the block.
    person
        Index into `names`.
    time_ms
        Milliseconds since 1970, UTC.
    position
        Metres east and north of the town's corner.
    accuracy
        Metres, NaN where there is none.
    source
        Index into `sensing.SOURCES`.

    """
    lon, lat = to_degrees(*position)
    columns = [
        _named(person, names),
        pa.array(time_ms, type=_TIME),
        pa.array(lon),
        pa.array(lat),
        pa.array(accuracy.astype(np.float32), mask=np.isnan(accuracy)),
        _named(source, SOURCES),
    ]
    return pa.Table.from_arrays(columns, schema=encoded(FIXES, FIXES_DICTIONARY))


def truth_table(names: pa.StringArray, meetings: Meetings, origin_ms: int) -> pa.Table:
    """Build rows of `truth.parquet`.

    Parameters
    ----------
    names
        All participants, as Arrow strings.
    meetings
        Seconds from day 0.
    origin_ms
        When day 0 begins, milliseconds since 1970.

    """
    columns = [
        _named(meetings.first, names),
        _named(meetings.second, names),
        pa.array(origin_ms + meetings.start * _MILLISECONDS, type=_TIME),
        pa.array(origin_ms + meetings.end * _MILLISECONDS, type=_TIME),
        _named(meetings.kind, KINDS),
        _named(meetings.setting, SETTINGS),
    ]
    return pa.Table.from_arrays(columns, schema=encoded(TRUTH, TRUTH_DICTIONARY))


def window_metadata(start_ms: int, end_ms: int) -> dict[bytes, str]:
    """Say in a file's own words which days the town was lived; `read_window` reads it back."""
    return {_START_KEY: str(start_ms), _END_KEY: str(end_ms)}


def read_window(schema: pa.Schema) -> tuple[int, int] | None:
    """Return start and end in milliseconds since 1970; none where the file does not say."""
    said = schema.metadata or {}
    if _START_KEY not in said or _END_KEY not in said:
        return None
    return int(said[_START_KEY]), int(said[_END_KEY])


def write_people(path: Path, town: Town, phones: Sequence[Phones], window: tuple[int, int]) -> None:
    """Write `people.parquet`.

    Parameters
    ----------
    path
        The file.
    town
        The town.
    phones
        Everybody's phone, block by block.
    window
        Start and end of the simulated days, milliseconds since 1970.

    """
    kind = np.concatenate([block.kind for block in phones])
    under_claims = np.concatenate([block.claim_factor > 1 for block in phones])
    lon, lat = to_degrees(town.bed.x, town.bed.y)
    none = town.main.room < 0
    place = town.rooms.place[np.maximum(town.main.room, 0)]
    columns = [
        pa.array(participant_names(0, len(kind))),
        pa.array([f"h{number:07d}" for number in town.households.of_person]),
        pa.array(lon),
        pa.array(lat),
        pa.array(age_groups(town.households.age)),
        pa.array([f"w{number:07d}" for number in place], mask=none),
        pa.array([SETTINGS[code] for code in town.setting[place]], mask=none),
        pa.array([PHONE_KINDS[code] for code in kind]),
        pa.array(under_claims),
    ]
    pq.write_table(
        pa.Table.from_arrays(columns, schema=PEOPLE.with_metadata(window_metadata(*window))),
        path,
        compression="snappy",
        row_group_size=ROWS_A_GROUP,
    )


def _named(
    code: Ints | Codes, names: Sequence[str] | pa.StringArray
) -> pa.DictionaryArray[Any, Any]:
    values = names if isinstance(names, pa.StringArray) else pa.array(names, type=pa.string())
    return pa.DictionaryArray.from_arrays(code.astype(np.int32), values)
