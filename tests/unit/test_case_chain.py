"""Where a case was infected, and by whom: from traces, as the library weighs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import isclose
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from tests.case_world import CONTACT_NUMBER, WORKER
from tests.services import DAY, HOUR, Stores
from tests.unit.test_case_trace import FAR, THIRD_NUMBER, Town

from fortnight.case.chain import WEIGHED, Chains, Known, rows_of, weighed
from fortnight.contact.chains import chain_of
from fortnight.contact.confirmed import DayTogether, Link
from fortnight.contact.sources import Sources
from fortnight.db.office_tables import case_link, case_source
from fortnight.lake.forgetting import Forgetting
from fortnight.retention.nameless_case import make_nameless

if TYPE_CHECKING:
    from sqlalchemy import Table


@pytest.fixture
def town(stores: Stores) -> Town:
    return Town(stores)


def chains(town: Town) -> Chains:
    return Chains(town.database, town.stores.vault)


def count(town: Town, table: Table) -> int:
    with town.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def linked(town: Town) -> tuple[str, str]:
    """Open two cases who spent two evenings together, the second ill four days before the first."""
    town.evenings(town.person, town.contact)
    town.evenings(town.third, place=FAR)
    source = town.agreed(CONTACT_NUMBER, onset_days_ago=4)
    case_id = town.agreed(onset_days_ago=0)
    return case_id, source


def test_a_contact_who_is_a_case_is_the_probable_source(town: Town) -> None:
    case_id, source = linked(town)
    town.agreed(THIRD_NUMBER, onset_days_ago=5)  # a case elsewhere: met nobody
    assert chains(town).of(case_id) is None
    town.traced(case_id)
    found = chains(town).of(case_id)
    assert found is not None
    (one,) = found.candidates
    (contact,) = town.cases.exposures(case_id)
    assert (one.case_id, one.contact) == (source, contact.contact)
    assert one.share.value > 0.25
    assert one.share.low < one.share.value < one.share.high
    assert isclose(one.share.value + found.unknown.value, 1.0)
    assert isclose(one.share.low + found.unknown.high, 1.0)
    today = town.clock() // DAY
    days = [(day.day.isoformat(), day.before, day.since) for day in one.days]
    evenings = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=today - ago) for ago in (3, 1)]
    assert days == [(evenings[0].date().isoformat(), 3, 1), (evenings[1].date().isoformat(), 1, 3)]
    assert all(90 <= day.minutes <= 120 for day in one.days)
    assert not one.either_way
    rows = [(row.case_id, row.depth, row.infector) for row in found.rows]
    assert rows == [(source, 0, None), (case_id, 0, None)]  # unknown is still more likely


def test_both_ways_are_kept_each_with_the_file_of_the_infected(town: Town) -> None:
    case_id, source = linked(town)
    town.traced(case_id)
    with town.database.read() as connection:
        rows = connection.execute(select(case_link.c.case_id, case_link.c.other)).all()
        sealed = connection.scalars(select(case_link.c.sealed)).all()
    assert {tuple(row) for row in rows} == {(case_id, source), (source, case_id)}
    assert all(b"minutes" not in one for one in sealed)
    town.traced(source)
    (theirs,) = town.cases.exposures(source)
    found = chains(town).of(source)
    assert found is not None
    assert [(one.case_id, one.contact) for one in found.candidates] == [(case_id, theirs.contact)]
    assert found.candidates[0].share.value < 0.01  # ill four days before
    assert count(town, case_source) == count(town, case_link) == 2


def test_whoever_is_found_to_be_a_case_sees_a_look_and_others_see_none(town: Town) -> None:
    town.evenings(town.person, town.contact, town.third)
    town.agreed(CONTACT_NUMBER, onset_days_ago=4)
    case_id = town.agreed(onset_days_ago=0)
    town.traced(case_id)
    assert [one.fields for one in town.looks(town.contact)].count("case,contact") == 1
    assert {one.fields for one in town.looks(town.third)} == {"contact"}
    assert all(one.outcome == "read" for one in town.looks(town.contact) if one.case_id == case_id)


def test_who_said_no_yes_or_whose_test_was_wrong_or_who_withdrew_is_no_source(town: Town) -> None:
    case_id, source = linked(town)
    town.stores.consents.withdraw(town.contact, "trace.phone", town.clock())
    town.traced(case_id)
    found = chains(town).of(case_id)
    assert found is None or found.candidates == ()
    assert count(town, case_link) == 0
    town.cases.withdraw_test(source, WORKER, town.clock())
    vault = town.stores.vault
    assert vault.links(case_id, ["0" * 16], WORKER, town.clock()) == []


def test_a_withdrawn_test_takes_its_case_out_of_every_chain(town: Town) -> None:
    case_id, source = linked(town)
    town.traced(case_id)
    town.cases.withdraw_test(source, WORKER, town.clock())
    found = chains(town).of(case_id)
    assert found is not None
    assert found.candidates == ()
    assert [row.case_id for row in found.rows] == [case_id]
    assert chains(town).of(source) is None


def test_an_erased_case_is_in_no_chain_any_more(town: Town) -> None:
    case_id, source = linked(town)
    town.traced(case_id)
    with town.database.write() as connection:
        make_nameless(connection, source, town.stores.folder.name.encode, town.clock())  # type: ignore[arg-type] # nothing is drawn: nobody else is concerned
    assert count(town, case_link) == 0
    found = chains(town).of(case_id)
    assert found is not None
    assert found.candidates == ()


def test_what_the_other_hid_is_not_in_their_file(town: Town) -> None:
    town.evenings(town.person, town.contact)
    source = town.agreed(CONTACT_NUMBER, onset_days_ago=0)
    today = town.clock() // DAY
    hidden = (today - 3) * DAY
    town.cases.hide(source, hidden, hidden + DAY, town.clock())
    case_id = town.agreed(onset_days_ago=0)
    town.traced(case_id)
    found = chains(town).of(case_id)
    assert found is not None
    assert [day.before for day in found.candidates[0].days] == [3, 1]
    town.traced(source)
    theirs = chains(town).of(source)
    assert theirs is not None
    assert [day.before for day in theirs.candidates[0].days] == [1]


def test_links_outlive_the_evidence_that_showed_them(town: Town) -> None:
    case_id, _ = linked(town)
    town.traced(case_id)
    before = chains(town).of(case_id)
    assert before is not None
    town.clock.advance(12 * DAY)
    today = town.clock() // DAY
    Forgetting(town.days).before(today - 14, town.clock())
    town.stores.vault.forget_day(today - 15)
    town.clock.advance(HOUR)
    town.traced(case_id)
    after = chains(town).of(case_id)
    assert after is not None
    assert after.candidates == before.candidates


@dataclass(frozen=True)
class File:
    """The part of a case's row that the chain reads."""

    id: str
    onset_day: int | None = None
    test_day: int = 20_000


def day_of(weight: float) -> DayTogether:
    return DayTogether(date(2026, 3, 1), weight, 1, 3, 1, 1.0, 1.0)


@settings(max_examples=100)
@given(weights=st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0, 500)))
def test_shares_are_shares_whatever_the_links(weights: dict[tuple[int, int], float]) -> None:
    links = [Link(a, b, (day_of(weight),)) for (a, b), weight in weights.items() if a != b]
    sources = [
        Sources(at, tuple(one for one in links if one.infectee == at), 15.0, 1.0) for at in range(5)
    ]
    shares = [chain_of(weighed(sources, by)) for by in WEIGHED]
    for made in shares:
        assert len(made.tree) == 5
    files: tuple[Any, ...] = tuple(File(str(at)) for at in range(5))
    known = Known(files, (), tuple(sources))
    rows = rows_of(known, shares)
    assert sorted(row.case_id for row in rows) == [str(at) for at in range(5)]
    assert all(0 <= row.probability.low <= row.probability.value for row in rows)
    assert all(row.probability.value <= row.probability.high <= 1 + 1e-9 for row in rows)
    seen: dict[str, int] = {}
    for row in rows:  # each below its source
        assert row.depth == (0 if row.infector is None else seen[row.infector] + 1)
        seen[row.case_id] = row.depth
