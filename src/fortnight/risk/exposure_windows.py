"""Exposure windows of the Google/Apple system, in columns, as every score takes them.

A window is up to 30 minutes in which one phone heard another: the UTC day, what kind of report
the other's was, how infectious its owner was on that day, how well the phones' radios are
calibrated, and scans. A scan has a typical and a least attenuation (dB) and the seconds since
the scan before it. The codes are those of both systems:

| | 0 | 1 | 2 | 3 | 4 | 5 |
|---|---|---|---|---|---|---|
| report type | unknown | confirmed test | clinical diagnosis | self-report | recursive | revoked |
| infectiousness | none | standard | high | | | |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

Integers: TypeAlias = "NDArray[np.int64]"
Numbers: TypeAlias = "NDArray[np.float64]"
Truths: TypeAlias = "NDArray[np.bool_]"

STANDARD: Final = 1
HIGH: Final = 2
SECONDS_A_MINUTE: Final = 60
_EXACT: Final = 2.0**53  # up to here every whole number is a float
_EPOCH_ORDINAL: Final = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one or many owners; scans of window ``w`` are ``first_scan[w]:first_scan[w+1]``.

    ``owner`` numbers the people (or the cases of a file), ``age_days`` counts whole days back
    from the day of the question: 0 is that day.
    """

    owner: Integers
    age_days: Integers
    report_type: Integers
    infectiousness: Integers
    confidence: Integers
    first_scan: Integers
    typical_db: Numbers
    minimum_db: Numbers
    seconds: Numbers

    def __len__(self) -> int:
        """Return how many windows there are."""
        return len(self.owner)

    def counted_seconds(self) -> Numbers:
        """Return the seconds of each scan; negative ones, from a clock set back, are none."""
        return np.maximum(self.seconds, 0.0)


def arrange(table: pa.Table, on: date) -> tuple[tuple[str, ...], Windows]:
    """Return the owners by name, in order, and their windows; those after ``on`` are left out.

    Parameters
    ----------
    table
        Columns participant, day, report_type, infectiousness, confidence and scans, a list of
        structs of typical and minimum (dB) and seconds.
    on
        The day of the question, from which ages are counted.
    """
    today = on.toordinal() - _EPOCH_ORDINAL
    days = table["day"].cast(pa.int32()).to_numpy()
    known = table.filter(days <= today).combine_chunks()
    names, owner = np.unique(
        np.asarray(known["participant"].to_pylist(), dtype=object), return_inverse=True
    )
    scans = known["scans"]
    lengths = pc.fill_null(pc.list_value_length(scans), 0).to_numpy()
    flat: Any = pc.list_flatten(scans)
    return tuple(names.tolist()), Windows(
        owner=owner.astype(np.int64),
        age_days=(today - days[days <= today]).astype(np.int64),
        report_type=known["report_type"].to_numpy().astype(np.int64),
        infectiousness=known["infectiousness"].to_numpy().astype(np.int64),
        confidence=known["confidence"].to_numpy().astype(np.int64),
        first_scan=offsets(lengths),
        typical_db=_field(flat, "typical"),
        minimum_db=_field(flat, "minimum"),
        seconds=_field(flat, "seconds"),
    )


def _field(structs: Any, name: str) -> Numbers:  # noqa: ANN401 - pyarrow-stubs know no chunked struct
    return np.asarray(pc.struct_field(structs, name).to_numpy(), dtype=np.float64)


def offsets(lengths: Sequence[int] | Integers) -> Integers:
    """Return where each of the groups of these lengths begins, and where the last one ends."""
    found = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=found[1:])
    return found


def sums(values: Numbers, starts: Integers) -> Numbers:
    """Return the sum of each group, rounded once, so that the order within it never matters.

    Plain addition gives 8.999… or 9.0 by the order of its terms, and a threshold stands at 9:
    the Corona-Warn-App showed people both (cwa-app-android, issue 4925).
    """
    if np.array_equal(values, np.rint(values)) and np.abs(values).sum() < _EXACT:
        return _whole_sums(values, starts)
    plain, edges = values.tolist(), starts.tolist()
    return np.fromiter(
        (math.fsum(plain[first:last]) for first, last in pairwise(edges)),
        np.float64,
        len(edges) - 1,
    )


def _whole_sums(values: Numbers, starts: Integers) -> Numbers:
    """Sum groups of whole numbers, which no order can round."""
    running = np.zeros(len(values) + 1, dtype=np.float64)
    np.cumsum(values, out=running[1:])
    return np.asarray(running[starts[1:]] - running[starts[:-1]])


def runs(*columns: Integers) -> tuple[Integers, Integers]:
    """Return an order that brings equal rows together, and where in it each of them begins."""
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    return order, np.flatnonzero(new)


@dataclass(frozen=True, slots=True)
class Days:
    """Days of owners on which windows count: one row an owner and day, ordered by both."""

    owner: Integers
    age_days: Integers
    total: Numbers


def by_day(windows: Windows, values: Numbers, counted: Truths) -> Days:
    """Return the sum of ``values`` over the counted windows of each owner and day."""
    rows = np.flatnonzero(counted)
    order, firsts = runs(windows.owner[rows], windows.age_days[rows])
    total = sums(values[rows][order], np.append(firsts, len(rows)))
    each = rows[order[firsts]]
    return Days(owner=windows.owner[each], age_days=windows.age_days[each], total=total)
