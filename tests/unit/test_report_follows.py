"""What follows, counted and in words: each contact has one answer, and silence is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.unit.sample_document import sample_document

from fortnight.report.follows import (
    EVIDENCE,
    NOTHING,
    PRESUMED,
    SOURCE,
    TIER_WORDS,
    evidence_letters,
    follows,
    tier_counts,
    what_follows,
)
from fortnight.report.wording import days, presumed_only, small_share, spent
from fortnight.risk.actions import TIERS
from fortnight.risk.kinds import KINDS

if TYPE_CHECKING:
    from fortnight.report.document import ContactDocument

CONTACT = sample_document(1).contacts[0]


def contact(evidence: list[str], tier: str | None = None, **changed: float) -> ContactDocument:
    known = CONTACT.together.__struct_fields__
    together = {name: value for name, value in changed.items() if name in known}
    own = {name: value for name, value in changed.items() if name not in known}
    quiet = {"linger_minutes": 0.0, **together}
    return msgspec.structs.replace(
        CONTACT,
        tier=tier,
        together=msgspec.structs.replace(CONTACT.together, evidence=evidence, **quiet),
        **own,
    )


NOT_NEAR = {"minutes": 0.0, "expected_minutes": 0.0, "expected_minutes_forward": 0.0}


def silent(evidence: list[str], **changed: float) -> ContactDocument:
    made = contact(evidence, None, **changed)
    return msgspec.structs.replace(made, **NOT_NEAR, presumed_minutes=60.0)


def test_every_tier_and_kind_of_the_rules_has_words() -> None:
    assert set(TIER_WORDS) == set(TIERS)
    confirmed_by_people = {"household", "physical"}
    from_coarse_positions = {"cell"}
    assert set(EVIDENCE) == set(KINDS) - confirmed_by_people - from_coarse_positions
    assert len({letter for letter, _, _ in EVIDENCE.values()}) == len(EVIDENCE)


def test_no_tier_and_met_before_is_a_possible_source() -> None:
    assert follows(contact(["fixes"], expected_minutes_forward=0.0)) == SOURCE
    assert follows(contact(["fixes"], tier="told")) == "told"


def test_who_was_in_the_air_after_the_case_is_no_source() -> None:
    after = contact(["ties"], linger_minutes=5.0, expected_minutes_forward=0.0)
    assert follows(after) == NOTHING


def test_a_phone_that_was_heard_is_not_presumed_whatever_the_positions_say() -> None:
    assert presumed_only(silent(["fixes", "ties"]))
    assert follows(silent(["fixes"])) == PRESUMED
    assert not presumed_only(silent(["fixes", "bluetooth"]))
    assert not presumed_only(silent(["fixes"], linger_minutes=3.0))


def test_counts_are_of_all_contacts_the_most_asked_first() -> None:
    document = sample_document(60)
    counted = tier_counts(document)
    assert sum(counted.values()) == 60
    order = [*TIER_WORDS.values(), SOURCE, PRESUMED, NOTHING]
    assert list(counted) == [words for words in order if words in counted]
    assert f"{counted[SOURCE]} possible sources" in what_follows(document)


def test_one_possible_source_is_one() -> None:
    document = sample_document(1)
    alone = [contact(["fixes"], expected_minutes_forward=0.0)]
    assert what_follows(msgspec.structs.replace(document, contacts=alone)) == "1 possible source"


@pytest.mark.parametrize(
    ("evidence", "linger", "letters"),
    [
        (["fixes"], 0.0, "F"),
        (["visit", "bluetooth", "fixes"], 0.0, "FBV"),
        (["ties", "fixes", "visit", "visit-room", "air"], 2.0, "FVRAT"),
        ([], 0.0, "-"),
    ],
)
def test_letters_of_evidence(evidence: list[str], linger: float, letters: str) -> None:
    assert evidence_letters(contact(evidence, linger_minutes=linger)) == letters


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 %"), (0.0001, "<1 %"), (0.0261, "2.6 %"), (0.0994, "9.9 %"), (0.26, "26 %")],
)
def test_small_shares_have_a_decimal(value: float, words: str) -> None:
    assert small_share(value) == words.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-03-10", "2026-03-10", "10 Mar 2026"),
        ("2026-03-10", "2026-03-15", "10 to 15 Mar 2026"),
        ("2026-03-30", "2026-04-02", "30 Mar to 2 Apr 2026"),
        ("2025-12-30", "2026-01-02", "30 Dec 2025 to 2 Jan 2026"),
        (None, "2026-01-02", "2 Jan 2026"),
        (None, None, "?"),
    ],
)
def test_days_say_no_month_twice(first: str | None, last: str | None, words: str) -> None:
    assert days(first, last) == words


def test_a_moment_is_not_no_time() -> None:
    assert (spent(0.0), spent(0.6), spent(61.0)) == ("0 min", "under a minute", "1 h 1 min")
