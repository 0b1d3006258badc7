"""The rules that a sign must keep, one function each, in the order in which they are applied.

A row that breaks several is refused for the first. docs/formats.md lists them for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.evidence.signs import NOBODY, NOT_ENROLLED
from fortnight.evidence.times import NO_OFFSET, NOT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fortnight.evidence.checks import Limits
    from fortnight.evidence.signs import RawSigns

    Mask = NDArray[np.bool_]

_PAIRS: Final = frozenset({"encounters", "ties"})


def not_enrolled(rows: RawSigns, _: Limits) -> Mask:
    """Mark rows about somebody who is not in the list of those who agreed."""
    marked: Mask = (rows.who == NOT_ENROLLED) | (rows.other == NOT_ENROLLED)
    return marked


def no_participant(rows: RawSigns, _: Limits) -> Mask:
    """Mark rows that name nobody."""
    return np.equal(rows.who, NOBODY)


def no_other(rows: RawSigns, _: Limits) -> Mask:
    """Mark encounters and ties that do not name the other person."""
    return np.equal(rows.other, NOBODY) & (rows.kind in _PAIRS)


def oneself(rows: RawSigns, _: Limits) -> Mask:
    """Mark encounters and ties of a person with themselves."""
    marked: Mask = (rows.other >= 0) & (rows.who == rows.other)
    return marked


def bad_time(rows: RawSigns, _: Limits) -> Mask:
    """Mark rows whose start or end is missing or unreadable."""
    marked: Mask = (rows.start == NOT_A_TIME) | (rows.end == NOT_A_TIME)
    return marked


def no_offset(rows: RawSigns, _: Limits) -> Mask:
    """Mark rows whose start or end is a clock's time with no offset from UTC."""
    marked: Mask = (rows.start == NO_OFFSET) | (rows.end == NO_OFFSET)
    return marked


def bad_interval(rows: RawSigns, _: Limits) -> Mask:
    """Mark rows that end before they start."""
    return np.less(rows.end, rows.start)


def future(rows: RawSigns, limits: Limits) -> Mask:
    """Mark rows that end later than now; an end that is presumed, or a day's, does not count."""
    if rows.kind == "windows":
        return np.greater(rows.start, limits.now)
    if rows.presumed is None:
        return np.greater(rows.end, limits.now)
    return np.greater(np.where(rows.presumed, rows.start, rows.end), limits.now)


def outside_window(rows: RawSigns, limits: Limits) -> Mask:
    """Mark rows that lie wholly more than one UTC day away from the window."""
    marked: Mask = (rows.end < limits.first) | (rows.start >= limits.stop)
    return marked


def _flawed(reason: str) -> Callable[[RawSigns, Limits], Mask]:
    """Return the rule that marks what the reader itself found fault with."""

    def rule(rows: RawSigns, _: Limits) -> Mask:
        return rows.flaws.get(reason, np.zeros(len(rows.who), dtype=np.bool_))

    return rule


SIGN_RULES: Final[tuple[tuple[str, Callable[[RawSigns, Limits], Mask]], ...]] = (
    ("not-enrolled", not_enrolled),
    ("no-participant", no_participant),
    ("no-other", no_other),
    ("oneself", oneself),
    ("no-venue", _flawed("no-venue")),
    ("not-a-number", _flawed("not-a-number")),
    ("off-globe", _flawed("off-globe")),
    ("null-island", _flawed("null-island")),
    ("no-date", _flawed("no-date")),
    ("bad-time", bad_time),
    ("no-offset", no_offset),
    ("bad-interval", bad_interval),
    ("future", future),
    ("outside-window", outside_window),
    ("bad-attenuation", _flawed("bad-attenuation")),
    ("bad-scan", _flawed("bad-scan")),
    ("bad-kind", _flawed("bad-kind")),
    ("bad-duration", _flawed("bad-duration")),
)


def sign_faults(rows: RawSigns, limits: Limits) -> NDArray[np.uint8]:
    """Return for each row 0, or 1 + the place of its rule in SIGN_RULES."""
    faults = np.zeros(len(rows.who), dtype=np.uint8)
    for code, (_, broken) in enumerate(SIGN_RULES, start=1):
        faults[broken(rows, limits) & (faults == 0)] = code
    return faults
