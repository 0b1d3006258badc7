"""Rows cut while they are read come to the same as rows that were all sorted first."""

from __future__ import annotations

import weakref
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortnight.evidence.arrange import arrange
from fortnight.evidence.batches import FixBatch, StayBatch
from fortnight.evidence.pieces import UnsortedError
from fortnight.evidence.schema import InputReport
from fortnight.parameters import DEFAULTS
from fortnight.track.piecewise import cut_in_pieces
from fortnight.track.tracks import build_tracks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fortnight.evidence.pieces import Rows

DAY = 86_400_000
MINUTE = 60_000
FIRST = 19_000
INPUTS = 3

Seen = tuple[int, int, int, int]  # person, minute, place, accuracy

_seen = st.tuples(
    st.integers(0, 5), st.integers(0, 2_000), st.integers(0, 2), st.sampled_from((5, 5, 20, 150))
)
_rows = st.lists(_seen, min_size=1, max_size=60)
_cuts = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.integers(0, INPUTS - 1)))


def fixes_of(rows: Sequence[Seen], place: int) -> FixBatch:
    """Return rows as a batch that numbers people from the last, p6, who has no row."""
    who, minute, spot, accuracy = (np.array(column) for column in zip(*rows, strict=True))
    return FixBatch(
        place,
        pa.array([f"p{k}" for k in range(6, -1, -1)], pa.string()),
        (6 - who).astype(np.int32),
        FIRST * DAY + minute.astype(np.int64) * MINUTE,
        12.0 + spot * 0.001,
        np.full(len(rows), 55.0),
        accuracy.astype(np.float32),
        np.zeros(len(rows), dtype=np.uint8),
    )


def stays_of(rows: Sequence[Seen], place: int) -> StayBatch:
    """Return rows as visits of an hour each."""
    fixes = fixes_of(rows, place)
    end = fixes.time + 60 * MINUTE
    columns = fixes.time, end, fixes.lon, fixes.lat, fixes.accuracy
    return StayBatch(place, fixes.names, fixes.who, *columns)


def batches_of(rows: Sequence[Seen], cuts: Sequence[tuple[int, bool, int]]) -> list[Rows]:
    """Cut rows into batches of fixes and of visits, each of some input."""
    marks = {min(at, len(rows)): (visits, place) for at, visits, place in cuts}
    kinds = {0: (False, 0)} | marks
    ends = sorted({*kinds, len(rows)})
    return [
        (stays_of if kinds[first][0] else fixes_of)(rows[first:last], kinds[first][1])
        for first, last in pairwise(ends)
    ]


def check(batches: Sequence[Rows], piece_rows: int, threads: int) -> None:
    """Compare tracks, names and what each input lost."""
    kept = Counter[int]()
    for batch in batches:
        kept[batch.input] += len(batch.who)
    reports = [InputReport("", "", kept[k], kept[k], {}) for k in range(INPUTS)]
    whole = arrange(batches, lambda: reports)
    expected = build_tracks(whole, DEFAULTS, threads=1)
    found = cut_in_pieces(batches, DEFAULTS, threads=threads, piece_rows=piece_rows)
    assert found.tracks.names == expected.names
    assert np.array_equal(found.tracks.vertices, expected.vertices)
    assert np.array_equal(found.tracks.days, expected.days)
    lost = {(k, why): n for k, one in enumerate(whole.reports) for why, n in one.refused.items()}
    assert dict(found.refused) == lost


@settings(max_examples=300, deadline=None)
@given(rows=_rows, cuts=_cuts, piece_rows=st.integers(1, 30), threads=st.sampled_from((1, 3)))
@example([(0, 0, 0, 5), (0, 0, 0, 5), (1, 0, 0, 5), (1, 0, 1, 5)], [(1, False, 1)], 1, 1)
def test_rows_in_order_of_people_are_cut_as_all_at_once(
    rows: list[Seen], cuts: list[tuple[int, bool, int]], piece_rows: int, threads: int
) -> None:
    in_order = sorted(rows, key=lambda row: row[0])  # not by time: a person's may lie anyhow
    check(batches_of(in_order, cuts), piece_rows, threads)


@settings(max_examples=300, deadline=None)
@given(rows=_rows, cuts=_cuts, piece_rows=st.integers(1, 30))
def test_rows_in_any_order_are_cut_as_all_at_once_or_not_at_all(
    rows: list[Seen], cuts: list[tuple[int, bool, int]], piece_rows: int
) -> None:
    try:
        check(batches_of(rows, cuts), piece_rows, 1)
    except UnsortedError:
        assert rows != sorted(rows, key=lambda row: row[0])


A, B, C = (0, 0, 0, 5), (1, 0, 0, 5), (2, 0, 0, 5)


@pytest.mark.parametrize(
    "rows", [[A, B, C, A], [A, B, A, C], [B, A], [A, A, B, A]], ids=["back", "in", "down", "again"]
)
def test_somebody_who_comes_again_after_others_is_noticed(rows: list[Seen]) -> None:
    batches = [fixes_of([row], 0) for row in rows]
    with pytest.raises(UnsortedError):
        cut_in_pieces(batches, DEFAULTS, piece_rows=1)


def test_one_name_with_two_numbers_is_noticed() -> None:
    twice = replace(fixes_of([A, B], 0), names=pa.array(["p1"] * 7, pa.string()))
    with pytest.raises(UnsortedError):
        cut_in_pieces([twice], DEFAULTS)


def test_rows_are_let_go_of_when_their_people_are_cut() -> None:
    """Of sixty batches a dozen at most are held at any time: what two threads have in hand."""
    alive: list[weakref.ref[Any]] = []
    most = 0

    def batches() -> Iterator[FixBatch]:
        nonlocal most
        for k in range(60):
            names = pa.array([f"p{k:02d}", f"p{k + 1:02d}"], pa.string())
            one = fixes_of([(6, minute, 0, 5) for minute in range(5)] + [(5, 0, 0, 5)], 0)
            one = replace(one, names=names)
            alive.append(weakref.ref(one.time))
            most = max(most, sum(ref() is not None for ref in alive))
            yield one

    found = cut_in_pieces(batches(), DEFAULTS, threads=2, piece_rows=5)
    assert len(found.tracks.names) == 61
    assert most <= 12
