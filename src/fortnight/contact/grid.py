"""Cells of several sizes in three dimensions, and the one that a segment belongs to.

A segment lies in exactly one cell: that of its midpoint, in the smallest size of which its
half-length is at most a half. Stays are points and lie in the smallest. A question is then
widened by that half, and the data never. Cubes around the sphere need no projection and
have no seam; the empty ones, nearly all, cost nothing.

Four by four by four cells are a block: one 64-bit word says which of them hold anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.compiled import Int, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS: Final = 13
SMALLEST_CELL_M: Final = 128.0
GROWTH: Final = 2.0
SIZES: Final = tuple(SMALLEST_CELL_M * GROWTH**level for level in range(LEVELS))

STAY_CLASS: Final = 0
LEG_CLASS: Final = 1
"""Legs of level k are in class 1 + k."""
AREA_CLASS: Final = LEG_CLASS + LEVELS
"""Coarse segments of level k, their accuracy counted to their size, are in class 14 + k."""
CLASSES: Final = AREA_CLASS + LEVELS
ALL_CLASSES: Final = (1 << CLASSES) - 1
"""As bits; and those of which accuracies count to the size:"""
AREA_CLASSES: Final = ALL_CLASSES - (1 << AREA_CLASS) + 1

CLASS_SIZES: NDArray[np.float64] = np.array([SMALLEST_CELL_M, *SIZES, *SIZES])
CLASS_HALVES: NDArray[np.float64] = np.array(
    [0.0, *(s / 2 for s in SIZES), *(s / 2 for s in SIZES)]
)

ORIGIN_M: Final = 8_388_608.0
"""Added to every coordinate, so that no cell on Earth has a negative number."""

_AXIS_BITS: Final = 15
_AXIS_MASK: Final = (1 << _AXIS_BITS) - 1
CLASS_SHIFT: Final = 3 * _AXIS_BITS
CLASS_MASK: Final = 31
DAY_SHIFT: Final = CLASS_SHIFT + 5


@kernel
def class_of(
    moves: bool,  # noqa: FBT001 - a kernel has no keywords
    half_length: float,
    accuracy: float,
    coarse: float,
) -> Int:
    """Return the class of a segment by its half-length and accuracy in metres."""
    if accuracy > coarse:
        first, extent = AREA_CLASS, half_length + accuracy
    elif moves:
        first, extent = LEG_CLASS, half_length
    else:
        return STAY_CLASS
    size = SMALLEST_CELL_M
    for level in range(LEVELS):
        if extent <= size / 2.0:
            return first + level
        size *= GROWTH
    return first + LEVELS - 1


@kernel
def block_key(day: Int, group: Int, bx: Int, by: Int, bz: Int) -> Int:
    """Pack a block's address: order of keys is order of day, class, and place."""
    return (
        (np.int64(day) << DAY_SHIFT)
        | (np.int64(group) << CLASS_SHIFT)
        | (np.int64(bz) << (2 * _AXIS_BITS))
        | (np.int64(by) << _AXIS_BITS)
        | np.int64(bx)
    )


@kernel
def class_of_key(key: Int) -> Int:
    """Unpack the class of a block's key."""
    return (key >> CLASS_SHIFT) & CLASS_MASK


@kernel
def block_place(key: Int) -> tuple[Int, Int, Int]:
    """Unpack the three block numbers of a key."""
    return (
        key & _AXIS_MASK,
        (key >> _AXIS_BITS) & _AXIS_MASK,
        (key >> (2 * _AXIS_BITS)) & _AXIS_MASK,
    )


@kernel
def box_mask(x0: Int, x1: Int, y0: Int, y1: Int, z0: Int, z1: Int) -> np.uint64:
    """Return the cells of a block between two corners, both included (0 to 3), as bits.

    None where the corners are the wrong way round: a block that is wholly to one side of the box.
    """
    if x1 < x0:  # a shift by less than nothing is whatever the processor makes of it
        return np.uint64(0)
    row = (np.uint64(2) << np.uint64(x1)) - (np.uint64(1) << np.uint64(x0))
    layer = np.uint64(0)
    for y in range(y0, y1 + 1):
        layer |= row << np.uint64(4 * y)
    mask = np.uint64(0)
    for z in range(z0, z1 + 1):
        mask |= layer << np.uint64(16 * z)
    return mask


@kernel
def slot_of(key: Int, mask: Int) -> Int:
    """Return where a key's search in the hash table begins (Fibonacci hashing).

    A bit of a product depends on none above it in the key: day and class, which stand highest,
    are folded down first. Without that, all days of a place begin at the same slot.
    """
    word = np.uint64(key)
    mixed = (word ^ (word >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(32)) & np.uint64(mask))


@kernel
def ones(word: Int) -> Int:
    """Count the bits that are set in a 64-bit word."""
    w = np.uint64(word)
    w = w - ((w >> np.uint64(1)) & np.uint64(0x5555555555555555))
    w = (w & np.uint64(0x3333333333333333)) + ((w >> np.uint64(2)) & np.uint64(0x3333333333333333))
    w = (w + (w >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((w * np.uint64(0x0101010101010101)) >> np.uint64(56))
