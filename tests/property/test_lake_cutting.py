"""A day cut from three days is the day as the whole track is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortnight.evidence.arrange import arrange
from fortnight.evidence.batches import FixBatch
from fortnight.evidence.schema import InputReport
from fortnight.lake.cutting import cut_day, day_of
from fortnight.parameters import DEFAULTS
from fortnight.track.tracks import build_tracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.evidence.arrange import Arranged

DAY = 86_400_000
MINUTE = 60_000
FIRST = 19_000
DAYS = 4
PLACES = 3

Seen = tuple[int, int, int]  # minute of all days, place, accuracy

_near_midnight = st.builds(
    lambda day, minute: day * 1_440 + minute, st.integers(0, DAYS), st.integers(-50, 50)
)
_minutes = st.one_of(_near_midnight, _near_midnight, st.integers(0, DAYS * 1_440 - 1)).filter(
    lambda minute: 0 <= minute < DAYS * 1_440
)
_seen = st.tuples(_minutes, st.integers(0, PLACES - 1), st.sampled_from((5, 5, 5, 20, 150)))
_people = st.lists(st.lists(_seen, min_size=1, max_size=40), min_size=1, max_size=4)


def arranged(people: list[list[Seen]]) -> Arranged:
    rows = [(who, *seen) for who, own in enumerate(people) for seen in own]
    who, minute, place, accuracy = (np.array(column) for column in zip(*rows, strict=True))
    names = pa.array([f"p{k}" for k in range(len(people))], pa.string())
    batch = FixBatch(
        0,
        names,
        who.astype(np.int32),
        FIRST * DAY + minute.astype(np.int64) * MINUTE,
        12.0 + place * 0.001,
        np.full(len(rows), 55.0),
        accuracy.astype(np.float32),
        np.zeros(len(rows), dtype=np.uint8),
    )
    return arrange([batch], lambda: (InputReport("", "", len(rows), len(rows), {}),))


def between(whole: Arranged, first: int, last: int) -> Arranged:
    """Return the fixes of some days, both included."""
    kept = (whole.time >= first * DAY) & (whole.time < (last + 1) * DAY)
    who = np.repeat(np.arange(len(whole.names)), np.diff(whole.offsets))[kept]
    counts = np.bincount(who, minlength=len(whole.names))
    return replace(
        whole,
        offsets=np.append(0, np.cumsum(counts)),
        time=whole.time[kept],
        lon=whole.lon[kept],
        lat=whole.lat[kept],
        accuracy=whole.accuracy[kept],
        source=whole.source[kept],
        assumed=whole.assumed[kept],
    )


def check(people: list[list[Seen]]) -> bool:
    """Compare every day; return whether any hung on more than its neighbours."""
    whole = arranged(people)
    tracks = build_tracks(whole, DEFAULTS, threads=1)
    hung = False
    for day in range(FIRST, FIRST + DAYS):
        asked: list[list[int]] = []

        def earlier(far: NDArray[np.intp], asked: list[list[int]] = asked) -> Arranged:
            asked.append(far.tolist())
            return whole

        found, far = cut_day(day, between(whole, day - 1, day + 1), DEFAULTS, earlier)
        expected = day_of(tracks, day)
        assert np.array_equal(found.days, expected.days)
        assert np.array_equal(found.vertices, expected.vertices)
        assert [far.tolist()] * bool(len(far)) == asked
        hung |= bool(asked)
    return hung


@settings(max_examples=300, deadline=None)
@given(_people)
@example(
    [[(1_420, 0, 5), (1_435, 0, 5), (1_440, 1, 5), (1_445, 0, 5), (1_450, 1, 5), (1_455, 0, 5)]]
)
def test_three_days_are_enough_or_known_not_to_be(people: list[list[Seen]]) -> None:
    check(people)


def test_two_places_in_turn_past_midnight_and_silence_hang_on_the_day_before_the_day_before() -> (
    None
):
    """At both places in turn around one midnight, then silent until past the next.

    Which of the two places the second day's stay is at, and so who it joins on the third, is
    decided by where the first day ended.
    """
    turns = [(1_430 + 5 * k, k % 2, 5) for k in range(9)]
    silent = [(2_100, 0, 5), (2_700, 0, 5), (2_890, 0, 5), (2_895, 1, 5), (2_900, 0, 5)]
    alternating = [(1_430 + 10 * k, k % 2, 5) for k in range(160)]
    assert check([turns + silent, alternating])
