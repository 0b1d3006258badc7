"""Contacts, episodes and lists against a brute force over every pair of segments."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.reference.agreement import same_areas, same_contacts
from tests.reference.contacts import answer
from tests.reference.effort import FEWER, WORLDS
from tests.reference.people import Fix, Person
from tests.reference.segments import Law
from tests.reference.tables import evidence_of
from tests.reference.worlds import GROUNDS, Ground, Question, questions, worlds

import fortnight

if TYPE_CHECKING:
    from tests.reference.people import World


def seen(person: Person) -> bool:
    """Whether there is any evidence of someone that is not refused."""
    return bool(person.visits) or any(fix.lon or fix.lat for fix in person.fixes)


def traced(people: World, question: Question) -> fortnight.Trace:
    """Ask the library."""
    return fortnight.trace(
        evidence_of(people),
        case=question.case,
        onset=question.onset,
        days=question.days,
        until=question.until,
        radius_m=question.radius_m,
        min_minutes=question.min_minutes,
        timezone=question.timezone,
    )


@pytest.mark.parametrize("ground", GROUNDS)
@WORLDS
@given(data=st.data())
def test_answers_are_those_of_the_brute_force(ground: str, data: st.DataObject) -> None:
    people, base = data.draw(worlds((ground,)))
    question = data.draw(questions(people, base))
    if not any(p.name == question.case and seen(p) for p in people):
        with pytest.raises(fortnight.QuestionError):
            traced(people, question)
        return
    wanted = answer(people, question.asked, Law())
    assume(not wanted.doubts)
    found = traced(people, question)
    same_contacts(found.contacts, found.episodes, wanted)
    same_areas(found.same_area, wanted)
    assert int(found.case_slots.sum()) == wanted.case_slots


def test_a_leg_whose_position_is_soon_unknown_is_integrated_finely() -> None:
    # at 45 m/s the uncertainty passes a radius of 500 m within a thirtieth of the way
    ground = (12.568368, 55.676122), (12.268643, 55.701375), (12.418605, 55.688789)
    moments = (1_711_786_240_228, 1_711_786_664_100, 1_711_786_937_411)
    people = tuple(
        Person(
            name=name,
            fixes=tuple(
                Fix(time=time + late, lon=lon, lat=lat + north, accuracy=2.0, source="gnss")
                for time, (lon, lat) in zip(moments, ground, strict=True)
            ),
            visits=(),
        )
        for name, late, north in (("p0", 0, 0.0), ("p1", 6_000, 0.0001))
    )
    day = date(2024, 3, 30)
    question = Question(
        case="p0", onset=day, days=2, until=day, radius_m=500.0, min_minutes=0.0, timezone="UTC"
    )
    wanted = answer(people, question.asked, Law())
    assert not wanted.doubts
    found = traced(people, question)
    same_contacts(found.contacts, found.episodes, wanted)


def following(gap_m: float, metres: float, seconds: int, late_s: int) -> tuple[Person, ...]:
    """Two who go one way, one behind the other: least is known of them in the middle of it."""
    ground = Ground(12.5683, 55.6761)
    first = 1_711_786_240_000
    return tuple(
        Person(
            name=name,
            fixes=tuple(
                Fix(
                    time=first + 1_000 * (late + second),
                    lon=lon,
                    lat=lat,
                    accuracy=20.0,
                    source="wifi",
                )
                for second, north in ((0, 0.0), (seconds, metres))
                for lon, lat in (ground.at(0.0, north - behind),)
            ),
            visits=(),
        )
        for name, late, behind in (
            ("p0", 0, 0.0),
            ("p1", late_s, gap_m - metres / seconds * late_s),
        )
    )


@FEWER
@given(
    gap_m=st.floats(50.0, 62.0),
    metres=st.floats(100.0, 400.0),
    seconds=st.integers(20, 60),
    late_s=st.integers(0, 6),
)
@example(gap_m=55.0, metres=190.0, seconds=27, late_s=6)
def test_two_who_follow_each_other_are_near_in_the_middle_of_a_leg_alone(
    gap_m: float, metres: float, seconds: int, late_s: int
) -> None:
    people = following(gap_m, metres, seconds, late_s)
    day = date(2024, 3, 30)
    question = Question(
        case="p0", onset=day, days=2, until=day, radius_m=25.0, min_minutes=0.0, timezone="UTC"
    )
    wanted = answer(people, question.asked, Law())
    assume(not wanted.doubts)
    found = traced(people, question)
    same_contacts(found.contacts, found.episodes, wanted)
