"""Pairs too coarse to judge: together within the larger accuracy, and no more is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.compiled import Int, kernel
from fortnight.contact.grid import ALL_CLASSES, AREA_CLASSES
from fortnight.contact.lookup import (
    Box,
    Matrix,
    Shelf,
    ends_of,
    is_met,
    new_desk,
    rows_near,
    segment_at,
    shelf_of,
)
from fortnight.contact.meeting import inside, overlap, path
from fortnight.contact.pairs import judged
from fortnight.contact.question import PARTITION, asked_at
from fortnight.track.rules import PRESUMED as PRESUMED_KIND

if TYPE_CHECKING:
    from fortnight.contact.index import Index
    from fortnight.contact.meeting import Nearness
    from fortnight.contact.question import Segment

# Columns of what is known about a participant who was only ever in the same area.
AREA_MS: Final = 0
AREA_ACCURACY: Final = 1
AREA_FIRST: Final = 2
AREA_LAST: Final = 3
AREA_COLUMNS: Final = 4

EVERYWHERE: Final = 1 << 40


class Claims(NamedTuple):
    """What accuracies say: their ratio to a sigma, and a fine segment's largest sigma."""

    sigma_per_accuracy: float
    fine: float


@kernel
def _note_area(
    out: Matrix, whom: Int, asked: Segment, other: Segment, sigma_per_accuracy: float
) -> None:
    """Add the time in which a pair was within the larger of its two accuracies."""
    sigma = max(asked.sigma0, asked.sigma1, other.sigma0, other.sigma1)
    accuracy = sigma * sigma_per_accuracy
    begin, end = overlap(asked, other)
    enter, leave = inside(path(asked, other, begin, end), accuracy)
    if leave <= enter:
        return
    start, stop = asked.midnight + begin + enter, asked.midnight + begin + leave
    if out[whom, AREA_MS] == 0.0:
        out[whom, AREA_ACCURACY] = accuracy
        out[whom, AREA_FIRST], out[whom, AREA_LAST] = start, stop
    out[whom, AREA_MS] += leave - enter
    out[whom, AREA_ACCURACY] = min(out[whom, AREA_ACCURACY], accuracy)
    out[whom, AREA_FIRST] = min(out[whom, AREA_FIRST], start)
    out[whom, AREA_LAST] = max(out[whom, AREA_LAST], stop)


@kernel
def _search_area(
    question: Matrix, who: Int, people: Int, shelf: Shelf, limit: float, claims: Claims
) -> Matrix:
    """Return, for each participant, how long they were in the same area and no more is known."""
    out = np.zeros((people, AREA_COLUMNS))
    desk = new_desk()
    far = np.int64(EVERYWHERE)  # a coarse segment may count from beyond any box: miss none
    box = Box(-far, -far, -far, far, far, far)
    for q in range(question.shape[0]):
        asked = asked_at(question, q)
        if asked.kind == PRESUMED_KIND:
            continue
        day, ends = np.int64(question[q, PARTITION]), ends_of(asked)
        accuracy = max(asked.sigma0, asked.sigma1) * claims.sigma_per_accuracy
        # Nothing in the fine classes has a sigma above `fine`: where a question is judged with
        # that, it needs its coarse counterparts alone. This is what keeps the list cheap.
        least = min(asked.sigma0, asked.sigma1)
        fine_pairs = least * least + claims.fine * claims.fine > limit * limit
        # A coarse class counts the other's accuracy to its size; a fine one does not, and the
        # other's may be the larger.
        fine_accuracy = max(accuracy, claims.fine * claims.sigma_per_accuracy)
        for coarse in range(np.int64(0) if fine_pairs else np.int64(1), 2):
            widen = accuracy if coarse else fine_accuracy
            classes = np.int64(AREA_CLASSES if coarse else ALL_CLASSES - AREA_CLASSES)
            desk, count = rows_near(asked, day, classes, ends, widen, box, shelf, desk)
            for k in range(count):
                if not is_met(shelf.cells, desk.hits[k], who, asked):
                    continue
                other = segment_at(shelf.cells, desk.hits[k])
                if other.kind != PRESUMED_KIND and not judged(asked, other, limit):
                    whom = shelf.cells[desk.hits[k], 2]
                    _note_area(out, whom, asked, other, claims.sigma_per_accuracy)
    return out


def search_area(index: Index, who: int, question: Matrix, near: Nearness) -> Matrix:
    """Return float64 (participants, 4): time in ms, finest accuracy (m), first and last (ms).

    Only pairs that are too coarse for a probability of 5 % even at no separation.
    """
    parameters = index.tracks.parameters
    claims = Claims(
        sigma_per_accuracy=parameters.sigma_per_accuracy,
        fine=parameters.coarse_accuracy_m / parameters.sigma_per_accuracy,
    )
    return _search_area(
        question, who, len(index.tracks.names), shelf_of(index), near.sigma_limit, claims
    )
