"""What a reply makes of an exposure, and what a partner is told of a need."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.isolation.needs import (
    ASKED_FOR,
    PARTNER_FIELDS,
    WITHIN_HOURS,
    Field,
    Need,
    due_at,
    for_partner,
    may_go_to_partner,
)
from fortnight.isolation.rescore import Reply, Scored, after_all, rescored
from fortnight.risk.actions import TIERS
from fortnight.risk.disease import diseases, load_disease

COVID = load_disease("covid-19")
HELD = {field.value: f"the {field.value}" for field in Field}
TOLD: dict[Need, set[str]] = {
    Need.FOOD: {"name", "number", "address", "items"},
    Need.MEDICINE: {"name", "number", "address", "medicine", "pharmacy"},
    Need.LETTER: {"name", "from_day", "until_day"},
    Need.MONEY: {"name", "number"},
    Need.CHILD_CARE: {"name", "number", "address", "children"},
    Need.TALK: {"number", "language"},
    Need.SAFE_PLACE: {"number", "language"},
}


@pytest.mark.parametrize("need", Need)
def test_a_partner_is_told_what_its_need_takes_and_nothing_else(need: Need) -> None:
    hidden = {"disease": "x", "case": "x", "symptoms": "x", "person": "x"}
    told = for_partner(need, HELD | hidden)
    assert set(told) == TOLD.get(need, set())
    assert may_go_to_partner(need) is (need in TOLD)
    assert all(told[name] == HELD[name] for name in told)


def test_an_address_goes_to_whoever_brings_something_and_never_with_a_safe_place() -> None:
    with_address = {need for need, named in PARTNER_FIELDS.items() if Field.ADDRESS in named}
    assert with_address == {Need.FOOD, Need.MEDICINE, Need.CHILD_CARE}
    assert Field.NOTE not in {field for named in PARTNER_FIELDS.values() for field in named}


def test_what_a_person_left_empty_is_not_sent() -> None:
    assert for_partner(Need.MONEY, {"name": "", "number": "+37060000001"}) == {
        "number": "+37060000001"
    }


def test_every_need_has_a_deadline_and_the_urgent_ones_come_first() -> None:
    assert set(WITHIN_HOURS) == set(Need) == set(PARTNER_FIELDS)
    assert due_at(Need.URGENT, 0) == 1_800_000 == min(due_at(need, 0) for need in Need)
    assert not {Need.HELP, Need.UNWELL, Need.URGENT} & set(ASKED_FOR)


@pytest.mark.parametrize("reply", [Reply.NOT_THERE, Reply.OTHER_PHONE])
def test_whoever_was_not_there_is_asked_for_nothing_until_it_is_answered(reply: Reply) -> None:
    found = rescored(COVID, Scored(240.0, "asked-to-stay-home"), reply)
    assert (found.after, found.why) == (Scored(0.0, None), "void")


def test_behind_a_wall_is_other_air() -> None:
    found = rescored(COVID, Scored(240.0, "asked-to-stay-home"), Reply.WALL)
    assert found.after == Scored(0.0, "to-ask")


def test_masks_count_as_the_file_has_it_and_may_bring_it_under_the_threshold() -> None:
    long = rescored(COVID, Scored(60.0, "told-and-tested"), Reply.MASKS)
    short = rescored(COVID, Scored(30.0, "told-and-tested"), Reply.MASKS)
    assert long.after == Scored(60.0 * 0.44, "told-and-tested")
    assert short.after == Scored(30.0 * 0.44, "told")


def test_where_masks_were_not_measured_a_person_decides() -> None:
    before = Scored(60.0, "asked-about-immunity")
    found = rescored(load_disease("measles"), before, Reply.MASKS)
    assert (found.after, found.why) == (before, "unknown-factor")


@given(
    st.sampled_from(diseases()),
    st.floats(0.0, 10_000.0),
    st.sampled_from((None, *TIERS)),
    st.sets(st.sampled_from(Reply)),
)
def test_replies_only_ever_lower_what_is_asked_and_their_order_does_not_matter(
    name: str, minutes: float, tier: str | None, replies: set[Reply]
) -> None:
    disease, before = load_disease(name), Scored(minutes, tier)
    found = {after_all(disease, before, order) for order in permutations(replies)}
    assert len(found) == 1
    (after,) = found
    assert after.minutes <= before.minutes
    order = (None, *TIERS)
    assert order.index(after.tier) <= order.index(before.tier)
    assert after_all(disease, before, [*replies, *replies]) == after
