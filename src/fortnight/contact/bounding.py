"""Who may have been near a case for long enough: by a bound that costs next to nothing.

Most of a town passes a case by once, for a minute or two. How long a pair of segments is within
the reach, beyond which no probability of 5 % is, bounds both its time within the radius and its
expected time (``sifting`` has it, a little sharper); added up, it tells who cannot come to the
minimum in any 24 hours. Their probabilities need not be followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel
from fortnight.contact.question import PARTITION
from fortnight.contact.sifting import ASKED, MOST_MS, PAIR_COLUMNS, WHOSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.contact.index import Index
    from fortnight.contact.lookup import Longs, Matrix

Flags = NDArray[np.bool_]

_ROUNDING_MS: Final = 1
"""By which a sum may be less than the same time found with a probability."""

# Of a participant, while days are gone through: the last one with a sum, its sum, the one before.
_DAY: Final = 0
_SUM: Final = 1
_BEFORE: Final = 2


@kernel
def _add_up(
    question: Matrix, found: Longs, day_numbers: Longs, enough: Int, sums: Longs, wanted: Flags
) -> None:
    """Add the times of some pairs up by participant and UTC day; mark who comes to ``enough``.

    24 hours lie in two UTC days, one after the other: the larger sum of two such bounds them.
    Without a branch: who was met on that day before is anybody's guess, the processor's too.
    """
    for k in range(found.shape[0]):
        who, day = np.uint64(found[k, WHOSE]), np.int64(question[found[k, ASKED], PARTITION])
        eve = day - 1 if day > 0 and day_numbers[day] == day_numbers[day - 1] + 1 else -1
        last, today = sums[who, _DAY], sums[who, _SUM]
        before = sums[who, _BEFORE] if last == day else (today if last == eve else 0)
        today = (today if last == day else 0) + found[k, MOST_MS]
        sums[who, _DAY], sums[who, _SUM], sums[who, _BEFORE] = day, today, before
        wanted[who] |= today + before >= enough


@kernel
def _kept(found: Longs, wanted: Flags) -> Longs:
    """Return the pairs of those who are wanted."""
    out, n = np.empty(found.shape, dtype=np.int64), np.uint64(0)
    for k in range(found.shape[0]):
        for column in range(PAIR_COLUMNS):
            out[n, column] = found[k, column]
        n += np.uint64(wanted[found[k, WHOSE]])
    return out[: np.int64(n)]


def worth_following(
    index: Index, question: Matrix, found: Sequence[Longs], min_ms: float, known: Longs | None
) -> list[Longs]:
    """Return the pairs, in their parts, of those who may come to ``min_ms`` in some 24 hours.

    The parts are in order of time. Those in ``known`` stay in any case: what else is known of
    them counts beside their positions.
    """
    people = len(index.tracks.names)
    sums, wanted = np.full((people, 4), -2), np.zeros(people, dtype=np.bool_)
    if known is not None:
        wanted[known] = True
    for part in found:
        _add_up(question, part, index.day_numbers, int(min_ms) - _ROUNDING_MS, sums, wanted)
    return [_kept(part, wanted) for part in found]
