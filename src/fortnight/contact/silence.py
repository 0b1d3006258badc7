"""Who was not heard though both phones listened: what Bluetooth's silence says of positions.

A phone is known to take part in an hour in which it heard another one, anyone's, or was heard. Two
people whom positions put at one place in hours in which both phones took part, and neither of
whom heard the other, had walls between them or were not there. How long that goes on hardly
matters: one scan in a room misses nobody, and what hides two phones from each other in the first
quarter of an hour, hides them for two weeks. Nor does what there was beside it, in hours of which
nobody knows whether both phones listened. So silence is whole after twelve minutes, and
`contact.calibration` weighs how whole it is, from 0 to 1, and no sum of minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.episodes import E_END, E_LASTING, E_PRESUMED, E_START, E_WHO
from fortnight.contact.filing import place_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortnight.contact.signs import Sightings

Matrix = NDArray[np.float64]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]

HOUR_MS: Final = 3_600_000
HOURS_A_DAY: Final = 24
_BYTES_A_DAY: Final = HOURS_A_DAY // 8
ENOUGH_MS: Final = 12 * 60_000.0
"""Three scans: silence of so long says all that silence can; chosen."""


@dataclass(frozen=True, slots=True)
class TookPart:
    """Hours in which phones are known to have taken part: one row a participant.

    ``hours`` are those since 1970, from ``first`` on, eight to a byte and the lowest bit first: a
    contact's fortnight is then one line of the processor's cache.
    """

    first: int
    hours: Bytes  # (participants, hours / 8)


def took_part(sightings: Sightings, people: int) -> TookPart:
    """Return when each phone heard another one or was heard; badges' reports are no scans."""
    scans = ~np.isnan(sightings.attenuation)
    hour = sightings.start[scans] // HOUR_MS
    first = int(hour.min(initial=hour[0] if len(hour) else 0))
    hours = np.zeros((people, (int(hour.max(initial=first)) - first) // 8 + 1), dtype=np.uint8)
    _note(sightings.who[scans], hour - first, hours)
    return TookPart(first, hours)


def hours_by_day(encounters: pa.Table, names: Sequence[str]) -> NDArray[np.int32]:
    """Return in which hours of its UTC day each phone took part, as bits, in the order of names.

    For sightings of one day, shaped as ``evidence.schema.ENCOUNTERS``: whoever keeps only those
    of a case knows from this when the others' phones listened to anybody.
    """
    attenuation: Any = encounters["attenuation"].cast(pa.float64())
    level: Floats = pc.fill_null(attenuation, np.nan).to_numpy()
    scans = ~np.isnan(level)
    hour = encounters["start"].cast(pa.int64()).to_numpy()[scans] // HOUR_MS % HOURS_A_DAY
    out, numbers = np.zeros(len(names), dtype=np.int32), pa.array(names, pa.string())
    for column in ("participant", "other"):
        found: Any = pc.index_in(encounters[column].cast(pa.string()), value_set=numbers)
        who = pc.fill_null(found, -1).to_numpy()[scans]
        np.bitwise_or.at(out, who[who >= 0], np.left_shift(1, hour[who >= 0]).astype(np.int32))
    return out


def parts_of_days(people: int, said: Mapping[tuple[int, int], int]) -> TookPart:
    """Return when phones took part, from the hours (bits) of each participant and day since 1970.

    ``said`` is what ``hours_by_day`` says, by number and day.
    """
    days = [day for _, day in said]
    first, last = min(days, default=0), max(days, default=0)
    hours = np.zeros((people, _BYTES_A_DAY * (last - first + 1)), dtype=np.uint8)
    for (who, day), bits in said.items():
        at = _BYTES_A_DAY * (day - first)
        of_day = np.frombuffer(bits.to_bytes(_BYTES_A_DAY, "little"), dtype=np.uint8)
        hours[who, at : at + _BYTES_A_DAY] |= of_day
    return TookPart(first * HOURS_A_DAY, hours)


@kernel
def _note(who: Longs, hour: Longs, hours: Bytes) -> None:
    """Note that phones took part in an hour, counted from the first."""
    for k in range(who.shape[0]):
        hours[who[k], hour[k] // 8] |= np.uint8(1 << (hour[k] % 8))


def silences(parts: TookPart, who: int, episodes: Matrix, people: Longs) -> Floats:
    """Return how silent each of some people was to ``who``, from 0 to 1, had neither heard.

    It is 1 where 12 minutes of their episodes, presumed ones apart, lie in hours in which both
    phones took part, and in proportion less where it is less.

    Parameters
    ----------
    parts
        When phones took part.
    who
        Number of the case.
    episodes
        Rows of ``contact.episodes``.
    people
        Whose silence, by number, sorted.
    """
    return _silences(parts.hours, parts.first, who, episodes, people)


@kernel
def _both_ms(hours: Bytes, first: Int, who: Int, other: Int, start: float, end: float) -> float:
    """Return how long of a period lies in hours in which both phones took part."""
    both = 0.0
    low = max(np.int64(start) // HOUR_MS, first)
    high = min(np.int64(end) // HOUR_MS, first + 8 * hours.shape[1] - 1)
    for hour in range(low, high + 1):
        byte, bit = (hour - first) // 8, (hour - first) % 8
        if (hours[who, byte] & hours[other, byte]) >> bit & 1:
            both += min(end, (hour + 1.0) * HOUR_MS) - max(start, float(hour) * HOUR_MS)
    return both


@kernel
def _silences(hours: Bytes, first: Int, who: Int, episodes: Matrix, people: Longs) -> Floats:
    both = np.zeros(people.shape[0])
    row: Int = np.int64(0)
    for k in range(episodes.shape[0]):
        if episodes[k, E_PRESUMED] > 0.0:
            continue
        other = np.int64(episodes[k, E_WHO])
        row = place_in(people, other, row)
        if row < 0:
            continue
        start, end = episodes[k, E_START], episodes[k, E_END]
        share = episodes[k, E_LASTING] / max(end - start, 1.0)
        both[row] += share * _both_ms(hours, first, who, other, start, end)
    for c in range(people.shape[0]):
        both[c] = min(1.0, both[c] / ENOUGH_MS)
    return both
