"""Uploads and exports through the office's own pages, in the whole service."""

from __future__ import annotations

import io
import json
import re
import time
from html import unescape
from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient
from tests.intake_world import as_csv
from tests.services import seeded
from tests.staff_world import Colleague, colleague
from tests.whole_service import code_sent, enrolled, opened, settings_in

from fortnight.exchange.exports import FORMS
from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from litestar import Litestar

    from fortnight.service import Service


@pytest.fixture
def service(world_folder: Path) -> Iterator[Service]:
    now = round(time.time() * 1_000)
    with opened(settings_in(world_folder, now), lambda: now, seeded().randbytes) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(service)) as asked:
        yield asked


def rows(service: Service, count: int) -> list[tuple[str, ...]]:
    now = service.clock()
    key = service.laboratories.register("Laboratory", now).key
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1_000))
    numbers = [f"+3712000{place:04d}" for place in range(count)]
    tokens = [service.laboratories.issue(key, number, number, now) for number in numbers]
    pairs = zip(tokens, numbers, strict=True)
    return [(token, number, "covid-19", "", day, "") for token, number in pairs]


def upload(
    client: TestClient[Litestar], who: Colleague, content: bytes, token: str | None = None
) -> httpx.Response:
    kept = {k: v for k, v in who.headers.items() if k not in {"content-type", "x-csrf-token"}}
    return client.post(
        "/office/intake",
        data={"csrf": who.csrf if token is None else token},
        files={"file": ("cases.csv", content)},
        headers=kept,
        follow_redirects=False,
    )


def ended(client: TestClient[Litestar], service: Service, who: Colleague, path: str) -> str:
    upload_id = path.rpartition("/")[2].partition("?")[0]
    end = time.monotonic() + 30
    while service.intake.progress(upload_id).state == "running" and time.monotonic() < end:
        time.sleep(0.02)  # a thread of the service reads it
    return unescape(client.get(path, headers=who.headers).text)


def test_a_file_is_uploaded_and_its_refusals_are_listed(
    service: Service, client: TestClient[Litestar]
) -> None:
    who = colleague(service, "case-worker")
    good = rows(service, 3)
    content = as_csv([*good, ("fncase-none", *good[0][1:]), ("x", "y")])
    answer = upload(client, who, content)
    assert answer.status_code == 303
    page = ended(client, service, who, answer.headers["location"])
    found = re.findall(r"<b>(\d+)</b>", page)
    assert found == ["5", "3", "2"]
    assert good[0][1] not in page
    listed = client.get(answer.headers["location"] + "/refusals", headers=who.headers)
    assert listed.headers["content-disposition"].startswith("attachment")
    assert [line.partition(",")[0] for line in listed.text.split()[:1]] == ["row"]
    assert re.findall(r"^(\d+),", listed.text, re.MULTILINE) == ["5", "6"]
    work = service.work.home(who.account.id, "case-worker", who.account.district, service.clock())
    assert len(work.cases) == 3  # whoever opened them works on them


def test_the_same_file_again_says_so(service: Service, client: TestClient[Litestar]) -> None:
    who = colleague(service, "lead")
    content = as_csv(rows(service, 1))
    first = upload(client, who, content).headers["location"]
    ended(client, service, who, first)
    again = upload(client, who, content).headers["location"]
    assert again == f"{first}?again"
    assert "was sent before" in ended(client, service, who, again)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", bytes.fromhex("d0cf11e0a1b11ae1")])
def test_a_file_that_cannot_be_read_is_answered_on_the_page(
    service: Service, client: TestClient[Litestar], content: bytes
) -> None:
    answer = upload(client, colleague(service, "lead"), content)
    assert answer.status_code == 422
    assert "The file was not read" in answer.text


def test_an_upload_without_the_token_of_the_session_opens_nothing(
    service: Service, client: TestClient[Litestar]
) -> None:
    who = colleague(service, "lead")
    assert upload(client, who, as_csv(rows(service, 1)), token="wrong").status_code == 403  # noqa: S106 - a wrong one
    assert service.intake.uploads(who.account.id) == ()


def test_an_upload_of_somebody_else_is_not_there(
    service: Service, client: TestClient[Litestar]
) -> None:
    who, other = colleague(service, "lead"), colleague(service, "case-worker")
    path = upload(client, who, as_csv(rows(service, 1))).headers["location"]
    ended(client, service, who, path)
    for end in ("", "/refusals"):
        there = client.get(path + end, headers=other.headers)
        nowhere = client.get(f"/office/intake/{'0' * 32}{end}", headers=other.headers)
        assert (there.status_code, there.content) == (404, nowhere.content)


def test_htmx_gets_the_progress_alone(service: Service, client: TestClient[Litestar]) -> None:
    who = colleague(service, "lead")
    path = upload(client, who, as_csv(rows(service, 1))).headers["location"]
    ended(client, service, who, path)
    part = client.get(path, headers={**who.headers, "hx-request": "true"}).text
    assert part.lstrip().startswith('<div id="upload"')


def own_case(service: Service, who: Colleague) -> str:
    """Upload one case as who works on it, and let its person say yes."""
    (row, *_) = rows(service, 1)
    enrolled(service, row[1], "trace.phone")
    reader = Reader(who.account.role, who.account.id, who.account.district)
    assert service.intake.take(io.BytesIO(as_csv([row])), reader).cases == 1
    home = service.work.home(who.account.id, reader.role, reader.district, service.clock())
    case_id = home.cases[0].case_id
    service.cases.agree(case_id, code_sent(service, case_id), service.clock())
    return case_id


@pytest.mark.parametrize("form", FORMS)
def test_a_case_is_exported_by_who_works_on_it(
    service: Service, client: TestClient[Litestar], form: str
) -> None:
    who = colleague(service, "case-worker", stepped_up=True)
    path = f"/office/cases/{own_case(service, who)}/export"
    assert client.get(path, headers=who.headers).status_code == 200
    answer = client.post(path, data={"kind": "cases", "form": form}, headers=who.headers)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    if form == "json":
        assert len(json.loads(answer.content)["rows"]) == 1


def test_an_export_asks_for_the_passkey_again(
    service: Service, client: TestClient[Litestar]
) -> None:
    who = colleague(service, "case-worker")
    path = f"/office/cases/{own_case(service, who)}/export"
    for answer in (
        client.get(path, headers=who.headers, follow_redirects=False),
        client.post(path, data={}, headers=who.headers, follow_redirects=False),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/office/step-up")


def test_there_is_no_other_export(service: Service, client: TestClient[Litestar]) -> None:
    who = colleague(service, "case-worker", stepped_up=True)
    path = f"/office/cases/{own_case(service, who)}/export"
    answer = client.post(path, data={"kind": "tracks", "form": "csv"}, headers=who.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_pages_speak_both_languages(
    service: Service, client: TestClient[Litestar], language: str
) -> None:
    who = colleague(service, "case-worker", stepped_up=True)
    case_id = own_case(service, who)
    for path in ("/office/intake", f"/office/cases/{case_id}/export"):
        page = client.get(path, headers={**who.headers, "accept-language": language}).text
        assert f'<html lang="{language}"' in page
        assert ("Upload cases" in page or "Export for the file" in page) == (language == "en")
