"""What a case hid is not searched; what came late, and from where, is said of each contact."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.databases import new_main
from tests.reference.lakes import (
    DAY,
    HOUR,
    Waters,
    packed_encounters,
    packed_fixes,
    packed_visits,
    person_id,
    waters,
)
from tests.reference.people import Fix
from tests.services import NOON

from fortnight.api import question
from fortnight.contact.trace import Case
from fortnight.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.contact.trace import Trace
    from fortnight.lake.assemble import Assembled

ANNA, BORIS, CLARA = (person_id(name) for name in ("anna", "boris", "clara"))
TODAY = NOON // DAY
MINUTE = 60_000
CASE = Case("the case", onset=date(2026, 3, 1))
ASKED = question(until=date(2026, 3, 2))


@pytest.fixture
def water(world_folder: Path) -> Iterator[Waters]:
    with new_main(world_folder / "fortnight.db") as database:
        made = waters(world_folder, database)
        for person in (ANNA, BORIS, CLARA):
            made.vault.enrol(person)
        yield made


def stay(start: int, minutes: int, lat: float = 56.9) -> bytes:
    return packed_fixes([Fix(start + k * MINUTE, 24.1, lat, 5.0) for k in range(minutes + 1)])


def ask(
    water: Waters, hidden: list[tuple[int, int]] | None = None, sample_at: int | None = None
) -> Assembled:
    own = water.vault.own(ANNA, range(TODAY - 20, TODAY + 1))
    found = water.lake.search(own, CASE, ASKED, hidden or [], NOON)
    names = {BORIS: "b", CLARA: "c", ANNA: "a"}
    return water.lake.assemble(found, water.vault.group(found.rows, names), sample_at)


def minutes(trace: Trace) -> dict[str, float]:
    rows = trace.contacts.to_pylist()
    return {row["participant"]: round(row["minutes"]) for row in rows}


def test_a_hidden_stay_meets_nobody_and_is_not_presumed(water: Waters) -> None:
    start = NOON - 6 * HOUR
    water.send(ANNA, "fixes", stay(start, 240), NOON)
    water.send(BORIS, "fixes", stay(start, 240), NOON)
    water.take(NOON)
    assert minutes(ask(water).trace()) == {"b": 240}
    hidden = [(start + 60 * MINUTE, start + 120 * MINUTE), (start + 120 * MINUTE, start + 3 * HOUR)]
    trace = ask(water, hidden).trace()
    assert minutes(trace) == {"b": 119}
    assert trace.contacts["presumed_minutes"].to_pylist() == [0.0]
    times = [(row["start"], row["end"]) for row in trace.episodes.to_pylist()]
    assert len(times) == 2
    assert minutes(ask(water, [(start, start + 5 * HOUR)]).trace()) == {}


def test_a_hidden_stay_hides_signs_too(water: Waters) -> None:
    heard = (water.vault.beacon(ANNA, TODAY - 1), NOON - DAY, NOON - DAY + HOUR, 45.0)
    water.send(BORIS, "encounters", packed_encounters([heard]), NOON)
    for person in (ANNA, CLARA):
        row = ("bar", None, NOON - DAY, NOON - DAY + HOUR, False)
        water.send(person, "visits", packed_visits([row]), NOON)
    water.take(NOON)
    assert set(minutes(ask(water).trace())) == {"b", "c"}
    assert minutes(ask(water, [(NOON - DAY + 1, NOON - DAY + 2)]).trace()) == {}


def test_a_visit_that_began_before_midnight_is_shared_with_who_came_after(water: Waters) -> None:
    midnight = TODAY * DAY
    for person, start in ((ANNA, midnight - 3 * HOUR), (BORIS, midnight + HOUR)):
        row = ("bar", None, start, midnight + 2 * HOUR, False)
        water.send(person, "visits", packed_visits([row]), NOON)
    water.take(NOON)
    assert ask(water).trace().contacts["visit_minutes"].to_pylist() == [60.0]


def test_rows_say_which_grants_they_need(water: Waters) -> None:
    water.send(ANNA, "fixes", stay(NOON - HOUR, 30), NOON)
    water.send(BORIS, "fixes", stay(NOON - HOUR, 30), NOON, "operator")
    heard = (water.vault.beacon(ANNA, TODAY), NOON, NOON, 45.0)
    water.send(BORIS, "encounters", packed_encounters([heard]), NOON)
    water.take(NOON)
    own = water.vault.own(ANNA, [TODAY])
    (row,) = water.lake.search(own, CASE, ASKED, [], NOON).rows
    pseudonym = water.vault.pseudonym(BORIS, TODAY)
    assert row == (TODAY, pseudonym, True, ("trace.bluetooth", "trace.operator"))


def test_a_phone_counts_where_both_sides_had_one(water: Waters) -> None:
    water.send(ANNA, "fixes", stay(NOON - HOUR, 30), NOON, "upload")
    water.send(BORIS, "fixes", stay(NOON - HOUR, 30), NOON, "phone")
    water.take(NOON)
    assert ask(water).origins == {"b": frozenset({"upload"})}
    water.send(ANNA, "fixes", stay(NOON - HOUR, 31), NOON, "phone")
    water.take(NOON)
    assert ask(water).origins == {"b": frozenset({"upload", "phone"})}


def test_late_is_what_came_after_the_sample_about_the_time_before_it(water: Waters) -> None:
    sample = NOON - 2 * HOUR
    for person in (ANNA, BORIS, CLARA):
        water.send(person, "fixes", stay(NOON - 8 * HOUR, 60), NOON - 7 * HOUR)
        water.send(person, "fixes", stay(NOON - HOUR, 30), NOON)
    water.take(NOON)
    assert ask(water, sample_at=sample).late == frozenset()
    water.send(CLARA, "fixes", stay(NOON - 10 * HOUR, 5), NOON)
    water.take(NOON)
    assert ask(water, sample_at=sample).late == {"c"}
    water.send(BORIS, "fixes", stay(NOON - DAY, 5), NOON)
    water.send(ANNA, "fixes", stay(NOON - DAY, 5), NOON - DAY)
    water.take(NOON)
    assert ask(water, sample_at=sample).late == {"b", "c"}


def test_days_that_are_no_longer_held_are_not_searched(water: Waters) -> None:
    for person in (ANNA, BORIS):
        water.send(person, "fixes", stay(NOON - 3 * DAY, 60), NOON)
    water.take(NOON)
    own = water.vault.own(ANNA, range(TODAY - 20, TODAY + 30))
    assert water.lake.search(own, CASE, ASKED, [], NOON + 11 * DAY).rows
    later = water.lake.search(own, CASE, ASKED, [], NOON + 12 * DAY)
    assert (later.rows, later.held_from_day) == ((), TODAY - 2)


def test_an_empty_lake_says_that_there_is_nothing(water: Waters) -> None:
    with pytest.raises(QuestionError, match="holds none"):
        water.lake.search({}, CASE, question(), [], NOON)
