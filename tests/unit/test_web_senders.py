"""Traccar Client and Overland: what they really send is kept once, and never asked for again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from tests.unit.web_rooms import APP, BEARER, NOW, PHONE, Client, Rooms, client_of, rooms

from fortnight.errors import RefusedError
from fortnight.evidence.packed import unpack_fixes

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

TIME = "2026-03-01T11:58:20.000Z"
SECONDS = NOW // 1_000 - 100
PLACE = {"lat": "56.95", "lon": "24.11", "accuracy": "12"}
OVERLAND: dict[str, Any] = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [24.11, 56.95]},
    "properties": {
        "timestamp": TIME,
        "altitude": 80,
        "speed": 4,
        "horizontal_accuracy": 30,
        "vertical_accuracy": -1,
        "motion": ["driving", "stationary"],
        "battery_state": "charging",
        "battery_level": 0.89,
        "wifi": "",
        "device_id": "phone",
    },
}
"""As https://github.com/aaronpk/Overland-iOS describes it."""
TRACCAR = {
    "location": {
        "timestamp": TIME,
        "coords": {
            "latitude": 56.95,
            "longitude": 24.11,
            "accuracy": 12,
            "speed": 0,
            "heading": 0,
            "altitude": 3,
        },
        "is_moving": False,
        "odometer": 0,
        "event": "motionchange",
        "battery": {"level": 1, "is_charging": False},
        "activity": {"type": "still"},
        "extras": {},
    },
    "device_id": APP,
}
"""As https://www.traccar.org/osmand describes version 9."""


@pytest.fixture
def service(tmp_path: Path) -> Rooms:
    return rooms(tmp_path)


@pytest.fixture
def client(service: Rooms) -> Client:
    return client_of(service)


def overland(client: Client, *features: object, secret: str = BEARER) -> httpx.Response:
    body = json.dumps({"locations": list(features)}).encode()
    return client.ask("POST", "/overland", headers={"authorization": secret}, content=body)


def traccar(client: Client, message: object) -> httpx.Response:
    return client.ask("POST", "/traccar", content=json.dumps(message).encode())


def kept(service: Rooms) -> list[tuple[int, float, float, float]]:
    """Return time, longitude, latitude and accuracy of every fix, in order of time."""
    rows = unpack_fixes([one.packed for one in service.journal.kept.values()])[0]
    columns = (rows.time, rows.lon_e7 / 1e7, rows.lat_e7 / 1e7, rows.accuracy)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_a_batch_of_overland_is_kept_and_answered_as_the_app_waits_for(
    client: Client, service: Rooms
) -> None:
    later = OVERLAND | {
        "properties": OVERLAND["properties"] | {"timestamp": "2026-03-01T11:59:00Z"}
    }
    answer = overland(client, OVERLAND, later)
    assert (answer.status_code, answer.json()) == (200, {"result": "ok"})
    assert [row[0] for row in kept(service)] == [NOW - 100_000, NOW - 60_000]
    assert kept(service)[0][1:] == (24.11, 56.95, 30.0)


def test_places_that_come_again_in_another_batch_are_kept_once(
    client: Client, service: Rooms
) -> None:
    overland(client, OVERLAND)
    overland(client, OVERLAND, OVERLAND)
    assert len(kept(service)) == 1


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        ({}, "not-a-location"),
        (7, "damaged"),
        (OVERLAND | {"geometry": {"type": "Point", "coordinates": [24.1]}}, "not-a-location"),
        (OVERLAND | {"geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}, "not-a-location"),
        (OVERLAND | {"geometry": {"type": "Point", "coordinates": [240.1, 56.9]}}, "off-globe"),
        (OVERLAND | {"geometry": {"type": "Point", "coordinates": ["x", 56.9]}}, "not-a-number"),
        (OVERLAND | {"properties": {"timestamp": "2026-01-01T00:00:00Z"}}, "too-old"),
        (OVERLAND | {"properties": {}}, "bad-time"),
    ],
    ids=["nothing", "no object", "half a point", "an area", "off", "text", "old", "no time"],
)
def test_what_is_no_place_is_counted_and_the_good_beside_it_kept(
    client: Client, service: Rooms, feature: object, reason: str
) -> None:
    assert overland(client, feature, OVERLAND).json() == {"result": "ok"}
    assert len(kept(service)) == 1
    counted = client.get("/metrics").text
    assert reason in counted, counted


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"locations": 3}', b"[" * 99, b"\xff"])
def test_a_batch_that_cannot_be_read_is_let_go(client: Client, service: Rooms, body: bytes) -> None:
    given = {"authorization": BEARER}
    answer = client.ask("POST", "/overland", headers=given, content=body)
    assert (answer.status_code, answer.json()) == (200, {"result": "ok"})
    assert not service.journal.kept


def test_the_newer_traccar_sends_json(client: Client, service: Rooms) -> None:
    answer = traccar(client, TRACCAR)
    assert (answer.status_code, answer.content) == (200, b"")
    assert kept(service) == [(NOW - 100_000, 24.11, 56.95, 12.0)]
    several = [TRACCAR["location"], TRACCAR["location"], {"coords": {}}, 5]
    assert traccar(client, TRACCAR | {"location": several}).status_code == 200
    assert len(kept(service)) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "said",
    [
        {"id": APP, **PLACE, "timestamp": f"{SECONDS}"},
        {"deviceid": APP, **PLACE, "timestamp": f"{SECONDS}000"},
        {"id": APP, "location": "56.95,24.11", "accuracy": "12", "timestamp": TIME},
        {"id": APP, **PLACE, "timestamp": "2026-03-01 11:58:20"},
    ],
    ids=["seconds", "milliseconds", "one location", "text"],
)
def test_the_older_traccar_sends_parameters(
    client: Client, service: Rooms, said: dict[str, str], method: str
) -> None:
    if method == "GET":
        answer = client.get(f"/traccar?{urlencode(said)}")
    else:
        given = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(said).encode()
        answer = client.ask("POST", "/traccar", headers=given, content=body)
    assert answer.status_code == 200, answer.text
    assert kept(service) == [(NOW - 100_000, 24.11, 56.95, 12.0)]


@pytest.mark.parametrize(
    "said",
    [
        {"lat": "1", "lon": "1"},
        {"id": "unknown", "lat": "1", "lon": "1"},
        {"id": PHONE, "lat": "1", "lon": "1"},
        {"id": "ä", "lat": "1", "lon": "1"},
        {},
    ],
    ids=["no name", "unknown", "of another app", "no ASCII", "nothing"],
)
def test_a_phone_that_nobody_knows_is_turned_away(
    client: Client, service: Rooms, said: dict[str, str]
) -> None:
    expected = 403 if said.get("id") == PHONE else 401
    assert client.get(f"/traccar?{urlencode(said)}").status_code == expected
    named = {"device_id": said.get("id"), "location": TRACCAR["location"]}
    assert traccar(client, named).status_code == expected
    assert not service.journal.kept


def test_a_fix_that_the_phone_itself_calls_invalid_is_not_kept(
    client: Client, service: Rooms
) -> None:
    said = {"id": APP, "lat": "56.95", "lon": "24.11", "timestamp": f"{SECONDS}", "valid": "false"}
    assert client.get(f"/traccar?{urlencode(said)}").status_code == 200
    assert not service.journal.kept


def test_without_a_grant_nothing_is_kept_and_the_phone_is_not_told(
    client: Client, service: Rooms
) -> None:
    service.journal.raises = RefusedError("There is no live grant.")
    assert overland(client, OVERLAND).json() == {"result": "ok"}
    assert traccar(client, TRACCAR).status_code == 200
    assert "no-grant" in client.get("/metrics").text


def test_the_wrong_secret_opens_nothing(client: Client) -> None:
    assert overland(client, OVERLAND, secret=f"Bearer {APP}x").status_code == 401
    assert overland(client, OVERLAND, secret=f"Bearer {PHONE}").status_code == 403
