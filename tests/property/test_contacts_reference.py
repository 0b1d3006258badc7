"""Contacts, episodes and lists against a brute force over every pair of segments."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.agreement import same_areas, same_contacts
from tests.reference.contacts import answer
from tests.reference.effort import WORLDS
from tests.reference.people import Fix, Person
from tests.reference.segments import Law
from tests.reference.tables import evidence_of
from tests.reference.worlds import GROUNDS, Question, questions, worlds

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
