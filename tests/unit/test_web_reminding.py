"""The door that reminds: the phone that asked, in one length of answer; and nothing is left."""

from __future__ import annotations

import gc
import json
import logging
import struct
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import inspect, select, table, text
from tests.case_world import DAY_MS
from tests.services import HOUR, MINUTE, Clock, seeded
from tests.unit.web_rooms import BEARER, NOW, Client, client_of, message, rooms
from tests.whole_service import WORKER, enrolled, open_case, opened, settings_in

from fortnight.errors import GoneError, RefusedError
from fortnight.isolation.reminder import Position
from fortnight.web.app import create_app
from fortnight.web.reminding import LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response

    from fortnight.service import Service

AWAY: Final = (25.3456789, 54.7654321)  # lon, lat: digits that stand nowhere else
AT_HOME: Final = (25.2123456, 54.6543219)


def asked(client: Client, secret: str = BEARER, **said: float | str | None) -> Response:
    headers = {"authorization": secret, "content-type": "application/json"}
    body = json.dumps({"lon": AWAY[0], "lat": AWAY[1], "accuracy": 12} | said).encode()
    return client.ask("POST", "/api/v1/reminder", headers=headers, content=body)


# -- the doors alone -----------------------------------------------------------------------------


def test_answers_have_one_length_and_one_status_whatever_they_say(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    off = asked(client)
    service.support.reminders.people.add("p1")
    answers = [off, asked(client), asked(client, lat=0.0)]
    assert [one.json()["remind"] for one in answers] == [False, True, False]
    assert {(one.status_code, len(one.content)) for one in answers} == {(200, LENGTH)}
    assert answers[1].json()["words"].startswith("You may have left home")
    assert service.journal.kept == {}


@pytest.mark.parametrize(
    "said",
    [{"lat": 91}, {"lon": "x"}, {"accuracy": 0}, {"time": "2026-03-01T12:00:00"}, {"time": 5}],
)
def test_a_position_that_is_none_is_refused_in_words(tmp_path: Path, said: dict[str, Any]) -> None:
    answer = asked(client_of(rooms(tmp_path)), **said)
    assert answer.status_code == 422
    assert "lon and lat in degrees" in answer.json()["detail"]


def test_a_time_may_be_a_number_or_a_text_and_is_now_without_one(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    asked(client)
    for time in (NOW, "2026-03-01T14:00:00+02:00"):
        asked(client, time=time)
    assert [one.at for one in service.support.reminders.heard] == [NOW] * 3
    assert {one.minute for one in service.support.reminders.heard} == {12 * 60}


@pytest.mark.parametrize("error", [RefusedError("no grant"), GoneError("erased")])
def test_owntracks_is_reminded_where_nothing_is_kept_and_nothing_is_counted(
    tmp_path: Path, error: Exception
) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    service.support.reminders.people.add("p1")
    assert client.track(message()).content == b"[]"  # tracing goes on: kept, and not judged
    assert service.support.reminders.heard == []
    service.journal.raises = error
    told = [client.track(message(), {"accept-language": "ru"}), client.track(message(lat=0.5))]
    assert {len(one.content) for one in told} == {LENGTH}
    (command,) = told[0].json()
    assert (command["_type"], command["action"]) == ("cmd", "action")
    assert command["notification"].startswith("Похоже")
    assert told[1].json() == []
    (event,) = client.track(message(), {"user-agent": "Owntracks-Android/gp/420"}).json()
    assert (event["_type"], event["lat"], event["lon"]) == ("transition", 0.0, 0.0)
    assert "You may have left home" in event["desc"]
    assert "Похоже" in event["desc"]
    heard = service.support.reminders.heard[0]
    assert (round(heard.lon, 5), round(heard.lat, 5), heard.accuracy) == (24.11, 56.95, 12.0)
    assert "no-grant" not in client.get("/metrics").text


def test_whoever_turned_nothing_on_hears_what_everybody_hears(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    service.journal.raises = RefusedError("no grant")
    client = client_of(service)
    assert client.track(message()).content == b"[]"
    assert 'outcome="no-grant"' in client.get("/metrics").text


# -- in the whole service ------------------------------------------------------------------------


@pytest.fixture
def service(world_folder: Path, clock: Clock) -> Iterator[Service]:
    with opened(settings_in(world_folder, clock()), clock, seeded().randbytes) as one:
        yield one


def followed(service: Service, clock: Clock) -> str:
    """Return a person who is asked to stay home, and lets nothing be traced any more."""
    person = enrolled(service, "+37060000001", "trace.phone", "support")
    case_id = open_case(service, "+37060000001", clock() // DAY_MS - 2)
    service.support.followups.begin_case(case_id, WORKER, clock())
    service.consents.withdraw(person, "trace.phone", clock())
    return person


def everything(service: Service) -> dict[str, list[Any]]:
    with service.database.read() as connection:
        return {
            name: [
                tuple(row) for row in connection.execute(select(text("*")).select_from(table(name)))
            ]
            for name in inspect(connection).get_table_names()
        }


def written(folder: Path, number: float) -> list[str]:
    """Return the files that hold a number, however it may have been written."""
    forms = [f"{number}".encode(), struct.pack("<d", number), struct.pack(">d", number)]
    forms += [struct.pack(order, round(number * 1e7)) for order in ("<i", ">i")]
    files = [one for one in folder.rglob("*") if one.is_file()]
    return [one.name for one in files if any(form in one.read_bytes() for form in forms)]


def positions() -> list[Position]:
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, Position)]


def test_of_a_reminder_no_table_no_file_no_log_line_and_no_count_is_left(
    service: Service, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    earlier = positions()  # of other tests, whose rooms remember what they heard
    person = followed(service, clock)
    client = Client(create_app(service))
    app = f"Bearer {service.vault.add_device(person, 'api', clock()).secret}"
    phone = f"Bearer {service.vault.add_device(person, 'owntracks', clock()).secret}"
    service.support.reminders.turn_on(person, *AT_HOME, clock())
    asked(client, app, lon=AT_HOME[0], lat=AT_HOME[1])
    before, said = everything(service), []
    for minute in range(0, 21, 5):
        clock.now += 5 * MINUTE if minute else 0
        said.append(asked(client, app).json()["remind"])
        fix = message(lon=AWAY[0], lat=AWAY[1], tst=clock() // 1_000)
        said.append(client.track(fix, {"authorization": phone}).json() != [])
    assert sum(said) == 1  # once an outing, whichever door heard it
    assert everything(service) == before
    assert not service.waiting()
    counted = client.get("/metrics").text
    assert "fortnight_rows_total{" not in counted

    service.support.reminders.turn(clock() + HOUR)
    assert service.support.reminders.held() == 0
    held = [one for one in positions() if not any(one is other for other in earlier)]
    assert not [one for one in held if round(one.lon, 5) == round(AWAY[0], 5)]
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("fortnight")]
    assert not [line for line in ours if "25.34" in line or "remind" in line]
    service.database.close()
    for number in (*AWAY, *AT_HOME):  # home, too, is there under the person's key alone
        assert written(tmp_path, number) == []


def test_home_is_where_the_phone_says_within_an_hour_of_being_asked(
    service: Service, clock: Clock
) -> None:
    person = followed(service, clock)
    client = Client(create_app(service))
    app = f"Bearer {service.vault.add_device(person, 'api', clock()).secret}"
    reminders = service.support.reminders
    reminders.turn_on_here(person, clock())
    assert reminders.wish(person, clock()) == "waits"
    asked(client, app, accuracy=None)
    asked(client, app, accuracy=400)
    asked(client, app, source="cell")
    asked(client, app, time=clock() - 10 * MINUTE)
    assert reminders.wish(person, clock()) == "waits"
    asked(client, app)
    assert reminders.wish(person, clock()) == "on"
    clock.now += MINUTE
    assert reminders.position(person, Position(clock(), 720, *AWAY, 10.0), clock()) is False
    reminders.turn_off(person, clock())
    assert reminders.wish(person, clock()) == "off"

    reminders.turn_on_here(person, clock())
    clock.now += HOUR
    asked(client, app)
    assert reminders.wish(person, clock()) == "off"
    kinds = [one.kind for one in service.support.record.of_person(person)]
    assert sorted(kinds) == ["begun", "reminder-off", "reminder-on"]
