"""Signs in columns: as a reader delivers them, and as they leave once every check has passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.evidence.schema import SIGNS
from fortnight.evidence.values import encoded_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fortnight.evidence.batches import DictionaryColumn

NOBODY: Final = -1
"""Stands for a person where the row names none."""
NOT_ENROLLED: Final = -2
"""Stands for a person who is not in the list of those who agreed. Their id is not kept."""

NO_INPUT: Final = -1
"""The input of rows that no report counts: evidence that was checked before."""


@dataclass(frozen=True, slots=True)
class SignBatch:
    """Signs of one kind, of one input, that passed every row check."""

    input: int  # position of its input in Stream.reports, or NO_INPUT
    kind: str  # one of schema.SIGNS
    names: pa.StringArray  # the participants that `who` and `other` point into
    who: NDArray[np.int32]
    other: NDArray[np.int32]  # NOBODY where the row names no second person
    columns: Mapping[str, pa.Array[Any]]  # the schema's other columns, by name


@dataclass(frozen=True, slots=True)
class RawSigns:
    """Signs as a reader understood them, before any check.

    ``who`` and ``other`` are places in ``names``, or NOBODY, or NOT_ENROLLED. Times have the
    marks of :mod:`fortnight.evidence.times`. ``flaws`` marks the rows that break a rule which
    only the reader can see, by the rule's reason.
    """

    kind: str
    names: pa.StringArray
    who: NDArray[np.int32]
    other: NDArray[np.int32]
    start: NDArray[np.int64]  # milliseconds since 1970 UTC
    end: NDArray[np.int64]
    columns: Mapping[str, pa.Array[Any]]  # what the schema has beside people and times
    where: Callable[[int], str]  # row -> "line 14"
    shown: Callable[[int], str]  # row -> what the file said, as far as that may be told
    flaws: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    presumed: NDArray[np.bool_] | None = None  # where set: rows whose end nobody saw

    def batch(self, place: int, keep: NDArray[np.intp], now: int) -> SignBatch:
        """Return the rows at `keep` as a batch of the input at `place`.

        What was presumed beyond `now` (milliseconds since 1970) ends there.
        """
        end = self.end[keep]
        if self.presumed is not None:
            end = np.where(self.presumed[keep], np.minimum(end, now), end)
        known = {"start": self.start[keep], "end": end}
        rows: Any = pa.array(keep)
        columns: dict[str, pa.Array[Any]] = {}
        for column in SIGNS[self.kind]:
            if column.name in self.columns:
                columns[column.name] = self.columns[column.name].take(rows).cast(column.type)
            elif column.name in known:
                columns[column.name] = pa.array(known[column.name]).cast(column.type)
        return SignBatch(place, self.kind, self.names, self.who[keep], self.other[keep], columns)


def two_people(
    one: DictionaryColumn, two: DictionaryColumn
) -> tuple[pa.StringArray, NDArray[np.int32], NDArray[np.int32]]:
    """Return names that two columns of people share, and the places of each column's in them."""
    places: dict[str, int] = {}
    codes = []
    for column in (one, two):
        names, own = encoded_names(column)
        texts: list[str | None] = names.to_pylist()
        joint = np.fromiter(
            (places.setdefault(str(text), len(places)) if text else NOBODY for text in texts),
            dtype=np.int32,
            count=len(texts),
        )
        # the last place is what -1, nobody, points to
        codes.append(np.append(joint, np.int32(NOBODY))[own])
    return pa.array(list(places), pa.string()), codes[0], codes[1]


def only_enrolled(
    names: pa.StringArray, enrolled: frozenset[str], codes: Sequence[NDArray[np.int32]]
) -> tuple[pa.StringArray, list[NDArray[np.int32]]]:
    """Return the names of those enrolled alone, and the codes with NOT_ENROLLED for the others."""
    texts = [str(text) for text in names.to_pylist()]
    kept = [text for text in texts if text in enrolled]
    places = {text: place for place, text in enumerate(kept)}
    moved = np.array([places.get(text, NOT_ENROLLED) for text in texts] + [NOBODY], dtype=np.int32)
    return pa.array(kept, pa.string()), [moved[np.maximum(own, NOBODY)] for own in codes]
