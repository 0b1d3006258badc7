"""The ground plan: streets 100 m apart, blocks between them, eight lots to a block.

Streets run along x at y = 0, 100, 200 ... and along y at x = 0, 100, 200 ... metres. A block
has a southern and a northern row of four lots; every building faces the street along its row,
and its door opens to the middle of that street.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Floats, Ints

STREET_PITCH_M: Final = 100.0
SETBACK_M: Final = 8.0  # from the middle of the street to the front of a building
LOT_WIDTH_M: Final = 21.0
LOTS_A_ROW: Final = 4
ROWS_A_BLOCK: Final = 2
SPANS: Final = (4, 2, 1)  # lots that one place may take, the widest first
PEOPLE_A_KM2: Final = 4_000.0
LEAST_BLOCKS_A_SIDE: Final = 10
_FILLED: Final = 0.95  # share of the rows of lots that may be built on


@dataclass(frozen=True, slots=True)
class Lots:
    """Where buildings stand."""

    x: Floats  # western edge, metres
    street_y: Floats  # middle of the street that they face
    facing: Ints  # 1: the building lies north of its street, -1: south


def blocks_a_side(people: int, spans: Ints) -> int:
    """How many blocks the square town has along one side.

    Parameters
    ----------
    people
        How many live here.
    spans
        Lots that each place takes.

    """
    by_density = np.sqrt(people / PEOPLE_A_KM2) * 1_000 / STREET_PITCH_M
    by_rows = np.sqrt(_rows_needed(spans) / ROWS_A_BLOCK / _FILLED)
    return max(LEAST_BLOCKS_A_SIDE, int(np.ceil(by_density)), int(np.ceil(by_rows)))


def _rows_needed(spans: Ints) -> int:
    return sum(-(-int(np.sum(spans == span)) * span // LOTS_A_ROW) for span in SPANS)


def allot(rng: np.random.Generator, side: int, spans: Ints) -> Lots:
    """Give every place its lots, at random, none twice.

    Parameters
    ----------
    rng
        Where chance comes from.
    side
        Blocks along one side, from `blocks_a_side`.
    spans
        Lots that each place takes: 4, 2 or 1.

    """
    rows = rng.permutation(side * side * ROWS_A_BLOCK)
    row = np.zeros(len(spans), dtype=np.int64)
    column = np.zeros(len(spans), dtype=np.int64)
    used = 0
    for span in SPANS:
        which = np.flatnonzero(spans == span)
        # The narrowest places spread over all rows that are left; wide ones fill row by row.
        slots = LOTS_A_ROW // span
        room = (len(rows) - used) * slots if span == SPANS[-1] else len(which)
        slot = rng.permutation(room)[: len(which)]
        row[which] = rows[used + slot // slots]
        column[which] = slot % slots * span
        used += -(-len(which) // slots)
    block, northern = row // ROWS_A_BLOCK, row % ROWS_A_BLOCK
    street_y = (block // side + northern).astype(np.float64) * STREET_PITCH_M
    return Lots(
        x=(block % side) * STREET_PITCH_M + SETBACK_M + column * LOT_WIDTH_M,
        street_y=street_y,
        facing=1 - 2 * northern,
    )


def front_to_y(street_y: Floats, facing: Ints, from_front: Floats, depth: Floats) -> Floats:
    """Return the southern edge of a room that begins so many metres behind a building's front."""
    near = SETBACK_M + from_front
    return street_y + np.where(facing > 0, near, -near - depth)
