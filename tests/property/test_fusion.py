"""Evidence put together minute by minute, against a plain twin; and the rules that it keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEWER

from fortnight.contact.fusing import (
    BOUT_MINUTES,
    F_EXPECTED,
    F_EXPECTED_24H,
    F_FACE,
    F_FACE_24H,
    F_FACE_BOUT,
    F_HEARD,
    F_HEARD_24H,
    F_VARIANCE,
    FUSED_COLUMNS,
    MINUTE_MS,
    fuse_minutes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS = 2
MINUTES = DAYS * 1_440
EDGES = np.array([0, 1_440, MINUTES], dtype=np.int64)
PRIOR, LEAST = -3.0, 0.02

Spans = list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Known:
    """What is known of one contact: spans (from, to in minutes, what it says, face to face)."""

    located: Spans
    heard: Spans
    visited: Spans


def spans(says: st.SearchStrategy[float]) -> st.SearchStrategy[Spans]:
    one = st.tuples(
        st.floats(-10, MINUTES), st.floats(0, 300), says, st.floats(0, 1)
    ).map(lambda s: (s[0], s[0] + s[1], s[2], s[3]))  # fmt: skip
    return st.lists(one, max_size=4)


contacts = st.lists(
    st.builds(
        Known,
        located=spans(st.floats(0.05, 1.0)),
        heard=spans(st.floats(-2.0, 6.0)),
        visited=spans(st.sampled_from([1.4, 2.9])),
    ),
    min_size=1,
    max_size=2,
)


def table(rows: list[Spans]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the spans of all, in ms, and where each one's begin."""
    spans = np.array([row for spans in rows for row in spans]).reshape(-1, 4)
    spans[:, :2] *= MINUTE_MS
    return spans, np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)


def fused(people: list[Known]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    out, days = np.zeros((len(people), FUSED_COLUMNS)), np.zeros((len(people), DAYS))
    located, heard, visited = (
        table([getattr(person, kind) for person in people])
        for kind in ("located", "heard", "visited")
    )
    heard_days = np.zeros_like(days)
    fuse_minutes(*located, *heard, *visited, EDGES, PRIOR, LEAST, out, days, heard_days)
    assert np.allclose(heard_days.sum(axis=1), out[:, F_HEARD])
    return out, days


def covered(spans: Spans, minute: int) -> Spans:
    return [s for s in spans if s[0] <= minute + 0.5 < s[1]]


def twin(person: Known) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the probability of being near, of face to face, and whether heard, each minute."""
    near, face, heard = np.zeros(MINUTES), np.zeros(MINUTES), np.zeros(MINUTES)
    for minute in range(MINUTES):
        located = [s[2] for s in covered(person.located, minute)]
        sightings = covered(person.heard, minute)
        visits = [s[2] for s in covered(person.visited, minute)]
        if not (located or sightings or visits):
            continue
        odds = PRIOR
        if located:
            share = min(1 - LEAST, max(LEAST, *located, 0.0))
            odds = math.log(share / (1 - share))
        if sightings:
            odds += sum(s[2] for s in sightings) / len(sightings)
            face[minute] = sum(s[3] for s in sightings) / len(sightings)
            heard[minute] = 1.0
        odds += max(visits, default=0.0)
        near[minute] = 1 / (1 + math.exp(-odds))
    return near, face, heard


def most(minutes: NDArray[np.float64], span: int = 1_440) -> float:
    before = np.concatenate(([0.0], np.cumsum(minutes)))
    return float((before[span:] - before[:-span]).max())


def variance(near: NDArray[np.float64]) -> float:
    total = 0.0
    for run in np.split(near, np.flatnonzero(np.diff(near > 0)) + 1):
        if run[0] > 0:
            total += run.sum() * (len(run) - run.sum())
    return total


@FEWER
@given(people=contacts)
def test_minutes_are_put_together_as_by_the_plain_twin(people: list[Known]) -> None:
    out, days = fused(people)
    for row, by_day, person in zip(out, days, people, strict=True):
        near, face, heard = twin(person)
        wanted = {
            F_EXPECTED: near.sum(),
            F_EXPECTED_24H: most(near),
            F_FACE: face.sum(),
            F_FACE_24H: most(face),
            F_HEARD: heard.sum(),
            F_HEARD_24H: most(heard),
            F_VARIANCE: variance(near),
            F_FACE_BOUT: most(face, BOUT_MINUTES),
        }
        for column, value in wanted.items():
            assert abs(row[column] - value) < 1e-6 * max(1.0, abs(value)), column
        assert np.allclose(by_day, near.reshape(DAYS, -1).sum(axis=1))


@FEWER
@given(people=contacts)
def test_contacts_do_not_touch_each_other(people: list[Known]) -> None:
    together, _ = fused(people)
    alone = np.concatenate([fused([person])[0] for person in people])
    assert np.array_equal(together, alone)


@FEWER
@given(people=contacts, data=st.data())
def test_order_never_matters(people: list[Known], data: st.DataObject) -> None:
    person = people[0]
    mixed = Known(*(data.draw(st.permutations(getattr(person, k)))
                    for k in ("located", "heard", "visited")))  # fmt: skip
    assert np.allclose(fused([person])[0], fused([mixed])[0], atol=1e-9)


@FEWER
@given(people=contacts)
def test_a_check_in_that_is_taken_away_never_raises_the_minutes(people: list[Known]) -> None:
    less = [Known(person.located, person.heard, []) for person in people]
    assert np.all(fused(less)[0][:, F_EXPECTED] <= fused(people)[0][:, F_EXPECTED] + 1e-9)


@FEWER
@given(people=contacts)
def test_what_nothing_is_known_of_counts_for_nothing(people: list[Known]) -> None:
    out, _ = fused([Known([], [], []), *people])
    assert not out[0].any()
