"""The rules that a row must keep, one function each, in the order in which they are applied.

A row that breaks several is refused for the first. docs/formats.md lists them for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.evidence.times import NO_OFFSET, NOT_A_TIME
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fortnight.evidence.batches import RawFixes, RawStays

    Mask = NDArray[np.bool_]

MAX_ACCURACY_M: Final = 10_000.0
MAX_LON: Final = 180.0
MAX_LAT: Final = 90.0
# The largest and smallest times that mean "whenever", well away from the marks.
_EVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which instants a row may lie, in milliseconds since 1970 UTC."""

    now: int  # the last instant that is not in the future
    first: int = -_EVER  # the first instant kept
    stop: int = _EVER  # the first instant no longer kept

    @classmethod
    def of(cls, now: int, window: tuple[int, int] | None) -> Limits:
        """Return the limits of a window, both of its ends included, with a day on either side.

        The whole UTC day before the window's first day and the one after its last are kept:
        the segments at the window's edges are cut from them.
        """
        if window is None:
            return cls(now)
        first_day = window[0] // MILLISECONDS_A_DAY
        last_day = window[1] // MILLISECONDS_A_DAY
        return cls(now, (first_day - 1) * MILLISECONDS_A_DAY, (last_day + 2) * MILLISECONDS_A_DAY)


def no_participant(rows: RawFixes | RawStays, _: Limits) -> Mask:
    """Mark rows that name nobody."""
    return np.less(rows.who, 0)


def not_a_number(rows: RawFixes | RawStays, _: Limits) -> Mask:
    """Mark rows whose longitude or latitude is missing, unreadable or infinite."""
    marked: Mask = ~(np.isfinite(rows.lon) & np.isfinite(rows.lat))
    return marked


def off_globe(rows: RawFixes | RawStays, _: Limits) -> Mask:
    """Mark rows with a longitude beyond 180 degrees or a latitude beyond 90."""
    return (np.abs(rows.lon) > MAX_LON) | (np.abs(rows.lat) > MAX_LAT)


def null_island(rows: RawFixes | RawStays, _: Limits) -> Mask:
    """Mark rows at exactly 0, 0: what a receiver writes that does not know."""
    marked: Mask = (rows.lon == 0) & (rows.lat == 0)
    return marked


def bad_time(rows: RawFixes, _: Limits) -> Mask:
    """Mark rows whose time is missing or unreadable."""
    return np.equal(rows.time, NOT_A_TIME)


def no_offset(rows: RawFixes, _: Limits) -> Mask:
    """Mark rows with a clock's time and no offset from UTC: no instant that could be known."""
    return np.equal(rows.time, NO_OFFSET)


def future(rows: RawFixes, limits: Limits) -> Mask:
    """Mark rows later than now."""
    return np.greater(rows.time, limits.now)


def outside_window(rows: RawFixes, limits: Limits) -> Mask:
    """Mark rows more than one whole UTC day away from the window."""
    return (rows.time < limits.first) | (rows.time >= limits.stop)


def bad_accuracy(rows: RawFixes | RawStays, _: Limits) -> Mask:
    """Mark rows whose accuracy is under 0, over 10 km, or no number. None at all is fine."""
    return np.logical_or(rows.accuracy < 0, rows.accuracy > MAX_ACCURACY_M)


def bad_stay_time(rows: RawStays, _: Limits) -> Mask:
    """Mark stays whose start or end is missing or unreadable."""
    marked: Mask = np.logical_or(rows.start == NOT_A_TIME, rows.end == NOT_A_TIME)
    return marked


def no_stay_offset(rows: RawStays, _: Limits) -> Mask:
    """Mark stays whose start or end is a clock's time with no offset from UTC."""
    marked: Mask = np.logical_or(rows.start == NO_OFFSET, rows.end == NO_OFFSET)
    return marked


def bad_interval(rows: RawStays, _: Limits) -> Mask:
    """Mark stays that end before they start."""
    return np.less(rows.end, rows.start)


def future_stay(rows: RawStays, limits: Limits) -> Mask:
    """Mark stays that end later than now."""
    return np.greater(rows.end, limits.now)


def stay_outside_window(rows: RawStays, limits: Limits) -> Mask:
    """Mark stays that lie wholly more than one UTC day away from the window."""
    return (rows.end < limits.first) | (rows.start >= limits.stop)


FIX_RULES: Final[tuple[tuple[str, Callable[[RawFixes, Limits], Mask]], ...]] = (
    ("no-participant", no_participant),
    ("not-a-number", not_a_number),
    ("off-globe", off_globe),
    ("null-island", null_island),
    ("bad-time", bad_time),
    ("no-offset", no_offset),
    ("future", future),
    ("outside-window", outside_window),
    ("bad-accuracy", bad_accuracy),
)
STAY_RULES: Final[tuple[tuple[str, Callable[[RawStays, Limits], Mask]], ...]] = (
    ("no-participant", no_participant),
    ("not-a-number", not_a_number),
    ("off-globe", off_globe),
    ("null-island", null_island),
    ("bad-time", bad_stay_time),
    ("no-offset", no_stay_offset),
    ("bad-interval", bad_interval),
    ("future", future_stay),
    ("outside-window", stay_outside_window),
    ("bad-accuracy", bad_accuracy),
)


def fix_faults(rows: RawFixes, limits: Limits) -> NDArray[np.uint8] | None:
    """Return for each fix 0, or 1 + the place of its rule in FIX_RULES; None if all are sound."""
    if _all_sound(rows, limits):
        return None
    faults = np.zeros(len(rows.who), dtype=np.uint8)
    for code, (_, broken) in enumerate(FIX_RULES, start=1):
        marked = broken(rows, limits)
        if marked.any():
            faults[marked & (faults == 0)] = code
    return faults


def stay_faults(rows: RawStays, limits: Limits) -> NDArray[np.uint8]:
    """Return for each stay 0, or 1 + the place of its rule in STAY_RULES."""
    faults = np.zeros(len(rows.who), dtype=np.uint8)
    for code, (_, broken) in enumerate(STAY_RULES, start=1):
        faults[broken(rows, limits) & (faults == 0)] = code
    return faults


def _all_sound(rows: RawFixes, limits: Limits) -> bool:
    """Tell from smallest and largest values alone whether no rule can be broken.

    Ten times cheaper than the rules, which matters for a hundred million rows. May say no to
    sound rows (around the point 0, 0), never yes to others: NaN makes a comparison false.
    """
    if not len(rows.who):
        return True
    places = _within(rows.lon, -MAX_LON, MAX_LON) and _within(rows.lat, -MAX_LAT, MAX_LAT)
    first, last = max(limits.first, NO_OFFSET + 1), min(limits.now, limits.stop - 1)
    times = _within(rows.time, first, last)
    # fmin and fmax pass over NaN, which stands for "no accuracy claimed" and is allowed
    least, most = np.fmin.reduce(rows.accuracy), np.fmax.reduce(rows.accuracy)
    accuracies = bool(np.isnan(least)) or (least >= 0 and most <= MAX_ACCURACY_M)
    named = bool(rows.who.min() >= 0)
    return places and times and bool(accuracies) and named and not _spans_zero(rows)


def _within(values: NDArray[np.float64] | NDArray[np.int64], least: float, most: float) -> bool:
    """Tell whether all values lie between two, both included; NaN lies nowhere."""
    return bool(values.min() >= least and values.max() <= most)


def _spans_zero(rows: RawFixes) -> bool:
    """Tell whether the rows' bounding box holds the point 0, 0."""
    return bool(
        rows.lon.min() <= 0 <= rows.lon.max() and rows.lat.min() <= 0 <= rows.lat.max(),
    )
