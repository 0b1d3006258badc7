"""The course of an infection: what is drawn stays in its frame, and the words are the curve's."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sample_document import sample_document

from fortnight.report.course import BASE, LEFT, RIGHT, TOP, course
from fortnight.report.document import AssessmentDocument, CurvePointDocument

FIRST = date(2026, 3, 10)
SHARES = st.floats(0, 1)


def assessed(
    detectable: list[float | None], ill: list[float], *, test: int | None = None, last: int = 0
) -> AssessmentDocument:
    days = [(FIRST + timedelta(days=k)).isoformat() for k in range(len(ill))]
    return msgspec.structs.replace(
        sample_document(1).contacts[0].assessment,
        first_exposure=days[0],
        last_exposure=days[last],
        test_day=None if test is None else days[test],
        curve=[
            CurvePointDocument(day=day, detectable=found, ill=share)
            for day, found, share in zip(days, detectable, ill, strict=True)
        ],
    )


def test_latent_period_ends_where_one_in_ten_is_found() -> None:
    found: list[float | None] = [0.0, 0.04, 0.1, 0.6, 0.8, 0.7]
    drawn = course(assessed(found, [0.0] * 6, test=4, last=1))
    assert drawn is not None
    assert "latent period is the hardest part: before 12 Mar 2026 fewer than one" in drawn.words
    assert (
        "Tested on 14 Mar 2026, 80\u00a0% are found and 20\u00a0% are still missed." in drawn.words
    )
    assert drawn.hidden_to == pytest.approx(LEFT + (RIGHT - LEFT) * 2 / 5, abs=0.1)
    assert [mark.label for mark in drawn.marks] == ["last exposure 11 Mar", "test 14 Mar"]
    assert (drawn.first, drawn.last) == ("10 Mar", "15 Mar")


def test_without_a_test_before_symptoms_the_incubation_is_told() -> None:
    drawn = course(assessed([None] * 5, [0.0, 0.05, 0.2, 0.5, 0.9]))
    assert drawn is not None
    assert drawn.found is None
    assert "before 12 Mar 2026 fewer than one in ten" in drawn.words
    assert "half of them by 13 Mar 2026" in drawn.words


def test_told_alone_asks_for_no_test() -> None:
    drawn = course(assessed([0.0, 0.5], [0.0, 0.5]))
    assert drawn is not None
    assert drawn.words.endswith("Nothing here asks for a test.")


def test_nothing_is_drawn_of_whom_nobody_follows() -> None:
    none = msgspec.structs.replace(sample_document(1).contacts[0].assessment, curve=[])
    assert course(none) is None


@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=40), st.data())
@settings(max_examples=100, deadline=None)
def test_every_curve_stays_in_its_frame(
    shares: list[tuple[float, float]], data: st.DataObject
) -> None:
    days = st.integers(0, len(shares) - 1)
    drawn = course(
        assessed(
            [found for found, _ in shares],
            [ill for _, ill in shares],
            test=data.draw(st.none() | days),
            last=data.draw(days),
        )
    )
    assert drawn is not None
    for path in (drawn.found or "", drawn.ill):
        numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
        assert len(numbers) == 2 * len(shares)
        assert all(LEFT <= x <= RIGHT for x in numbers[::2])
        assert all(TOP <= y <= BASE for y in numbers[1::2])
    assert LEFT <= drawn.hidden_to <= RIGHT
    assert all(LEFT <= mark.x <= RIGHT for mark in drawn.marks)
