"""The doors with the rooms behind them, on both kinds of database."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from nacl.secret import SecretBox
from sqlalchemy import func, select
from tests.integration.web_service import Doors, doors
from tests.services import NOON
from tests.unit.web_rooms import Client, batch, fix, message

from fortnight.db.tables import arrival
from fortnight.vault.people import Device
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services import Stores

ANNA, BORIS = "+37120000001", "+37120000002"


@pytest.fixture
def service(stores: Stores) -> Iterator[Doors]:
    with doors(stores) as opened:
        yield opened


@pytest.fixture
def client(service: Doors) -> Client:
    return Client(create_app(service))


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def basic(secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"phone:{secret}".encode()).decode()}


def rows(service: Doors) -> int:
    """Return how many rows are stored."""
    with service.database.read() as connection:
        return connection.scalar(select(func.coalesce(func.sum(arrival.c.rows), 0))) or 0


def test_what_a_phone_sends_is_stored_once_and_only_while_its_person_agrees(
    service: Doors, client: Client
) -> None:
    person = service.person(ANNA, "trace.phone")
    tracker = service.tracker(person)
    key = service.vault.owntracks_key(Device(tracker.id, person, "owntracks"))
    data = base64.b64encode(SecretBox(key).encrypt(message(tst=NOON // 1_000 - 90))).decode()
    sealed = json.dumps({"_type": "encrypted", "data": data}).encode()
    for body in (message(), message(), sealed, sealed):
        answer = client.track(body, basic(tracker.secret))
        assert (answer.status_code, answer.content) == (200, b"[]")
    assert rows(service) == 2
    service.consents.withdraw(person, "trace.phone", NOON)
    later = client.track(message(tst=NOON // 1_000 - 30), basic(tracker.secret))
    assert (later.content, rows(service)) == (b"[]", 2)


def test_a_batch_has_the_same_receipt_each_time(service: Doors, client: Client) -> None:
    app = service.app(service.person(ANNA, "trace.phone"))
    body = batch(fix(), fix(lat=91), fix(time=NOON - 1_000))
    answers = [client.send("fixes", body, bearer(app.secret)) for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert (answers[0].status_code, answers[0].json()["kept"], rows(service)) == (200, 2, 2)


def test_without_a_grant_nothing_is_stored(service: Doors, client: Client) -> None:
    app = service.app(service.person(ANNA))
    assert client.send("fixes", batch(fix()), bearer(app.secret)).status_code == 403
    assert client.get("/api/v1/beacons", bearer(app.secret)).status_code == 403
    assert rows(service) == 0


def test_a_revoked_device_and_an_erased_person_are_strangers(
    service: Doors, client: Client, stores: Stores
) -> None:
    person = service.person(ANNA, "trace.phone", "trace.bluetooth")
    app, other = service.app(person), service.app(person)
    assert client.get("/api/v1/beacons", bearer(app.secret)).status_code == 200
    service.vault.revoke_device(person, app.id, NOON)
    stores.clock.advance(60_000)
    assert client.get("/api/v1/beacons", bearer(app.secret)).status_code == 401
    assert client.send("fixes", batch(fix()), bearer(other.secret)).status_code == 200
    service.vault.destroy_key(person)
    gone = client.send("fixes", batch(fix(), name="b2"), bearer(other.secret))
    assert (gone.status_code, rows(service)) == (410, 1)
    service.vault.forget_rows(person)
    stores.clock.advance(60_000)
    assert client.send("fixes", batch(fix()), bearer(other.secret)).status_code == 401


def test_a_beacon_is_the_same_all_day(service: Doors, client: Client) -> None:
    app = service.app(service.person(ANNA, "trace.bluetooth"))
    first = client.get("/api/v1/beacons", bearer(app.secret)).json()["beacons"]
    assert client.get("/api/v1/beacons", bearer(app.secret)).json()["beacons"] == first
    assert [len(beacon) for beacon in first.values()] == [32]


def test_an_operator_delivers_rows_of_those_who_agreed(service: Doors, client: Client) -> None:
    service.person(ANNA, "trace.operator")
    operator = service.operators.register("Operator", NOON)
    files = (
        f"number,time,lon,lat\n{ANNA},{NOON - 60_000},24.1,56.9\n"
        f"{BORIS},{NOON - 60_000},24.2,56.9\n"
    ).encode()
    manifest = {
        "batch": "d1",
        "files": [{"name": "a.csv", "rows": 2, "sha256": hashlib.sha256(files).hexdigest()}],
    }
    path = f"/api/v1/operators/{operator.id}"
    parts = [
        ("manifest", ("manifest", json.dumps(manifest).encode())),
        ("file", ("a.csv", files)),
    ]
    answers = [
        client.ask("POST", f"{path}/deliveries", headers=bearer(operator.key), files=parts)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert (answers[0].json()["received"], rows(service)) == (2, 1)
    listed = client.get(f"{path}/subscribers", bearer(operator.key))
    assert listed.status_code == 200
    assert ANNA in listed.text
    assert BORIS not in listed.text
