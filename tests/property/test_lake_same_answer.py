"""A trace through the lake is the library's, however the evidence came."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.databases import new_main
from tests.reference.lakes import DAY, HOUR, Sent, of_world, person_id, tables, waters
from tests.reference.people import Fix
from tests.reference.worlds import questions, worlds

from fortnight.api import question
from fortnight.contact.trace import Case
from fortnight.errors import QuestionError
from fortnight.lake.build import HOURS
from fortnight.lake.days import SOURCES

if TYPE_CHECKING:
    from tests.reference.lakes import Waters
    from tests.reference.people import World

MINUTE = 60_000
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - thousands of syncs


def _midnight(base: date) -> int:
    return int(datetime(base.year, base.month, base.day, tzinfo=UTC).timestamp()) * 1_000


def _signs(people: list[str], begin: int, chance: np.random.Generator) -> Sent:
    """Make up what phones heard, calls and check-ins, most of them around midnights."""

    def instant() -> int:
        near = begin + int(chance.integers(0, 4)) * DAY + int(chance.normal(0, 3 * HOUR))
        return max(begin - 6 * HOUR, near)

    def pair() -> tuple[str, str]:
        one, two = chance.choice(len(people), 2, replace=False).tolist()
        return people[one], people[two]

    count = int(chance.integers(0, 8)) if len(people) > 1 else 0
    encounters = []
    for _ in range(count):
        start = instant()
        level = float(np.float32(chance.uniform(40, 90)))
        encounters.append((*pair(), start, start + int(chance.integers(0, 2)) * HOUR, level))
    ties = [(*pair(), instant(), "call", int(chance.integers(1, 900))) for _ in range(count // 2)]
    visits = []
    for _ in range(int(chance.integers(0, 8))):
        start = instant()
        end = start + int(chance.uniform(1, 300)) * MINUTE
        venue, room = f"v{chance.integers(2)}", (None, "a", "b")[int(chance.integers(3))]
        who = people[int(chance.integers(len(people)))]
        visits.append((who, venue, room, start, end, bool(chance.integers(2))))
    return Sent({}, visits, encounters, ties)


def _fill(water: Waters, sent: Sent, now: int, chance: np.random.Generator) -> None:
    """Send everything in random order, in parts, with drains in between."""
    for person in sorted(sent.people()):
        water.vault.enrol(person)
    arrivals = sent.arrivals(water.vault)
    order = chance.permutation(len(arrivals)).tolist()
    cuts = sorted(chance.integers(0, len(arrivals) + 1, int(chance.integers(0, 4))).tolist())
    for place, k in enumerate(order):
        if place in cuts:
            water.take(now + place)
        person, kind, packed, at = arrivals[k]
        origin = "operator" if kind == "ties" else "phone"
        water.send(person, kind, packed, at, origin)
    water.take(now + len(arrivals))


def _claimed(hearers: tuple[str, ...], *, old: bool) -> float:
    """Return how likely a contact is, through the lake, where some heard a third phone.

    Case and contact are at one place for three hours, and neither phone hears the other. Of an
    ``old`` day it was not noted in which hours phones took part.
    """
    base, people = date(2024, 7, 1), {name: person_id(name) for name in ("case", "one", "third")}
    begin = _midnight(base) + 8 * HOUR
    fixes = {
        people[name]: [
            Fix(begin + k * MINUTE, 12.5, 55.7 + north, 10.0, "gnss") for k in range(0, 180, 2)
        ]
        for name, north in (("case", 0.0), ("one", 1e-5))
    }
    encounters = [
        (people[name], people["third"], at, at, 60.0)
        for at in range(begin, begin + 160 * MINUTE, 4 * MINUTE)
        for name in hearers
    ]
    sent, options = Sent(fixes, [], encounters, []), question(days=3, until=base)
    case, now = Case(people["case"], onset=base), _midnight(base) + 2 * DAY
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        new_main(Path(folder) / "fortnight.db") as database,
    ):
        water = waters(Path(folder), database)
        _fill(water, sent, now, np.random.default_rng(1))
        for path in Path(folder).rglob(SOURCES) if old else ():
            np.save(path, np.load(path)[:, :, :HOURS])
        found = tables(water.trace(case.participant, case, options, now))
    assert found == tables(sent.expected(case, options))
    listed = {row["participant"]: row["probability_contact"] for row in found["contacts"]}
    return float(listed[people["one"]])


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("old", [False, True])
def test_a_phone_that_heard_others_but_not_the_case_makes_a_contact_less_likely(
    *, old: bool
) -> None:
    """That it listened, no sighting of the case says."""
    assert _claimed(("case", "one"), old=old) < _claimed(("case",), old=old) - 0.1


@pytest.mark.usefixtures("kind")
@settings(
    max_examples=50,  # on each kind of database: a hundred worlds a run
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.data(), worlds(), st.integers(0, 2**32 - 1))
def test_a_trace_through_the_lake_is_the_librarys(
    data: st.DataObject, world: tuple[World, date], seed: int
) -> None:
    people, base = world
    chance = np.random.default_rng(seed)
    fixes = of_world(people)
    signs = _signs(sorted(fixes), _midnight(base), chance)
    sent = Sent(fixes, signs.visits, signs.encounters, signs.ties)
    asked = data.draw(questions(people, base))
    case = Case(person_id(asked.case), onset=asked.onset)
    options = question(
        disease=data.draw(st.sampled_from(("covid-19", "covid-19", "measles"))),
        days=asked.days,
        until=data.draw(st.sampled_from((asked.until, None))),
        radius_m=asked.radius_m,
        min_minutes=asked.min_minutes,
        timezone=asked.timezone,
    )
    try:
        expected = sent.expected(case, options)
    except QuestionError:
        return
    now = _midnight(base) + 8 * DAY
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        new_main(Path(folder) / "fortnight.db") as database,
    ):
        water = waters(Path(folder), database)
        _fill(water, sent, now, chance)
        found = water.trace(case.participant, case, options, now)
    assert tables(found) == tables(expected)
