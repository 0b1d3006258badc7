"""Check-ins at venues as a list of JSON objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortnight.errors import InputError
from fortnight.evidence.batches import text_array
from fortnight.evidence.readers.records import records
from fortnight.evidence.roles import Roles
from fortnight.evidence.tables.kinds import find_table, table_of
from fortnight.evidence.times import NO_OFFSET, instant_of, iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fortnight.evidence.reading import Raw, Reading
    from fortnight.evidence.tables.kinds import Table

ARRAYS: Final = ("checkIns", "checkins", "check_ins", "visits")
"""Values of the root object that hold check-ins."""
_VENUES: Final = ("venue", "traceLocation", "location", "place")
_OF_VENUE: Final = ("id", "guid", "name")
_MOMENTS: Final = ("start", "end", "closing")


def read(reading: Reading) -> Iterator[Raw]:
    """Yield the check-ins of a file; keys are spelled as a table's columns.

    The keys of the first records say which means what, for the whole file.
    """
    header: list[str] = []
    found: Roles | None = None
    table: Table | None = None
    for part in records(reading, dict, *ARRAYS):
        items = [_flat(record) for record in part.items]
        if found is None and items:
            header = list(dict.fromkeys(key for record in items for key in record))
            found = _roles(header)
            table = table_of(found, reading.source.participant, reading.enrolled)
        if found is not None and table is not None and items:
            moments = {found.at[role] for role in _MOMENTS if role in found.at}
            data = {
                place: text_array([_text(one.get(key), moment=place in moments) for one in items])
                for place, key in enumerate(header)
            }
            yield table.rows(data, part.where)


def _flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a check-in with what it says of its venue beside it instead of inside it."""
    for key, held in record.items():
        if isinstance(held, dict) and key in _VENUES:
            own = held.get("id", held.get("guid", held.get("name")))
            inner = {name: value for name, value in held.items() if name not in _OF_VENUE}
            return {**inner, **record, key: own}
    return record


def _roles(header: Sequence[str]) -> Roles:
    """Return what these keys mean."""
    found = find_table(header)
    if isinstance(found, Roles) and found.format == "check-ins":
        return found
    listed = ", ".join(header[:8])
    raise InputError(f"check-ins with no venue or no start among their keys ({listed})")


def _text(value: object, *, moment: bool) -> str | None:
    """Return a JSON value as the text that a table would have; epoch numbers become ISO 8601.

    In JSON one record may have an epoch number where the next has text.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if moment and (not isinstance(value, str) or value.strip().isdecimal()):
        milliseconds = instant_of(value)
        return iso(milliseconds) if milliseconds > NO_OFFSET else str(value)
    return value if isinstance(value, str) else repr(value)
