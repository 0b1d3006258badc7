"""What new evidence changed in the list of a case's contacts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fortnight.case.changes import Update, compared, still_known
from fortnight.case.exposures import Exposure


def met(contact: str, minutes: int = 60, first: int = 100, last: int = 101) -> Exposure:
    return Exposure(contact, 1, first, last, minutes, "test", ("fixes",), ("phone",), late=False)


def test_what_changed_by_more_than_a_tenth_is_said() -> None:
    before = [met("a"), met("b"), met("c"), met("d")]
    after = [met("a", 66), met("b", 67), met("c", 50), met("e")]
    assert compared(before, after) == Update(("e",), ("d",), ("b", "c"), (1, 1, 2))
    assert compared(before, before) is None
    many = [met(f"{place:016x}") for place in range(50)]
    said = compared([], many)
    assert said is not None
    assert (len(said.added), said.counts) == (7, (50, 0, 0))


def test_days_that_are_not_held_any_more_say_nothing_against_whom_they_showed() -> None:
    gone, half, new = met("gone"), met("half", 90), met("half", 30, 101)
    found, unseen = still_known([gone, half, met("not seen again", 5, 102, 103)], [new], 102)
    assert [(one.contact, one.minutes, one.first_day) for one in found] == [("half", 90, 100)]
    assert [(one.contact, one.rank) for one in unseen] == [("gone", 2)]


exposed = st.builds(
    met, st.sampled_from("abcdef"), st.integers(0, 500), st.integers(90, 99), st.integers(100, 110)
)


@given(
    st.lists(exposed, unique_by=lambda one: one.contact),
    st.lists(exposed, unique_by=lambda one: one.contact),
    st.integers(85, 115),
)
def test_no_contact_is_lost_but_by_evidence(
    before: list[Exposure], found: list[Exposure], held: int
) -> None:
    whole, kept = still_known(before, found, held)
    listed = [one.contact for one in (*whole, *kept)]
    assert len(set(listed)) == len(listed)
    assert {one.contact for one in found} <= set(listed)
    lost = {one.contact for one in before} - set(listed)
    assert all(one.last_day >= held for one in before if one.contact in lost)
    change = compared(before, [*whole, *kept])
    assert change is None or (change.counts[1] == len(lost))
