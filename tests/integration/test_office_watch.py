"""Overview, settings, and log and reviews, in the whole service."""

from __future__ import annotations

import json
import re
import time
from html import unescape
from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient
from sqlalchemy import func, insert, select
from tests.services import DAY, seeded
from tests.staff_world import Colleague, colleague
from tests.whole_service import enrolled, opened, settings_in

from fortnight.db.tables import alarm, laboratory, ledger_leaf, operator
from fortnight.vault.purposes import Field, Purpose, Reader
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from litestar import Litestar

    from fortnight.service import Service

PAGES = ("/office/overview", "/office/settings", "/office/log")


@pytest.fixture
def service(world_folder: Path) -> Iterator[Service]:
    now = round(time.time() * 1_000)
    with opened(settings_in(world_folder, now), lambda: now, seeded().randbytes) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(service)) as asked:
        yield asked


def leaves(service: Service, kind: str) -> int:
    with service.database.read() as connection:
        query = select(func.count()).where(ledger_leaf.c.kind == kind)
        return int(connection.scalar(query) or 0)


def send(client: TestClient[Litestar], who: Colleague, path: str, **fields: str) -> str:
    answer = client.post(path, data=fields, headers=who.headers, follow_redirects=False)
    assert answer.status_code in {200, 303}, answer.text
    return answer.text


def shown(client: TestClient[Litestar], who: Colleague, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={**who.headers, "accept-language": language})
    assert answer.status_code == 200, answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?! (src|type))|\sstyle=|\son\w+=", answer.text)
    return unescape(answer.text)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_page_stands_without_data(
    service: Service, client: TestClient[Litestar], path: str, language: str
) -> None:
    role = {"overview": "lead", "settings": "administrator", "log": "data-protection"}
    page = shown(client, colleague(service, role[path.rpartition("/")[2]]), path, language)
    assert f'<html lang="{language}">' in page
    assert len(page) < 100_000


def test_a_key_is_shown_once_and_kept_nowhere(
    service: Service, client: TestClient[Litestar]
) -> None:
    who = colleague(service, "administrator")
    for kind, table, mark in (
        ("laboratories", laboratory, "fnlab-"),
        ("operators", operator, "fnop-"),
    ):
        page = send(client, who, f"/office/settings/{kind}", name=f"Our {kind}")
        (key,) = set(re.findall(rf"{mark}[a-z0-9]+", page))
        again = shown(client, who, "/office/settings")
        assert f"Our {kind}" in again
        assert key not in again
        with service.database.read() as connection:
            row = connection.execute(select(table)).one()
        assert key not in str(row)
        assert row.revoked_at is None
        send(client, who, f"/office/settings/{kind}/end", id=row.id)
        with service.database.read() as connection:
            assert connection.execute(select(table)).one().revoked_at is not None


def test_an_account_is_added_with_a_link_invited_again_and_ended(
    service: Service, client: TestClient[Litestar]
) -> None:
    who, before = colleague(service, "administrator"), leaves(service, "settings")
    added = send(
        client,
        who,
        "/office/settings/accounts",
        login="dana",
        name="Colleague D",
        role="case-worker",
        number="+371 2000 0001",
    )
    assert f"{service.settings.origin}/office/invitation#" in added
    account = service.staff.accounts.with_login("dana")
    assert account is not None
    assert account.district == service.settings.district
    again = send(client, who, "/office/settings/accounts/invite", id=account.id)
    codes = [re.findall(r"invitation#(\w+)", page)[0] for page in (added, again)]
    now = service.clock()
    assert service.staff.accounts.invited(codes[0], now) is None
    assert service.staff.accounts.invited(codes[1], now) is not None
    send(client, who, "/office/settings/accounts/end", id=account.id)
    assert service.staff.accounts.invited(codes[1], now) is None
    assert leaves(service, "settings") == before + 3
    assert "20000001" not in shown(client, who, "/office/settings").replace(" ", "")


def test_nobody_ends_their_own_account(service: Service, client: TestClient[Litestar]) -> None:
    who = colleague(service, "administrator")
    answer = client.post(
        "/office/settings/accounts/end", data={"id": who.account.id}, headers=who.headers
    )
    assert answer.status_code == 409
    account = service.staff.accounts.with_id(who.account.id)
    assert account is not None
    assert account.ended_at is None


def test_what_may_hold_a_password_is_not_shown(
    service: Service, client: TestClient[Litestar]
) -> None:
    page = shown(client, colleague(service, "administrator"), "/office/settings")
    assert "programme_end" in page
    assert "database_url" not in page
    assert "secret_file" not in page


def test_a_review_is_answered_and_an_alarm_ended_with_words(
    service: Service, client: TestClient[Litestar]
) -> None:
    who, now = colleague(service, "data-protection"), service.clock()
    person, worker = enrolled(service, "+37060000001"), colleague(service, "case-worker").account
    reader = Reader(worker.role, worker.id, "north")
    (look,) = service.vault.open_access(
        reader, Purpose.RIGHTS, None, (Field.EVIDENCE,), (person,), now
    ).looks
    asked = service.mine.looks.question(person, look, now - 4 * DAY)
    row = {"id": "cd" * 16, "kind": "strangers-in-delivery", "at": now, "subject": person}
    with service.database.write() as connection:
        connection.execute(insert(alarm).values(detail=json.dumps({"strangers": 2}), **row))
    page = shown(client, who, "/office/log")
    assert "overdue" in page
    assert '{"strangers": 2}' in page
    assert f"{worker.name}, case worker, north · their own rights · evidence" in page
    assert person not in page
    send(client, who, "/office/log/reviews", id=asked, words="It was <b>their</b> doctor.")
    send(client, who, "/office/log/alarms", id="cd" * 16, words="An old list.")
    answer = client.get("/office/log", headers=who.headers).text
    assert "&lt;b&gt;their&lt;/b&gt;" in answer
    assert "<b>their</b>" not in answer
    assert "An old list." in answer
    assert who.account.name in answer
    assert leaves(service, "alarm") == 3


def test_the_checkpoint_and_the_counts_of_the_log_are_shown(
    service: Service, client: TestClient[Litestar]
) -> None:
    who = colleague(service, "data-protection")
    assert "not had its first turn" in shown(client, who, "/office/log")
    service.log.sequence(service.clock())
    page = shown(client, who, "/office/log")
    assert service.log_key in page
    assert "Entries that wait" in page
