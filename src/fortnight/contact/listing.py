"""Which contacts of a case are listed, in which order: by all evidence together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.episodes import (
    EXPOSURE_COLUMNS,
    X_EXPECTED_24H,
    X_EXPECTED_BACK,
    X_FIRST,
    X_FIRST_EPISODE,
    X_LAST,
    X_NEAREST,
    X_OBSERVED,
    X_PRESUMED,
    X_PRESUMED_24H,
    X_PROBABILITY,
    X_WEIGHT,
    X_WHO,
)
from fortnight.contact.fusing import F_EXPECTED_24H, F_FIRST, F_LAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.fusion import Fused
    from fortnight.contact.window import Window

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

_MINUTE_MS: Final = 60_000.0


@dataclass(frozen=True, slots=True)
class Listed:
    """The listed contacts in rank order: a row of each of these for each of them.

    ``exposures`` has the columns of ``contact.episodes`` and says what positions say; of somebody
    known by signs alone its sums are 0 and its distance and probability NaN. ``fused`` are the
    rows of ``Fused`` that belong to them.
    """

    exposures: Floats
    fused: Longs


def listed(exposures: Floats, fused: Fused, window: Window, min_ms: float) -> Listed:
    """Choose and rank the contacts.

    Listed is who reaches ``min_ms`` of expected time in some 24 hours, by positions or by all
    evidence; and, last, who does so by presumed time alone. Ranked by forward expected time x
    infectiousness, then by that of the look-back, then presumed; participants are numbered in
    the order of their names, so the number breaks ties.
    """
    rows = np.concatenate((exposures, _known_by_signs(exposures, fused, window)))
    place = fused.row_of(rows[:, X_WHO].astype(np.int64))
    nobody = np.zeros((1, fused.days.shape[1]))  # what place -1 stands for
    signed = np.append(fused.signed, False)[place]
    day = np.append(fused.sums[:, F_EXPECTED_24H], 0.0)[place] * _MINUTE_MS
    most = np.where(signed, np.maximum(day, rows[:, X_EXPECTED_24H]), rows[:, X_EXPECTED_24H])
    enough = (most >= min_ms) & (rows[:, X_OBSERVED] > 0.0)
    presumed = ~enough & (rows[:, X_PRESUMED_24H] >= max(min_ms, 1.0))
    days = np.concatenate((fused.days, nobody))[place] * _MINUTE_MS
    forward = np.where(signed, days @ (window.weight * window.forward), rows[:, X_WEIGHT])
    back = np.where(signed, days @ window.back.astype(np.float64), rows[:, X_EXPECTED_BACK])
    chosen = np.flatnonzero(enough | presumed)
    order = np.lexsort(
        (
            rows[chosen, X_WHO],
            -np.round(rows[chosen, X_PRESUMED], 3),
            -np.round(back[chosen], 3),
            -np.round(forward[chosen], 3),
            presumed[chosen],
        ),
    )
    rows[:, X_WEIGHT] = forward
    return Listed(rows[chosen[order]], place[chosen[order]])


def _known_by_signs(exposures: Floats, fused: Fused, window: Window) -> Floats:
    """Return exposures of those of whom there is no position near the case."""
    located = np.isin(fused.who, exposures[:, X_WHO].astype(np.int64))
    alone = fused.signed & ~located
    rows = np.zeros((int(alone.sum()), EXPOSURE_COLUMNS))
    rows[:, X_WHO] = fused.who[alone]
    rows[:, X_FIRST] = fused.sums[alone, F_FIRST] + window.start
    rows[:, X_LAST] = fused.sums[alone, F_LAST] + window.start
    rows[:, [X_NEAREST, X_PROBABILITY]] = np.nan
    rows[:, X_FIRST_EPISODE] = 0
    rows[:, X_OBSERVED] = 1.0
    return rows
