"""Rows that come in order of their people, as pieces of whole people: never all at once.

A file that a program wrote is nearly always sorted by participant. Of such a file a person's
track can be cut as soon as the next person begins, and their fixes let go of. To hold a hundred
million fixes takes gigabytes, and pages for those take longer to come by than all else that is
done with the rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from fortnight.evidence.arrange import Arranged, arrange
from fortnight.evidence.batches import FixBatch, StayBatch
from fortnight.evidence.schema import InputReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PIECE_ROWS: Final = 1 << 19
"""So many rows are held before a piece is given out: enough to outweigh the turns of threads."""

Rows: TypeAlias = FixBatch | StayBatch


class UnsortedError(Exception):
    """A row came of somebody whose piece is out: sort all rows at once. No one is shown this."""


class _Held(NamedTuple):
    batch: Rows
    people: Mapping[str, int]  # the number that the batch gives to each that it has rows of


def whole_people(batches: Iterable[Rows], rows: int) -> Iterator[list[Rows]]:
    """Yield rows as they come, in pieces of ``rows`` or somewhat more.

    A piece holds all rows of its people, and they come before those of the next piece in order
    of their names. Within a piece rows may lie anyhow.

    Raises
    ------
    UnsortedError
        Where that cannot be.
    """
    held: list[_Held] = []
    latest, fresh = "", 0
    for batch in batches:
        held.append(_held(batch))
        if min(held[-1].people) < latest:
            raise UnsortedError
        fresh += len(batch.who)
        if fresh >= rows:
            latest, fresh = max(max(one.people) for one in held), 0
            whole, held = _without(held, latest), _only(held, latest)
            if whole:
                yield whole
    if held:
        yield [one.batch for one in held]


def _held(batch: Rows) -> _Held:
    used = np.flatnonzero(np.bincount(batch.who, minlength=len(batch.names))).tolist()
    people = {str(batch.names[number].as_py()): number for number in used}
    if len(people) < len(used):  # one name with two numbers
        raise UnsortedError
    return _Held(batch, people)


def _without(held: Sequence[_Held], name: str) -> list[Rows]:
    """Return the rows of everybody but the last person, ``name``."""
    parts = (one.batch.part(slice(0, _begin(one, name))) for one in held)
    return [part for part in parts if len(part.who)]


def _only(held: Sequence[_Held], name: str) -> list[_Held]:
    """Return the rows of the last person, ``name``, of whom more may come."""
    return [
        _Held(one.batch.part(slice(_begin(one, name), None)), {name: one.people[name]})
        for one in held
        if name in one.people
    ]


def _begin(one: _Held, name: str) -> int:
    """Return where the rows of the last person begin, behind which there may be no others."""
    if name not in one.people:
        return len(one.batch.who)
    own = np.equal(one.batch.who, one.people[name])
    begin = int(own.argmax())
    if not own[begin:].all():
        raise UnsortedError
    return begin


class Piece(NamedTuple):
    """Some people's fixes, sorted and one a moment, and what that cost each input."""

    arranged: Arranged
    refused: Counter[tuple[int, str]]  # by place of the input and reason


def arranged_piece(batches: Sequence[Rows]) -> Piece:
    """Return a piece sorted by participant and time, the best row of each moment."""
    rows: Counter[int] = Counter()
    for batch in batches:
        rows[batch.input] += len(batch.who)
    inputs = sorted(rows)
    places = {place: k for k, place in enumerate(inputs)}
    reports = [InputReport("", "", rows[place], rows[place], {}) for place in inputs]
    numbered = (replace(batch, input=places[batch.input]) for batch in batches)
    arranged = arrange(numbered, lambda: reports)
    refused = Counter(
        {
            (place, reason): count
            for place, report in zip(inputs, arranged.reports, strict=True)
            for reason, count in report.refused.items()
        }
    )
    return Piece(arranged, refused)
