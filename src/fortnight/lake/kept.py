"""A day's fixes beside its index, by person and time: what a change does not touch is not read.

They are the rows of the day's files, in an order in which one person's lie together and can be
mapped.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Longs = NDArray[np.int64]

ROW: Final = np.dtype(
    [
        ("time", "<i8"),
        ("lon", "<i4"),
        ("lat", "<i4"),
        ("accuracy", "<f4"),
        ("source", "u1"),
        ("origin", "u1"),
    ]
)
_ROWS: Final = "rows.npy"
_OFFSETS: Final = "offsets.npy"
_BUILT: Final = "built.json"

Files = dict[str, list[str]]
"""Names of files, by day and kind as ``20514/fixes``."""


class Built(msgspec.Struct, frozen=True):
    """What an index was built of.

    ``far`` are the pseudonyms (hexadecimal) of those whose day hangs on more than the day before,
    and ``previous`` is the index that the day before had.
    """

    files: Files
    far: list[str]
    previous: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Fixes of one day: person ``k`` has the rows ``offsets[k]`` to ``offsets[k + 1]``."""

    offsets: Longs
    rows: NDArray[Any]

    def of(self, numbers: Longs) -> tuple[Longs, NDArray[Any]]:
        """Return how many rows some people have, and these rows."""
        counts = self.offsets[numbers + 1] - self.offsets[numbers]
        before = np.cumsum(counts) - counts
        places = np.repeat(self.offsets[numbers] - before, counts) + np.arange(int(counts.sum()))
        return counts, self.rows[places]


def places_of(names: tuple[str, ...], wanted: Mapping[bytes, int]) -> tuple[Longs, Longs]:
    """Return the numbers among ``names`` of who is there, and what ``wanted`` gives for them."""
    known = np.array(names, dtype="S32")
    asked = np.array([one.hex() for one in wanted], dtype="S32")
    at = np.searchsorted(known, asked)
    there = np.flatnonzero(at < len(known))
    there = there[known[at[there]] == asked[there]]
    given = np.array(list(wanted.values()), dtype=np.int64)
    return at[there].astype(np.int64), given[there]


def merged(parts: Sequence[tuple[Kept, Longs, Longs]], people: int) -> Kept:
    """Return the fixes of people of several parts: of each, their numbers there and here.

    Both ascend in each part, so that neighbours who stay neighbours are copied together.
    """
    counts = np.zeros(people, dtype=np.int64)
    for kept, numbers, places in parts:
        counts[places] = np.diff(kept.offsets)[numbers]
    offsets = np.append(0, np.cumsum(counts)).astype(np.int64)
    rows = np.empty(int(offsets[-1]), dtype=ROW)
    for kept, numbers, places in parts:
        breaks = np.flatnonzero((np.diff(numbers) != 1) | (np.diff(places) != 1)) + 1
        edges = np.concatenate(([0], breaks, [len(numbers)])) if len(numbers) else np.zeros(1, int)
        for first, end in pairwise(edges.tolist()):
            there = slice(kept.offsets[numbers[first]], kept.offsets[numbers[end - 1] + 1])
            here = slice(offsets[places[first]], offsets[places[end - 1] + 1])
            rows[here] = kept.rows[there]
    return Kept(offsets, rows)


def save_kept(folder: Path, kept: Kept, built: Built) -> None:
    """Write a day's fixes, and what its index was built of, beside the index."""
    np.save(folder / _ROWS, kept.rows)
    np.save(folder / _OFFSETS, kept.offsets)
    note_built(folder, built)


def note_built(folder: Path, built: Built) -> None:
    """Write what an index was built of, in the place of what was said before."""
    partial = folder / f".{_BUILT}"
    with partial.open("wb") as file:
        file.write(msgspec.json.encode(built))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / _BUILT)


def far_of(people: Collection[bytes]) -> list[str]:
    """Return pseudonyms as ``Built`` has them."""
    return sorted(one.hex() for one in people)


def load_kept(folder: Path) -> Kept:
    """Map a day's fixes."""
    offsets = np.load(folder / _OFFSETS)
    return Kept(
        offsets, np.asarray(np.load(folder / _ROWS, mmap_mode="r" if offsets[-1] else None))
    )


def built_of(folder: Path) -> Built:
    """Return what an index was built of."""
    return msgspec.json.decode((folder / _BUILT).read_bytes(), type=Built)
