"""Contacts weighed day by day in one pass: plain loops that let the interpreter go.

They do what ``fortnight.risk.dose``, ``tiers`` and ``dates`` say, row by row. The same in NumPy
were a hundred small calls a case, for which two threads that each weigh a case wait in turn.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

Matrix = NDArray[np.float64]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Columns of what is known of a contact.
D_MINUTES: Final = 0  # of the look-forward
D_DOSE: Final = 1
D_CLOSE: Final = 2  # dose of close contact
D_MOST: Final = 3  # minutes on so many days in a row as the threshold asks for
D_FIRST: Final = 4  # column of the first exposed day, -1 for none
D_LAST: Final = 5
D_CLOSE_DAYS: Final = 6  # with a dose of close contact
DAILY_COLUMNS: Final = 7

_NEAR_ENOUGH: Final = 0.01
"""The first day whose share is within this of the highest is the day to test."""

_SAME_DOSE: Final = 1e6  # parts of a minute to which two doses are told apart
_PLACES: Final = 1e9  # of a share, so that the last bits of a sum decide nothing


@kernel
def first_wrong(minutes: Matrix) -> Int:
    """Return the place, row by row, of the first minutes that are negative or no number, or -1."""
    for c in range(minutes.shape[0]):
        for day in range(minutes.shape[1]):
            if not (minutes[c, day] >= 0.0 and minutes[c, day] < np.inf):
                return np.int64(c * minutes.shape[1] + day)
    return np.int64(-1)


@kernel
def _most_of(minutes: Matrix, c: Int, width: Int) -> float:
    """Return the most minutes that one contact has on so many days in a row."""
    most = 0.0
    for first in range(minutes.shape[1] - width + 1):
        total = 0.0
        for day in range(first, first + width):
            total += minutes[c, day]
        most = max(most, total)
    return most


@kernel
def _add_days(minutes: Matrix, close: Matrix, weights: Floats, out: Matrix, c: Int) -> None:
    """Add one contact's days up."""
    out[c, D_FIRST] = out[c, D_LAST] = -1.0
    for day in range(minutes.shape[1]):
        spent, near = minutes[c, day], close[c, day] * weights[day]
        out[c, D_MINUTES] += spent
        out[c, D_DOSE] += spent * weights[day]
        out[c, D_CLOSE] += near
        if near > 0.0:
            out[c, D_CLOSE_DAYS] += 1.0
        if spent > 0.0:
            out[c, D_LAST] = day
            if out[c, D_FIRST] < 0.0:
                out[c, D_FIRST] = day


@kernel
def add_days(
    minutes: Matrix, close: Matrix, counts: Bools, weights: Floats, width: Int
) -> tuple[Matrix, Matrix]:
    """Return what each contact's days add up to, and the minutes that count.

    Parameters
    ----------
    minutes, close
        Expected minutes (contacts, days), and those of close contact.
    counts
        Whether a contact's minutes (contacts,) count at all, then whether a day's (days,) do.
    weights
        Relative infectiousness of each day, 0 outside the look-forward.
    width
        How many days in a row the threshold looks at.
    """
    people = minutes.shape[0]
    out, counted = np.zeros((people, DAILY_COLUMNS)), np.zeros(minutes.shape)
    for c in range(people):
        for day in range(minutes.shape[1]):
            if counts[c] and counts[people + day]:
                counted[c, day] = minutes[c, day]
        _add_days(counted, close, weights, out, c)
        out[c, D_MOST] = _most_of(counted, c, width)
    return out, counted


@kernel
def _share_out(minutes: Matrix, c: Int, weights: Floats, shares: Floats) -> bool:
    """Write the chance that a contact was infected on each day, if on any; False without a minute.

    In proportion to the day's part of the dose, or of the minutes where the curve knows of no
    infectiousness on any of the days.
    """
    dose = whole = 0.0
    for day in range(minutes.shape[1]):
        dose += minutes[c, day] * weights[day]
        whole += minutes[c, day]
    if not whole > 0.0:
        return False
    for day in range(minutes.shape[1]):
        if dose > 0.0:
            shares[day] = minutes[c, day] * weights[day] / dose
        else:
            shares[day] = minutes[c, day] / whole
    return True


@kernel
def _lay_curves(shares: Floats, curve: Floats, first: Int, last: Int, found: Floats) -> None:
    """Write the share that a test finds on the days from ``first`` to ``last``."""
    for at in range(first, last + 1):
        found[at] = 0.0
    for day in range(shares.shape[0]):
        if shares[day] > 0.0:
            for at in range(max(first, day), last + 1):
                found[at] += shares[day] * curve[at - day]


@kernel
def curves_by_date(shares: Matrix, curve: Floats, count: Int) -> Matrix:
    """Return each contact's own curve by date, as ``fortnight.risk.dates.by_date`` does.

    ``curve`` goes on for ``count`` days at least. Days without a share change not a bit of it.
    """
    found = np.empty((shares.shape[0], count))
    for c in range(shares.shape[0]):
        _lay_curves(shares[c], curve, np.int64(0), np.int64(count - 1), found[c])
        for at in range(count):
            found[c, at] = np.rint(found[c, at] * _PLACES) / _PLACES
    return found


@kernel
def _best_day(found: Floats, first: Int, last: Int) -> float:
    """Return the first day from which waiting finds no more than one in a hundred more, or NaN."""
    highest = 0.0
    for at in range(first, last + 1):
        found[at] = np.rint(found[at] * _PLACES) / _PLACES
        highest = max(highest, found[at])
    for at in range(first, last + 1):
        if highest > 0.0 and found[at] >= highest - _NEAR_ENOUGH:
            return float(at)
    return math.nan


@kernel
def best_days(
    minutes: Matrix, weights: Floats, curve: Floats, sums: Matrix, days: Int, earliest: Int
) -> Floats:
    """Return the column, counted on beyond the last, of each contact's day to test; NaN for none.

    It is the first day on which the share that a test finds is within 0.01 of the highest.

    Parameters
    ----------
    minutes
        Those that count, (contacts, days).
    weights
        Relative infectiousness of each day.
    curve
        Share by day after one exposure, for all days of ``minutes`` and of the follow-up.
    sums
        What the days of each add up to, by ``add_days``.
    days
        How long the follow-up lasts.
    earliest
        Column before which nobody can be tested.
    """
    shares, found = np.empty(minutes.shape[1]), np.empty(minutes.shape[1] + days)
    best = np.full(minutes.shape[0], np.nan)
    for c in range(minutes.shape[0]):
        if _share_out(minutes, c, weights, shares):
            last = np.int64(sums[c, D_LAST]) + days
            _lay_curves(shares, curve, earliest, last, found)
            best[c] = _best_day(found, earliest, last)
    return best


@kernel
def ranks_of(doses: Floats, household: Bools, exposed: Bools) -> Longs:
    """Return 1 + the number of contacts of the same group with a higher dose; 0 unexposed.

    Households are a group of their own. Doses are told apart to a millionth of a minute.
    """
    rounded, ranks = np.rint(doses * _SAME_DOSE), np.zeros(doses.shape[0], dtype=np.int64)
    seen, rank, last = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64), np.zeros(2)
    for c in np.argsort(-rounded):
        if exposed[c]:
            group = 1 if household[c] else 0
            if seen[group] == 0 or rounded[c] != last[group]:
                rank[group], last[group] = seen[group] + 1, rounded[c]
            seen[group] += 1
            ranks[c] = rank[group]
    return ranks
