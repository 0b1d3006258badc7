"""Evidence over HTTP: what a phone hears, and what is kept."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.secret import SecretBox
from tests.unit.web_rooms import (
    APP,
    BEARER,
    DEVICES,
    NOW,
    PHONE,
    Client,
    Rooms,
    batch,
    client_of,
    fix,
    message,
    rooms,
)

from fortnight.errors import DatabaseError, GoneError, RefusedError
from fortnight.web.bodies import Patience
from fortnight.web.devices import KNOWN_MS, Known, secret_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ARROW = {"content-type": "application/vnd.apache.arrow.stream"}


def kept(service: Rooms, kind: str = "fixes") -> int:
    return sum(rows.kept for (_, of, _), rows in service.journal.kept.items() if of == kind)


def test_a_phone_hears_an_empty_list_and_its_place_is_kept_once(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    for _ in range(3):
        answer = client.track(message())
        assert (answer.status_code, answer.content) == (200, b"[]")
        assert answer.headers["content-type"] == "application/json"
    assert kept(service) == 1
    client.track(message(tst=NOW // 1_000 - 30))
    assert kept(service) == 2


def test_an_encrypted_message_is_opened_with_the_devices_own_key(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    key = service.vault.owntracks_key(DEVICES[PHONE])
    sealed = {
        "_type": "encrypted",
        "data": base64.b64encode(SecretBox(key).encrypt(message())).decode(),
    }
    assert client.track(json.dumps(sealed).encode()).content == b"[]"
    assert kept(service) == 1
    other = base64.b64encode(SecretBox(bytes(32)).encrypt(message())).decode()
    wrong = json.dumps({"_type": "encrypted", "data": other}).encode()
    assert client.track(wrong).content == b"[]"
    assert kept(service) == 1
    assert 'outcome="undecryptable"' in client.get("/metrics").text


STRANGE = [
    b"",
    b"[",
    b"[" * 50_000,
    b"null",
    b"\xff\xfe",
    b'{"_type":"lwt","tst":1}',
    b'{"_type":"transition","event":"enter"}',
    b'{"_type":"waypoints","waypoints":[]}',
    b'{"_type":"location"}',
    b'{"_type":"location","lat":"x","lon":[],"tst":{}}',
    b'{"_type":"location","lat":1e999,"lon":1,"tst":1}',
    b'{"_type":"encrypted","data":"!"}',
    b'{"_type":"encrypted"}',
]


@pytest.mark.parametrize("body", STRANGE)
def test_whatever_an_authenticated_phone_sends_is_answered_alike_and_not_kept(
    tmp_path: Path, body: bytes
) -> None:
    service = rooms(tmp_path)
    answer = client_of(service).track(body)
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert kept(service) == 0


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Return doors that take any number of posts: to make them anew takes longer than to ask."""
    return client_of(rooms(tmp_path_factory.mktemp("patient"), posts_a_minute=100_000))


@settings(deadline=None)
@given(body=st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_no_bytes_make_a_phones_route_fail(patient: Client, body: bytes) -> None:
    assert patient.track(body).content == b"[]"


@pytest.mark.parametrize("error", [RefusedError("no grant"), GoneError("erased")])
def test_a_phone_whose_person_withdrew_is_not_told_to_send_again(
    tmp_path: Path, error: Exception
) -> None:
    service = rooms(tmp_path)
    service.journal.raises = error
    client = client_of(service)
    assert client.track(message()).content == b"[]"
    assert 'outcome="no-grant"' in client.get("/metrics").text


def test_a_phone_keeps_what_a_database_could_not_take(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    service.journal.raises = DatabaseError("The database did not take it.")
    answer = client_of(service).track(message())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")  # iOS drops after 4xx


def test_a_batch_is_kept_and_its_receipt_says_what_became_of_each_row(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    body = batch(fix(), fix(lat=91), "no row", fix(time=NOW + 86_400_000), fix(lon=24.2))
    answer = client.send("fixes", body)
    assert answer.status_code == 200
    assert answer.json() == {
        "batch": "b1",
        "received": 5,
        "kept": 2,
        "refused": {"damaged": 1, "future": 1, "off-globe": 1},
        "examples": [
            {"row": 1, "reason": "off-globe"},
            {"row": 2, "reason": "damaged"},
            {"row": 3, "reason": "future"},
        ],
    }
    assert client.send("fixes", body).content == answer.content
    assert kept(service) == 2


def test_a_batch_of_which_nothing_can_be_kept_is_a_problem_with_a_reason_per_row(
    tmp_path: Path,
) -> None:
    service = rooms(tmp_path)
    answer = client_of(service).send("fixes", batch(fix(lat=91), fix(time="yesterday")))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [
        {"where": "row 0", "reason": "off-globe"},
        {"where": "row 1", "reason": "bad-time"},
    ]
    assert not service.journal.kept


def test_visits_and_encounters_have_their_own_routes(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    visit = {"venue": "v1", "start": NOW - 3_600_000, "end": NOW - 60_000}
    seen = {"seen": "ab" * 16, "time": NOW - 60_000, "attenuation": 55}
    assert client.send("visits", batch(visit, kind="visits")).json()["kept"] == 1
    assert client.send("encounters", batch(seen, kind="encounters")).json()["kept"] == 1
    assert (kept(service, "visits"), kept(service, "encounters")) == (1, 1)


def arrow(metadata: dict[str, str] | None = None, rows: int = 3) -> bytes:
    table = pa.table(
        {
            "time": pa.array([NOW - 1_000 * row for row in range(rows)], pa.int64()),
            "lon": pa.array([24.1] * rows, pa.float64()),
            "lat": pa.array([56.9] * rows, pa.float64()),
        }
    )
    if metadata is not None:
        table = table.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_arrow_batches_are_taken_with_their_name_in_header_or_metadata(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    named = client.send("fixes", arrow(), ARROW | {"idempotency-key": "a1"})
    assert (named.json()["batch"], named.json()["kept"]) == ("a1", 3)
    assert client.send("fixes", arrow({"batch": "a2"}), ARROW).json()["batch"] == "a2"
    large = client.send("fixes", arrow({"batch": "a3"}, 5_000), ARROW)
    assert large.json()["kept"] == 5_000


@pytest.mark.parametrize(
    ("header", "name"), [(None, None), ("a", "b"), (None, ""), (None, "x" * 65), ("a b", None)]
)
def test_a_batch_needs_one_usable_name(
    tmp_path: Path, header: str | None, name: str | None
) -> None:
    service = rooms(tmp_path)
    headers = {} if header is None else {"idempotency-key": header}
    answer = client_of(service).send("fixes", batch(fix(), name=name), headers)
    assert answer.status_code == 422
    assert not service.journal.kept


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 422),
        (b"[" * 100_000, {}, 422),
        (b'{"batch":"a"}', {}, 422),
        (b'{"batch":"a","fixes":7}', {}, 422),
        (b"\xff", {}, 422),
        (b"not arrow", ARROW, 422),
        (batch(fix()), {"content-type": "text/plain"}, 415),
        (batch(fix()), {"content-type": ""}, 415),
        (batch(fix()), {"content-encoding": "gzip"}, 415),
        (batch(fix()), {"content-encoding": "br"}, 415),
    ],
)
def test_a_body_that_cannot_be_used_is_a_problem(
    tmp_path: Path, body: bytes, headers: dict[str, str], status: int
) -> None:
    service = rooms(tmp_path)
    answer = client_of(service).send("fixes", body, headers)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert not service.journal.kept


def test_too_many_rows_are_too_much(tmp_path: Path) -> None:
    service = rooms(tmp_path, max_rows=2)
    assert client_of(service).send("fixes", batch(fix(), fix(), fix())).status_code == 413
    assert client_of(service).send("fixes", batch(fix(), fix())).status_code == 200


def test_without_a_grant_a_batch_is_refused_and_the_app_is_told(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    service.journal.raises = RefusedError("There is no live grant trace.phone.")
    answer = client_of(service).send("fixes", batch(fix()))
    assert answer.status_code == 403
    assert "trace.phone" in answer.json()["detail"]


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_a_body_is_refused_by_its_stated_length_before_it_is_read(tmp_path: Path) -> None:
    reads = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal reads
        reads += 1
        yield b"x"

    answer = client_of(rooms(tmp_path)).track(body(), {"content-length": "9000000"})
    assert (answer.status_code, reads) == (413, 0)


def test_a_body_of_unknown_length_is_refused_while_it_comes(tmp_path: Path) -> None:
    answer = client_of(rooms(tmp_path)).track(in_pieces(*[b"x" * 1_024] * 65))
    assert answer.status_code == 413
    assert client_of(rooms(tmp_path)).track(in_pieces(message())).content == b"[]"


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "9" * 30])
def test_a_length_that_is_none_is_refused(tmp_path: Path, length: str) -> None:
    answer = client_of(rooms(tmp_path)).track(in_pieces(b"x"), {"content-length": length})
    assert answer.status_code in {400, 413}


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    client = client_of(rooms(tmp_path), Patience(silence_s=0.01))
    assert client.track(never()).status_code == 408

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)

    client = client_of(rooms(tmp_path), Patience(whole_s=0.01))
    assert client.track(dripping()).status_code == 408


def test_beacons_need_their_own_yes(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    headers = {"authorization": BEARER}
    answer = client.get("/api/v1/beacons", headers)
    assert list(answer.json()["beacons"]) == ["2026-03-01"]
    service.consents.kinds.clear()
    assert client.get("/api/v1/beacons", headers).status_code == 403


def test_a_device_is_limited_and_others_are_not(tmp_path: Path) -> None:
    service = rooms(tmp_path, posts_a_minute=2)
    service.vault.devices["second"] = replace(DEVICES[PHONE], id="d3")
    client = client_of(service)
    assert [client.track(message()).status_code for _ in range(3)] == [200, 200, 429]
    other = base64.b64encode(b"u:second").decode()
    assert client.track(message(), {"authorization": f"Basic {other}"}).status_code == 200


def test_a_known_secret_is_not_asked_for_each_time_and_not_believed_for_long(
    tmp_path: Path,
) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    for _ in range(5):
        client.track(message())
    assert service.vault.asked == 1
    del service.vault.devices[PHONE]
    service.now += KNOWN_MS
    assert client.track(message()).status_code == 401


def test_what_was_remembered_elsewhere_is_not_asked_for() -> None:
    asked: list[str] = []

    def ask(secret: str) -> str:
        asked.append(secret)
        return secret

    async def run() -> None:
        known = Known(ask, recall={"warm": "device"}.get)
        assert await known.of("warm", NOW) == "device"
        assert await known.of("cold", NOW) == "cold"

    asyncio.run(run())
    assert asked == ["cold"]


def test_guesses_push_no_known_secret_out() -> None:
    asked: list[str] = []

    def ask(secret: str) -> str | None:
        asked.append(secret)
        return secret if secret.startswith("known") else None

    async def run() -> None:
        known = Known(ask, most=2)
        for secret in ["known-1", *(f"guess-{place}" for place in range(9)), "known-1"]:
            await known.of(secret, NOW)
        assert asked.count("known-1") == 1
        for place in range(9):
            await known.of(f"known-{place}", NOW)
        assert len(known) == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer  abc ", "abc"),
        (b"Basic " + base64.b64encode(b"user:a:b"), "a:b"),
        (b"Basic " + base64.b64encode(b"user"), None),
        (b"Basic " + base64.b64encode("user:\u00e9".encode()), None),
        (b"Basic %%%", None),
        (b"Digest abc", None),
        (b"", None),
        (b"Bearer " + b"x" * 2_000, None),
    ],
)
def test_a_secret_is_found_in_either_form(header: bytes, secret: str | None) -> None:
    assert secret_of(header) == secret


def test_a_tracker_and_an_app_have_their_own_routes(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    assert client.track(message(), {"authorization": f"Bearer {APP}"}).status_code == 403
    answer = client.send("fixes", batch(fix()), {"authorization": f"Bearer {PHONE}"})
    assert answer.status_code == 403
    assert not service.journal.kept
