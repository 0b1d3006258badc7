"""Grants as rules: what may be given and withdrawn, and what holds when."""

from __future__ import annotations

import pytest

from fortnight.consent.grant import (
    BY,
    KINDS,
    Grant,
    TextRead,
    give,
    given_by,
    kind_named,
    live,
    source_kinds,
    standing,
    withdraw,
)
from fortnight.db import tables
from fortnight.errors import ConflictError, RefusedError

TEXT = TextRead("0123456789ab", "en")
NEWER = TextRead("ba9876543210", "ru")


def test_the_kinds_are_those_that_the_database_allows() -> None:
    assert KINDS == tables.GRANT_KINDS


def test_nothing_is_granted_by_default() -> None:
    assert not any(live((), kind, 0) for kind in KINDS)


def test_a_grant_holds_from_its_moment_to_that_of_its_withdrawal() -> None:
    held = withdraw(give((), "notify", TEXT, 10, "self"), "notify", 20)
    assert [live(held, "notify", at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_grant_is_for_one_kind_alone() -> None:
    held = give((), "trace.phone", TEXT, 10, "self")
    assert [kind for kind in KINDS if live(held, kind, 10)] == ["trace.phone"]


def test_the_same_text_is_not_agreed_to_twice() -> None:
    held = give((), "notify", TEXT, 10, "self")
    with pytest.raises(ConflictError, match="given already"):
        give(held, "notify", TEXT, 11, "self")


def test_a_grant_under_a_newer_text_replaces_the_one_that_stands() -> None:
    held = give(give((), "notify", TEXT, 10, "self"), "notify", NEWER, 20, "guardian")
    assert held == (
        Grant("notify", TEXT, 10, "self", withdrawn_at=20),
        Grant("notify", NEWER, 20, "guardian"),
    )
    assert standing(held, "notify") == held[1]


def test_what_was_withdrawn_can_be_given_again() -> None:
    held = withdraw(give((), "notify", TEXT, 10, "self"), "notify", 20)
    again = give(held, "notify", TEXT, 30, "self")
    assert [live(again, "notify", at) for at in (15, 25, 30)] == [True, False, True]


def test_what_is_not_held_cannot_be_withdrawn() -> None:
    with pytest.raises(ConflictError, match="none is held"):
        withdraw((), "notify", 10)
    held = withdraw(give((), "notify", TEXT, 10, "self"), "notify", 20)
    with pytest.raises(ConflictError, match="none is held"):
        withdraw(held, "notify", 30)


def test_a_clock_set_back_stops_no_withdrawal() -> None:
    held = withdraw(give((), "notify", TEXT, 10, "self"), "notify", 3)
    assert not any(live(held, "notify", at) for at in range(20))


@pytest.mark.parametrize("name", ["", "trace", "Trace.phone", "research", "enforcement"])
def test_the_list_of_kinds_is_closed(name: str) -> None:
    with pytest.raises(RefusedError, match=r"a grant is one of trace\.phone"):
        kind_named(name)


def test_a_grant_is_given_by_the_person_or_their_guardian() -> None:
    assert [given_by(name) for name in BY] == ["self", "guardian"]
    with pytest.raises(RefusedError, match="not 'employer'"):
        given_by("employer")


@pytest.mark.parametrize(
    ("evidence", "origin", "kind"),
    [
        ("fixes", "phone", "trace.phone"),
        ("fixes", "upload", "trace.phone"),
        ("fixes", "operator", "trace.operator"),
        ("encounters", "phone", "trace.bluetooth"),
        ("visits", "phone", "trace.visits"),
        ("ties", "operator", "trace.ties"),
    ],
)
def test_each_source_of_evidence_needs_its_own_grant(evidence: str, origin: str, kind: str) -> None:
    assert source_kinds(evidence, origin) == kind


def test_every_kind_of_evidence_needs_a_grant_that_exists() -> None:
    for evidence in tables.EVIDENCE_KINDS:
        origin = "operator" if evidence == "ties" else "phone"
        assert source_kinds(evidence, origin) in KINDS


@pytest.mark.parametrize(
    ("evidence", "origin"), [("ties", "phone"), ("visits", "operator"), ("faces", "upload")]
)
def test_evidence_that_no_grant_covers_is_refused(evidence: str, origin: str) -> None:
    with pytest.raises(RefusedError, match="No grant covers"):
        source_kinds(evidence, origin)
