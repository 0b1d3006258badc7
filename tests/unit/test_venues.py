"""Venues and visits: codes, check-out by itself, and a visit that is forgotten wherever it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, seeded
from tests.whole_service import enrolled, opened, settings_in

from fortnight.arrivals.never_sent import Hours, NeverSent
from fortnight.db.tables import arrival, receipt
from fortnight.errors import GoneError, QuestionError, RefusedError
from fortnight.venues.posters import NewVenue
from fortnight.venues.rules import ALPHABET, code_in, due_at, new_code, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.service import Service

ZONE = ZoneInfo("Europe/Riga")
CAFE = NewVenue("Café at the corner", "food", ("Terrace", "Hall"), 22 * 60, 120)
PERSON, OTHER = "+37120000001", "+37120000002"


@given(st.integers(0, 2**32))
def test_a_code_is_read_however_it_was_typed(seed: int) -> None:
    code = new_code(seeded(seed).randbytes)
    assert set(code) <= set(ALPHABET)
    for typed in (code, shown(code), code.lower(), " ".join(code), f" {shown(code)}. "):
        assert code_in(typed) == code


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFG0", "ABCDEFGHJ", "ÄBCDEFGH"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert code_in(typed) is None


@given(
    st.integers(0, 40 * 24 * 60),
    st.none() | st.integers(0, 1_439),
    st.integers(10, 1_440),
)
def test_a_visit_ends_by_itself_at_the_closing_or_after_as_long_as_people_stay(
    minutes: int, closes: int | None, stays: int
) -> None:
    start = NOON + minutes * MINUTE
    end = due_at(start, closes, stays, ZONE)
    assert start < end <= start + stays * MINUTE
    if end < start + stays * MINUTE:
        local = datetime.fromtimestamp(end / 1_000, tz=UTC).astimezone(ZONE)
        assert local.hour * 60 + local.minute == closes
    elif closes is not None:
        between = range(start // MINUTE + 1, end // MINUTE)
        walls = (datetime.fromtimestamp(at * 60, tz=UTC).astimezone(ZONE) for at in between)
        assert closes not in {wall.hour * 60 + wall.minute for wall in walls}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(world_folder: Path, clock: Clock) -> Iterator[Service]:
    settings = settings_in(world_folder, NOON, zone="Europe/Riga")
    with opened(settings, clock, seeded().randbytes) as made:
        yield made


def spot_of(service: Service, room: str = "Hall") -> str:
    made = service.venues.add(CAFE, "ann", service.clock())
    return next(one.code for one in service.venues.of(made) if one.room == room)


def visit(service: Service, person: str, code: str, clock: Clock, minutes: int = 60) -> str:
    made = service.visits.begin(person, service.venues.spot(code), clock())
    clock.advance(minutes * MINUTE)
    service.visits.leave(person, clock())
    return made


def in_the_lake(service: Service) -> list[tuple[str, str, int]]:
    """Read every file of visits on disk: venue, room, and how long."""
    files = sorted((service.settings.home / "lake").glob("*-visits-*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [(row["venue"], row["room"], row["end"] - row["start"]) for row in rows]


def bytes_of_the_lake(service: Service) -> bytes:
    """Return every byte of every index, and every text of every file."""
    folder = service.settings.home / "lake"
    files = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".parquet"]
    texts = [str(row) for row in in_the_lake(service)]
    return b"".join([*(file.read_bytes() for file in files), "".join(texts).encode()])


def file_away(service: Service) -> None:
    service.drain.drain(service.clock())
    service.days.refresh(service.clock())


def test_a_visit_is_kept_when_it_ends_and_is_one_row_of_evidence(
    service: Service, clock: Clock
) -> None:
    person = enrolled(service, PERSON, "trace.visits")
    code = spot_of(service)
    service.visits.begin(person, service.venues.spot(shown(code).lower()), clock())
    file_away(service)
    assert in_the_lake(service) == []
    clock.advance(HOUR)
    service.visits.leave(person, clock())
    file_away(service)
    venue = service.venues.spot(code).venue
    assert in_the_lake(service) == [(venue, "Hall", HOUR)]


def test_who_forgets_to_leave_is_taken_to_have_left(service: Service, clock: Clock) -> None:
    person = enrolled(service, PERSON, "trace.visits")
    service.visits.begin(person, service.venues.spot(spot_of(service)), clock())
    clock.advance(90 * MINUTE)
    service.visits.turn(clock())
    assert service.visits.of(person)[0].due_at is not None
    clock.advance(31 * MINUTE)
    service.visits.turn(clock())
    service.visits.turn(clock())
    file_away(service)
    assert [row[2] for row in in_the_lake(service)] == [120 * MINUTE]


def test_to_check_in_elsewhere_is_to_leave(service: Service, clock: Clock) -> None:
    person = enrolled(service, PERSON, "trace.visits")
    first, second = spot_of(service), spot_of(service)
    service.visits.begin(person, service.venues.spot(first), clock())
    clock.advance(20 * MINUTE)
    service.visits.begin(person, service.venues.spot(second), clock())
    going_on = [one.due_at is not None for one in service.visits.of(person)]
    assert going_on == [True, False]


@pytest.mark.parametrize("is_filed", [False, True], ids=["waiting", "in the lake"])
def test_a_visit_that_is_forgotten_is_gone_from_arrivals_lake_and_index(
    service: Service, clock: Clock, *, is_filed: bool
) -> None:
    person, other = (enrolled(service, one, "trace.visits") for one in (PERSON, OTHER))
    hidden, stays = spot_of(service), spot_of(service)
    gone, kept = (service.venues.spot(one).venue for one in (hidden, stays))
    made = visit(service, person, hidden, clock)
    visit(service, person, stays, clock)
    visit(service, other, stays, clock, minutes=30)
    if is_filed:
        file_away(service)
        assert gone.encode() in bytes_of_the_lake(service)
    service.visits.forget(person, made, clock())
    file_away(service)
    assert sorted(in_the_lake(service)) == [(kept, "Hall", 30 * MINUTE), (kept, "Hall", HOUR)]
    assert gone.encode() not in bytes_of_the_lake(service)
    with service.database.read() as connection:
        assert connection.scalars(select(arrival.c.id)).all() == []
        assert f"visit-{made}" not in connection.scalars(select(receipt.c.batch)).all()
    assert [one.said.venue for one in service.visits.of(person)] == [kept]
    for file in service.settings.home.glob("fortnight.db*"):
        assert made.encode() not in file.read_bytes()
    with pytest.raises(GoneError):
        service.visits.forget(person, made, clock())


def test_nobody_forgets_what_is_another_s(service: Service, clock: Clock) -> None:
    person, other = (enrolled(service, one, "trace.visits") for one in (PERSON, OTHER))
    made = visit(service, person, spot_of(service), clock)
    with pytest.raises(GoneError):
        service.visits.forget(other, made, clock())
    assert len(service.visits.of(person)) == 1


def test_without_a_yes_to_visits_there_is_none(service: Service, clock: Clock) -> None:
    person = enrolled(service, PERSON, "trace.phone")
    with pytest.raises(RefusedError):
        service.visits.begin(person, service.venues.spot(spot_of(service)), clock())
    assert service.visits.of(person) == []


def test_in_an_hour_that_is_never_sent_nobody_checks_in_nor_stays(
    service: Service, clock: Clock
) -> None:
    person = enrolled(service, PERSON, "trace.visits")
    code = spot_of(service)
    service.choices.choose(person, NeverSent((Hours(14 * 60, 15 * 60),)), clock())  # it is 14:00
    with pytest.raises(QuestionError):
        service.visits.begin(person, service.venues.spot(code), clock())
    service.choices.choose(person, NeverSent((Hours(15 * 60, 16 * 60),)), clock())
    visit(service, person, code, clock, minutes=90)
    file_away(service)
    assert in_the_lake(service) == []
    assert service.visits.of(person) == []
    assert service.choices.counts(person) == {NOON // DAY: 1}


@pytest.mark.parametrize(
    "new",
    [
        NewVenue("", "food", (), None, 60),
        NewVenue("x", "prison", (), None, 60),
        NewVenue("x", "food", ("a", "a"), None, 60),
        NewVenue("x", "food", ("",), None, 60),
        NewVenue("x", "food", (), 1_440, 60),
        NewVenue("x", "food", (), None, 5),
    ],
    ids=["no name", "no such kind", "a room twice", "a room without a name", "no time", "short"],
)
def test_a_venue_that_cannot_be_is_refused_with_what_to_do(new: NewVenue) -> None:
    with pytest.raises(QuestionError):
        new.check()


def test_an_ended_venue_opens_nothing(service: Service, clock: Clock) -> None:
    made = service.venues.add(CAFE, "ann", clock())
    code = service.venues.of(made)[0].code
    service.venues.end(made, clock())
    with pytest.raises(QuestionError):
        service.venues.spot(code)
    with pytest.raises(GoneError):
        service.venues.end(made, clock())
    assert service.venues.names([made]) == {made: CAFE.name}
