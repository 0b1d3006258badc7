"""Quiet hours where people are: in any zone, across its changes of clocks and the date line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.case_world import FakeGateway
from tests.databases import new_main
from tests.services import HOUR, Clock, seeded
from tests.support_world import Following

from fortnight.db.message_tables import own_zone
from fortnight.db.tables import message
from fortnight.errors import QuestionError
from fortnight.notify.pace import Pace
from fortnight.notify.templates import Template
from fortnight.notify.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fortnight.db.engine import Database

ZONES: Final = sorted(one for one in available_timezones() if "/" in one)
FAR_APART: Final = (
    "Pacific/Kiritimati",  # 14 h before UTC
    "Pacific/Pago_Pago",  # 11 h after it: the same clocks, a day apart
    "Pacific/Chatham",  # changes its clocks by an hour, and is three quarters off
    "Australia/Lord_Howe",  # changes them by half an hour
    "America/St_Johns",
    "Asia/Kathmandu",
    "Europe/Moscow",
)
CHANGES: Final = (  # clocks change on these days, in one hemisphere or the other
    datetime(2026, 3, 7, 12, tzinfo=UTC),
    datetime(2026, 4, 4, 3, tzinfo=UTC),
    datetime(2026, 9, 26, 3, tzinfo=UTC),
    datetime(2026, 10, 31, 12, tzinfo=UTC),
)
instants = st.integers(0, 2_145_916_800_000)  # 1970 to 2037


def hour(now: int, zone: str) -> int:
    return datetime.fromtimestamp(now / 1_000, ZoneInfo(zone)).hour


def is_night(now: int, zone: str) -> bool:
    return not 8 <= hour(now, zone) < 21


@pytest.fixture
def database(world_folder: Path) -> Iterator[Database]:
    with new_main(world_folder / "fortnight.db") as opened:
        yield opened


@given(instants, st.sampled_from(ZONES))
def test_a_night_ends_in_the_morning_there_and_within_a_day_and_a_half(now: int, zone: str) -> None:
    pace, there = Pace(), ZoneInfo(zone)
    assert pace.is_quiet(now, there) == is_night(now, zone)
    morning = pace.morning(now, there)
    assert not is_night(morning, zone)
    assert 0 < morning - now < 36 * HOUR  # on the day that Samoa left out, a day more


@settings(deadline=None)  # the first of them collects the names
@given(st.sampled_from(ZONES), st.sampled_from((str.upper, str.lower, str.title)))
def test_a_zone_is_known_by_its_name_in_any_letters(
    zone: str, written: Callable[[str], str]
) -> None:
    said = written(zone.replace("_", " "))
    if zone.startswith(("Etc/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")):
        return  # old names of some of the others, and none of a place
    assert zone_named(f" {said} ") == zone


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Москва", "Europe/Moscow"),
        ("нью-йорк", "America/New_York"),
        ("موسكو", "Europe/Moscow"),
    ],
)
def test_a_zone_is_known_by_its_city_in_our_languages(said: str, zone: str) -> None:
    assert zone_named(said) == zone


@settings(deadline=None)  # as above
@given(st.text(max_size=80))
def test_what_is_no_zone_is_refused_with_help(said: str) -> None:
    try:
        assert zone_named(said) in ZONES
    except QuestionError as error:
        assert "Type a large city with the same time" in str(error)  # noqa: PT017 - either may be


def test_a_slip_of_the_pen_is_answered_with_the_zone_that_was_meant() -> None:
    with pytest.raises(QuestionError, match=r"Did you mean Asia/Novosibirsk\?"):
        zone_named("Novosibrsk")


@pytest.mark.parametrize("start", CHANGES, ids=lambda one: one.date().isoformat())
def test_nobody_is_texted_at_night_where_they_are_and_nothing_is_lost(
    database: Database, start: datetime
) -> None:
    """Two days hour by hour, over a change of clocks, with people all around the globe."""
    clock = Clock(round(start.timestamp()) * 1_000)
    office = Following(database, clock, seeded(start.day).randbytes)
    queued: dict[str, str] = {}
    with database.write() as connection:
        for place, zone in enumerate((*FAR_APART, "")):
            person = f"{start.day:02}{place:02}".ljust(32, "f")
            office.fake.enrol(f"+3706100{start.day:02}{place:02}", person, "en")
            office.followups.zones.choose(connection, person, zone or None, clock())
            key = f"{start.day} {zone}"
            queued[
                office.outbox.queue(
                    connection, person, key, Template.PLEASE_CALL, {}, None, clock()
                )
            ] = zone or "UTC"
    for row in queued:
        office.grant(person_of(database, row), "notify")
    gateway = FakeGateway(window=10)
    for _ in range(48):
        before = len(gateway.taken)
        office.outbox.drain(gateway, clock())
        for text in gateway.taken[before:]:
            assert not is_night(clock(), queued[text.id]), queued[text.id]
        clock.advance(HOUR)
    assert sorted(text.id for text in gateway.taken) == sorted(queued)


def person_of(database: Database, text: str) -> str:
    with database.read() as connection:
        return str(connection.scalar(select(message.c.person).where(message.c.id == text)))


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(FAR_APART), st.integers(0, 23))
def test_the_days_question_comes_in_the_morning_where_they_are(
    world_folders: pytest.TempPathFactory, zone: str, moves_at: int
) -> None:
    """They say so at some hour of a day; from then on the day and its hours are those there."""
    with new_main(world_folders.mktemp("question") / "fortnight.db") as database:
        asked_where_they_are(database, zone, moves_at)


def asked_where_they_are(database: Database, zone: str, moves_at: int) -> None:
    office = Following(database, Clock(), seeded().randbytes)
    follow_up = office.followed()
    office.at(moves_at, days=1)
    office.followups.choose_zone(office.contact, zone, office.clock())
    moved = office.clock()
    for _ in range(3 * 24):
        office.clock.advance(HOUR)
        office.support.turn(office.clock())
    asked = [row for row in office.messages() if row.template.startswith("question")]
    for row in asked:
        if row.made_at > moved:
            assert not is_night(row.made_at, zone)
    first = [row.made_at for row in asked if row.template == "question" and row.made_at > moved]
    local = [datetime.fromtimestamp(at / 1_000, ZoneInfo(zone)) for at in first]
    assert len({one.date() for one in local}) == len(local) >= 2
    assert all(one.hour >= 10 for one in local)
    assert follow_up


def test_a_zone_is_sealed_and_goes_back_to_the_districts(database: Database) -> None:
    office = Following(database, Clock(), seeded(3).randbytes)
    zones = office.followups.zones
    office.followups.choose_zone(office.contact, "moscow", office.clock())
    with database.read() as connection:
        (row,) = connection.execute(
            select(own_zone).where(own_zone.c.person == office.contact)
        ).all()
    assert row.sealed == office.fake.seal(office.contact, b"Europe/Moscow", b"time zone")
    assert zones.chosen(office.contact) == "Europe/Moscow"
    office.fake.gone.add(office.contact)
    assert zones.of(office.contact) == zones.district
    office.fake.gone.clear()
    office.followups.choose_zone(office.contact, "", office.clock())
    assert zones.chosen(office.contact) is None
    lines = office.support.record.of_person(office.contact)
    kinds = [one.detail for one in lines if one.kind == "time-zone"]
    assert sorted(kinds) == ["district-time", "own-time"]  # of one instant


def test_at_night_in_the_district_it_may_be_day_where_they_are(database: Database) -> None:
    start = datetime(2026, 7, 1, 23, tzinfo=UTC)
    clock = Clock(round(start.timestamp()) * 1_000)
    office = Following(database, clock, seeded(4).randbytes)
    office.followups.choose_zone(office.contact, "Asia/Tokyo", clock())
    with database.write() as connection:
        office.outbox.queue(
            connection, office.contact, "tokyo", Template.PLEASE_CALL, {}, None, clock()
        )
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, clock()).sent == 1
    assert hour(clock(), "Asia/Tokyo") == 8
