"""Contacts, episodes and lists against a brute force over every pair of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.reference.agreement import same_areas, same_contacts
from tests.reference.contacts import answer
from tests.reference.effort import WORLDS
from tests.reference.segments import Law
from tests.reference.tables import evidence_of
from tests.reference.worlds import GROUNDS, Question, questions, worlds

import fortnight

if TYPE_CHECKING:
    from tests.reference.people import Person, World


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
