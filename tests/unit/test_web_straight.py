"""The doors of phones answer without the framework what they answer with it, byte for byte."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from litestar import Litestar
from tests.unit.web_rooms import (
    APP,
    BEARER,
    NOW,
    PHONE,
    TRACKER,
    Client,
    Rooms,
    batch,
    fix,
    message,
    rooms,
)

from fortnight.errors import ConflictError, DatabaseError, GoneError, RefusedError
from fortnight.web.app import create_app
from fortnight.web.straight import TAKES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    Asked = tuple[str, str, dict[str, str], bytes]

JSON = {"content-type": "application/json"}
VISIT = {"venue": "v1", "start": NOW - 3_600_000}
SEEN = {"seen": "ab" * 16, "time": NOW - 60_000, "attenuation": 55}
PHONES = {"authorization": TRACKER}
APPS = {"authorization": BEARER} | JSON
ASKED: dict[str, Asked] = {
    "message": ("POST", "/owntracks", PHONES, message()),
    "message-that-is-none": ("POST", "/owntracks", PHONES, b"["),
    "no-secret": ("POST", "/owntracks", {}, message()),
    "unknown-secret": ("POST", "/owntracks", {"authorization": "Bearer x"}, message()),
    "secret-of-an-app": ("POST", "/owntracks", {"authorization": f"Bearer {APP}"}, message()),
    "secret-of-a-phone": ("POST", "/api/v1/fixes", {"authorization": f"Bearer {PHONE}"}, b"{}"),
    "too-large": ("POST", "/owntracks", PHONES, b"x" * 70_000),
    "no-length": ("POST", "/owntracks", PHONES | {"content-length": "x"}, b"{}"),
    "compressed": ("POST", "/owntracks", PHONES | {"content-encoding": "gzip"}, b"{}"),
    "fixes": ("POST", "/api/v1/fixes", APPS, batch(fix(), fix(lat=91))),
    "named-twice": ("POST", "/api/v1/fixes", APPS | {"idempotency-key": "b"}, batch(fix())),
    "nothing-kept": ("POST", "/api/v1/fixes", APPS, batch(fix(lat=91))),
    "no-json": ("POST", "/api/v1/fixes", APPS, b"{"),
    "wrong-type": ("POST", "/api/v1/fixes", APPS | {"content-type": "text/plain"}, b"{}"),
    "visits": ("POST", "/api/v1/visits", APPS, batch(VISIT, kind="visits")),
    "encounters": ("POST", "/api/v1/encounters", APPS, batch(SEEN, kind="encounters")),
    "query": ("POST", "/owntracks?u=a&d=b", PHONES, message()),
    "get": ("GET", "/owntracks", PHONES, b""),
    "head": ("HEAD", "/owntracks", PHONES, b""),
    "options": ("OPTIONS", "/owntracks", {}, b""),
    "slash": ("POST", "/owntracks/", PHONES, message()),
}


def both(service: Rooms) -> tuple[Client, Client]:
    """Return a client of the doors as they are served, and one of the framework's alone."""
    framework: Any = partial(Litestar.__call__, create_app(service))
    return Client(create_app(service)), Client(cast("Litestar", framework))


def answered(client: Client, asked: Asked) -> tuple[int, list[tuple[str, str]], bytes]:
    method, path, headers, content = asked
    answer = client.ask(method, path, headers=headers, content=content)
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


def counts(client: Client) -> list[str]:
    lines = client.get("/metrics").text.splitlines()
    return sorted(
        one for one in lines if one.startswith(("fortnight_answers_total", "fortnight_rows_total"))
    )


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
def test_both_ways_answer_and_count_the_same(tmp_path: Path, asked: Asked) -> None:
    straight, framework = both(rooms(tmp_path))
    assert answered(straight, asked) == answered(framework, asked)
    assert counts(straight) == counts(framework) != []


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("no grant"),
        GoneError("erased"),
        ConflictError("there"),
        DatabaseError("not taken"),
        ValueError("nobody foresaw it"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_both_ways_answer_errors_the_same(tmp_path: Path, error: Exception) -> None:
    service = rooms(tmp_path)
    service.journal.raises = error
    straight, framework = both(service)
    for name in ("message", "fixes"):
        assert answered(straight, ASKED[name]) == answered(framework, ASKED[name])
    assert counts(straight) == counts(framework)


def test_both_ways_are_limited_the_same(tmp_path: Path) -> None:
    straight, framework = both(rooms(tmp_path, posts_a_minute=2))
    answers = [
        [answered(client, ASKED["message"]) for _ in range(4)] for client in (straight, framework)
    ]
    assert answers[0] == answers[1]
    assert [status for status, _, _ in answers[0]] == [200, 200, 429, 429]


def test_both_ways_refuse_a_body_of_unknown_length_while_it_comes(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b"x" * 1_024

    straight, framework = both(rooms(tmp_path))
    assert straight.track(pieces()).status_code == framework.track(pieces()).status_code == 413


def test_what_is_taken_straight_is_what_phones_send() -> None:
    assert sorted(TAKES) == [
        "/api/v1/encounters",
        "/api/v1/fixes",
        "/api/v1/visits",
        "/owntracks",
    ]
