"""Which contacts of a case are listed, in which order: by all evidence together."""

from __future__ import annotations

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


def listed(exposures: Floats, fused: Fused | None, window: Window, min_ms: float) -> Floats:
    """Return the exposures of the contacts that are listed, in rank order.

    Listed is who reaches ``min_ms`` of expected time in some 24 hours, by positions or by all
    evidence (``fused``, where there is more than positions); and, last, who does so by presumed
    time alone. Ranked by forward expected time x infectiousness, then by the time in the
    look-back, then presumed; participants are numbered in the order of their names, so the
    number breaks ties. Of somebody known by signs alone sums are 0, distance and probability NaN.
    """
    most, back = exposures[:, X_EXPECTED_24H], exposures[:, X_EXPECTED_BACK]
    if fused is not None and len(fused.who):
        row = fused.row_of(exposures[:, X_WHO].astype(np.int64))
        alone = _alone(fused, row)
        exposures = np.concatenate((exposures, _known_by_signs(fused, alone, window)))
        row = np.concatenate((row, alone))
        most, back, exposures[:, X_WEIGHT] = _by_all(exposures, fused, row, window)
    enough = (most >= min_ms) & (exposures[:, X_OBSERVED] > 0.0)
    presumed = ~enough & (exposures[:, X_PRESUMED_24H] >= max(min_ms, 1.0))
    chosen = np.flatnonzero(enough | presumed)
    rows = exposures[chosen]
    order = np.lexsort(
        (
            rows[:, X_WHO],
            -np.round(rows[:, X_PRESUMED], 3),
            -np.round(back[chosen], 3),
            -np.round(rows[:, X_WEIGHT], 3),
            presumed[chosen],
        ),
    )
    return rows[order]


def _by_all(
    exposures: Floats, fused: Fused, row: Longs, window: Window
) -> tuple[Floats, Floats, Floats]:
    """Return most in 24 hours, time in the look-back and weight (ms), by all evidence there is.

    ``row`` says where each one's evidence is put together, -1 for nowhere.
    """
    signed = (row >= 0) & fused.signed[row]
    days = fused.days[row] * _MINUTE_MS
    by_signs = (
        np.maximum(fused.sums[row, F_EXPECTED_24H] * _MINUTE_MS, exposures[:, X_EXPECTED_24H]),
        days @ window.back.astype(np.float64),
        days @ (window.weight * window.forward),
    )
    by_positions = (X_EXPECTED_24H, X_EXPECTED_BACK, X_WEIGHT)
    most, back, weight = (
        np.where(signed, values, exposures[:, column])
        for values, column in zip(by_signs, by_positions, strict=True)
    )
    return most, back, weight


def _alone(fused: Fused, located: Longs) -> Longs:
    """Return the rows of those of whom there is no position near the case."""
    alone = np.append(fused.signed, False)  # nowhere, -1, is the last
    alone[located] = False
    return np.flatnonzero(alone)


def _known_by_signs(fused: Fused, alone: Longs, window: Window) -> Floats:
    """Return the exposures of those who are known by signs alone."""
    rows = np.zeros((len(alone), EXPOSURE_COLUMNS))
    if not len(alone):
        return rows
    rows[:, X_WHO] = fused.who[alone]
    rows[:, X_FIRST] = fused.sums[alone, F_FIRST] + window.start
    rows[:, X_LAST] = fused.sums[alone, F_LAST] + window.start
    rows[:, [X_NEAREST, X_PROBABILITY]] = np.nan
    rows[:, X_FIRST_EPISODE] = 0
    rows[:, X_OBSERVED] = 1.0
    return rows
