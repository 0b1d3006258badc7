"""The laboratory's doors: tokens by JSON and by FHIR, and errors in FHIR's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.sample_observation import NUMBER, observation
from tests.unit.web_rooms import BEARER, LABORATORY_KEY, Client, client_of, rooms

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

KEY = {"authorization": f"Bearer {LABORATORY_KEY}"}
FHIR = "application/fhir+json"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return client_of(rooms(tmp_path))


def send(client: Client, body: bytes, **headers: str) -> httpx.Response:
    return client.ask(
        "POST", "/fhir/Observation", headers={"content-type": FHIR, **KEY, **headers}, content=body
    )


def issue(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"].startswith(FHIR)
    document = answer.json()
    assert document["resourceType"] == "OperationOutcome"
    (one,) = document["issue"]
    found: dict[str, Any] = one
    return found


def test_a_positive_result_gets_a_token(client: Client) -> None:
    answer = send(client, observation())
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith(FHIR)
    names = {one["system"]: one["value"] for one in answer.json()["identifier"]}
    assert names["urn:fortnight:token"].startswith("fncase-")
    assert names["https://laboratory.example/tests"] == "2026-000123"
    assert NUMBER not in answer.text


def test_a_test_that_is_taken_back_ends_what_it_began(client: Client) -> None:
    send(client, observation())
    answer = send(client, observation(status="entered-in-error"))
    assert (answer.status_code, issue(answer)["severity"]) == (200, "information")
    assert "withdrawn" in issue(answer)["details"]["text"]


def test_a_negative_result_gets_none(client: Client) -> None:
    answer = send(client, observation(valueCodeableConcept={"text": "not detected"}))
    assert (answer.status_code, issue(answer)["code"]) == (200, "informational")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not json", 400, "structure"),
        (b'{"resourceType": "Patient"}', 400, "structure"),
        (observation(status="registered"), 422, "value"),
        (observation(identifier=[]), 422, "required"),
        (b" " * 70_000, 413, "too-long"),
    ],
)
def test_errors_are_operation_outcomes(client: Client, body: bytes, status: int, code: str) -> None:
    answer = send(client, body)
    assert (answer.status_code, issue(answer)["code"]) == (status, code)
    assert issue(answer)["severity"] == "error"


def test_what_the_door_refuses_is_an_operation_outcome_too(client: Client) -> None:
    for headers, status, code in (
        ({"authorization": BEARER}, 401, "login"),
        ({"content-type": "text/plain"}, 415, "not-supported"),
        ({"content-encoding": "gzip"}, 415, "not-supported"),
    ):
        answer = send(client, observation(), **headers)
        assert (answer.status_code, issue(answer)["code"]) == (status, code)


def test_a_number_without_its_country_is_refused_and_not_repeated(client: Client) -> None:
    patient = {"resourceType": "Patient", "id": "patient"}
    telecom = [{"system": "phone", "value": "20000001"}]
    answer = send(client, observation(contained=[patient | {"telecom": telecom}]))
    assert (answer.status_code, issue(answer)["code"]) == (403, "forbidden")
    assert "20000001" not in answer.text


def ask(client: Client, **body: object) -> httpx.Response:
    return client.ask(
        "POST",
        "/api/v1/laboratories/tokens",
        headers={"content-type": "application/json", **KEY},
        content=json.dumps(body).encode(),
    )


def test_a_laboratory_asks_for_a_token(client: Client) -> None:
    answer = ask(client, test="t-1", number=NUMBER)
    assert answer.status_code == 200
    assert answer.json()["token"].startswith("fncase-")
    assert answer.json()["hours"] == 48
    assert ask(client, test="t-1", number="+37120000002").status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"test": "t"}, {"test": "", "number": NUMBER}, {"test": "t", "number": 37120000001}],
)
def test_a_body_of_another_shape_is_refused(client: Client, body: dict[str, object]) -> None:
    answer = ask(client, **body)
    assert (answer.status_code, NUMBER in answer.text) == (422, False)
