"""Fixes that surely break no rule, looked at one by one.

The rules for whole columns take half a millisecond to begin, which is for a message of one fix
sixty times, and for a batch of a hundred eight times as long as this takes. They decide in every
case of doubt: nothing here refuses anything.
"""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, Final

from fortnight.arrivals.bounds import limits
from fortnight.evidence.batches import UNKNOWN_SOURCE
from fortnight.evidence.checks import MAX_ACCURACY_M, MAX_LAT, MAX_LON
from fortnight.evidence.columns import source_code
from fortnight.evidence.packed import pack_fix_rows
from fortnight.evidence.times import instant_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortnight.arrivals.json_rows import FixRow, Value
    from fortnight.evidence.packed import FixTuple

MOST_ROWS: Final = 500
"""Beyond so many rows the rules for columns are as fast."""
_E7: Final = 1e7
_LEAST_LON: Final = 0.001
"""Clear of the point 0, 0, in degrees."""
_MOST: Final = 2**63
_CODES: Final[Mapping[Value, int]] = {
    None: UNKNOWN_SOURCE,
    **{word: source_code(word) for word in ("gnss", "wifi", "cell", "unknown")},
}


def packed_if_sound(rows: Sequence[FixRow], now: int) -> bytes | None:
    """Return fixes packed, None where the rules have to look; ``now`` in ms since 1970 UTC."""
    if not 0 < len(rows) <= MOST_ROWS:
        return None
    within = limits(now)
    packed: list[FixTuple] = []
    for row in rows:
        fix = _sound(row, within.first, within.now)
        if fix is None:
            return None
        packed.append(fix)
    return pack_fix_rows(packed)


def _sound(row: FixRow, first: int, last: int) -> FixTuple | None:
    """Return one fix as it is packed, or None."""
    lon, lat, accuracy, source = row.lon, row.lat, row.accuracy, row.source
    if type(lon) is not float or type(lat) is not float or type(row.time) is not int:
        return None
    if abs(row.time) >= _MOST or not (isfinite(lon) and isfinite(lat)):
        return None
    metres = nan if accuracy is None else accuracy
    if isinstance(metres, str) or not (accuracy is None or 0 <= metres <= MAX_ACCURACY_M):
        return None
    code = _CODES.get(source)
    if code is None:
        return None
    time = instant_of(row.time)
    if not (first <= time <= last and _LEAST_LON < abs(lon) <= MAX_LON and abs(lat) <= MAX_LAT):
        return None
    return time, round(lon * _E7), round(lat * _E7), metres, code
