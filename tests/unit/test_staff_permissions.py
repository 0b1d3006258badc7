"""Who may do what: the table against sentences written apart from it, for every combination."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.db.office_tables import ROLES as STORED_ROLES
from fortnight.staff.permissions import (
    PERMISSIONS,
    RELATIONS,
    ROLES,
    STEPPED_UP,
    TABLE,
    Facts,
    allowed,
    relation_of,
)

SUPPORT = {"followup.read", "followup.record", "ticket.read", "ticket.work", "reply.answer"}
OF_PEOPLE = SUPPORT | {
    one for one in PERMISSIONS if one.startswith(("case.", "contact.", "export.", "conflict."))
}
CHANGES = OF_PEOPLE - {"case.read", "contact.read", "export.case"}
ALL = list(product(ROLES, PERMISSIONS, RELATIONS))
FACTS = st.builds(Facts, *[st.booleans()] * 6)


def given_to(role: str) -> set[tuple[str, str]]:
    return {(what, to) for who, what, to in ALL if who == role and allowed(who, what, to)}


def test_there_is_no_role_but_those_of_the_health_service() -> None:
    assert set(ROLES) == {*STORED_ROLES, "laboratory", "operator"}
    for word in ("police", "immigration", "employer", "prosecutor", "admin", "root", "", "*"):
        assert not any(allowed(word, what, to) for what in PERMISSIONS for to in RELATIONS)


def test_the_table_names_every_permission_and_no_other_word() -> None:
    assert set(TABLE) == set(PERMISSIONS)
    for roles in TABLE.values():
        assert roles, "a permission of nobody"
        assert set(roles) <= set(ROLES)
        assert set().union(*roles.values()) <= set(RELATIONS)
    assert set(PERMISSIONS) >= STEPPED_UP


@pytest.mark.parametrize("relation", ["self", "conflict", "other-district"])
def test_nobody_does_anything_with_what_is_their_own_or_too_near_or_elsewhere(
    relation: str,
) -> None:
    assert not [one for one in ALL if one[2] == relation and allowed(*one)]


def test_a_contact_in_ones_own_call_ties_is_for_the_lead() -> None:
    with_tied = {one[:2] for one in ALL if one[2] == "tied" and allowed(*one)}
    steps = {"contact.read", "contact.decide", "contact.approve", "contact.call"}
    assert with_tied == {("lead", step) for step in steps | SUPPORT}


@pytest.mark.parametrize("role", ["data-protection", "administrator", "epidemiologist"])
def test_whoever_watches_or_counts_reads_nobodys_data(role: str) -> None:
    assert {what for what, _ in given_to(role)} & OF_PEOPLE == set()


def test_a_case_worker_has_assigned_cases_alone_but_to_agree_as_a_second_and_to_help() -> None:
    with_records = {(what, to) for what, to in given_to("case-worker") if to != "none"}
    assert {what for what, to in with_records if to != "assigned"} == {"contact.approve", *SUPPORT}
    assert {to for _, to in with_records} == {"assigned", "own-district"}


def test_closed_cases_are_read_by_the_lead_and_changed_by_nobody_but_help_goes_on() -> None:
    with_closed = {one[:2] for one in ALL if one[2] == "closed" and allowed(*one)}
    assert {role for role, _ in with_closed} == {"lead"}
    assert {what for _, what in with_closed} & CHANGES == SUPPORT


def test_laboratories_issue_tokens_and_operators_deliver_and_neither_does_more() -> None:
    assert given_to("laboratory") == {("token.issue", "none")}
    assert given_to("operator") == {("delivery.send", "none")}


def test_only_the_lead_assigns() -> None:
    assert {
        role for role, what, to in ALL if what == "case.assign" and allowed(role, what, to)
    } == {"lead"}


def test_what_is_of_people_is_never_allowed_without_a_record_but_to_begin_one() -> None:
    without = {what for _, what, to in ALL if to == "none" and allowed(_, what, to)}
    assert without & OF_PEOPLE == {"case.open"}


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_words_that_nobody_wrote_down_allow_nothing(
    role: str, permission: str, relation: str
) -> None:
    if allowed(role, permission, relation):
        assert (role, permission, relation) in ALL


@given(FACTS)
def test_what_forbids_comes_before_what_allows(facts: Facts) -> None:
    relation = relation_of(facts)
    if facts.is_self:
        assert relation == "self"
    elif facts.has_conflict:
        assert relation == "conflict"
    elif not facts.is_own_district:
        assert relation == "other-district"
    elif facts.is_closed:
        assert relation == "closed"
    elif facts.is_tied:
        assert relation == "tied"
    else:
        assert relation == ("assigned" if facts.is_assigned else "own-district")
