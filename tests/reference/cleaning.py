"""Of one person's fixes at one time the most accurate stays, then lower longitude, latitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tests.reference.people import ASSUMED_M, SOURCES, Fix
from tests.reference.places import Vector, kept, place

if TYPE_CHECKING:
    from collections.abc import Iterable

FLOOR_M = 3.0


@dataclass(frozen=True, slots=True)
class Point:
    """A fix on the sphere; accuracy is the one that is used."""

    time: int
    at: Vector
    accuracy: float


def preference(fix: Fix) -> tuple[float, int, int, int, bool]:
    """Return what fixes of one moment are compared by; the smallest stays."""
    claimed = ASSUMED_M[fix.source] if fix.accuracy is None else float(np.float32(fix.accuracy))
    source = SOURCES.index(fix.source)
    return claimed, kept(fix.lon), kept(fix.lat), source, fix.accuracy is None


def one_a_moment(fixes: Iterable[Fix]) -> list[Fix]:
    """Return the fixes that stay, in order of time."""
    best: dict[int, Fix] = {}
    for fix in fixes:
        if fix.lon == 0.0 and fix.lat == 0.0:
            continue
        held = best.get(fix.time)
        if held is None or preference(fix) < preference(held):
            best[fix.time] = fix
    return [best[time] for time in sorted(best)]


def points(fixes: Iterable[Fix]) -> list[Point]:
    """Return cleaned fixes as points on the sphere."""
    return [
        Point(
            fix.time,
            place(kept(fix.lon), kept(fix.lat)),
            max(preference(fix)[0], FLOOR_M),
        )
        for fix in one_a_moment(fixes)
    ]
