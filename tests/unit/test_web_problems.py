"""Every error has one shape and says nothing that was sent; every answer has its headers."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from litestar import get
from litestar.exceptions import HTTPException, InternalServerException
from tests.unit.web_rooms import BEARER, TRACKER, Rooms, batch, client_of, fix, message, rooms

from fortnight.errors import (
    ConflictError,
    DatabaseError,
    FortnightError,
    GoneError,
    InputError,
    QuestionError,
    RefusedError,
)
from fortnight.web import app as application
from fortnight.web import door
from fortnight.web.logging import configure_logging
from fortnight.web.problems import KINDS, Problem
from fortnight.web.routes import BY_PATH
from fortnight.web.rows import Route
from fortnight.web.security import HEADERS

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

CANARY = "+37120012345 56.949650 24.105190 dGhpcyBpcyBhIHRva2Vu"


def check_shape(answer: httpx.Response) -> Problem:
    """Read a problem, and check that it is one of the closed list."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(answer.content, type=Problem, strict=True)
    kinds = {f"urn:fortnight:problem:{kind.word}": kind for kind in KINDS}
    assert problem.status == answer.status_code == kinds[problem.type].status
    assert problem.title == kinds[problem.type].title
    assert problem.detail
    return problem


def raising(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> tuple[httpx.Response, str]:
    """Return the answer of a route that raises an error, and what was logged."""

    @get("/raises")
    async def raises() -> str:
        raise error

    route = Route("/raises", "GET", "anyone", "none", "nobody", "check", 0, "A test.")
    monkeypatch.setattr(application, "HANDLERS", (*application.HANDLERS, raises))
    monkeypatch.setattr(door, "BY_PATH", {**BY_PATH, ("/raises", "GET"): route})
    lines = StringIO()
    configure_logging(lines)
    return client_of(rooms(tmp_path)).get("/raises"), lines.getvalue()


def test_kinds_have_one_word_and_one_status_each() -> None:
    assert len({kind.word for kind in KINDS}) == len({kind.status for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError("Not done."), 403),
        (GoneError("Erased."), 410),
        (ConflictError("Contradicts."), 409),
        (InputError("Unusable."), 422),
        (QuestionError("Unusable."), 422),
        (DatabaseError("Not there."), 503),
    ],
)
def test_errors_of_ours_keep_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: FortnightError, status: int
) -> None:
    answer, logged = raising(tmp_path, monkeypatch, error)
    assert check_shape(answer).detail == str(error)
    assert (answer.status_code, logged) == (status, "")
    assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        KeyError(CANARY),
        FortnightError(CANARY),
        InternalServerException(CANARY),
        HTTPException(CANARY, status_code=418),
    ],
)
def test_an_error_that_nobody_foresaw_says_nothing_and_logs_its_place_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    answer, logged = raising(tmp_path, monkeypatch, error)
    assert check_shape(answer).status == 500
    line = json.loads(logged)
    assert (line["event"], line["fault"]) == ("a request failed", type(error).__name__)
    assert any("test_web_problems" in place for place in line["places"])
    for word in CANARY.split():
        assert word not in answer.text + str(answer.headers) + logged


def places(service: Rooms) -> list[httpx.Response]:
    """Return one answer of each kind that can be had from outside."""
    client = client_of(service)
    own = {"authorization": BEARER}
    return [
        client.get("/nothing/here"),
        client.get("/owntracks"),
        client.ask("DELETE", "/api/v1/fixes", headers=own),
        client.ask("HEAD", "/healthz"),
        client.track(message(), {"authorization": "Bearer wrong"}),
        client.get("/api/v1/beacons", {"authorization": TRACKER}),
        client.send("fixes", b"{"),
        client.send("fixes", batch(fix()), {"content-encoding": "gzip"}),
        client.get("/log/checkpoint"),
        client.get("/log/tile/../../keys"),
        client.get("/log/tile/%2e%2e/%2e%2e/keys"),
        client.get("/log/tile/0/000%00"),
        client.get("/schema"),
        client.get("/readyz"),
        client.get("/healthz"),
        client.get("/openapi.json"),
        client.track(message()),
    ]


def test_every_answer_has_the_headers_and_every_problem_the_shape(tmp_path: Path) -> None:
    statuses = set[int]()
    for answer in places(rooms(tmp_path)):
        statuses.add(answer.status_code)
        for name, value in HEADERS:
            assert answer.headers.get_list(name.decode()) == [value.decode()]
        if answer.status_code >= 400 and answer.request.method != "HEAD":
            check_shape(answer)
    assert statuses == {200, 401, 403, 404, 405, 415, 422}


def test_a_policy_allows_nothing_and_nothing_is_cached() -> None:
    headers = dict(HEADERS)
    assert b"default-src 'none'" in headers[b"content-security-policy"]
    assert b"unsafe" not in headers[b"content-security-policy"]
    assert headers[b"cache-control"] == b"no-store"


def test_a_wrong_method_is_told_the_right_one(tmp_path: Path) -> None:
    answer = client_of(rooms(tmp_path)).get("/owntracks")
    assert "POST" in answer.headers["allow"]


def test_what_was_sent_is_never_said_back(tmp_path: Path) -> None:
    client = client_of(rooms(tmp_path))
    canary = "37120012345"
    hostile: dict[str, Any] = {canary: canary, "time": canary}
    answers = [
        client.get(f"/{canary}"),
        client.get(f"/log/tile/{canary}"),
        client.send("fixes", batch(hostile, name=canary * 9)),
        client.send("fixes", batch(hostile)),
        client.send("fixes", canary.encode()),
        client.track(message(), {"authorization": f"Bearer {canary}"}),
        client.get(f"/api/v1/operators/{canary}/subscribers", {"authorization": canary}),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert canary not in answer.text + str(answer.headers)
    assert canary not in client.get("/metrics").text
