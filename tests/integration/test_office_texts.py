"""The page of texts in the whole service: read, answered, called, resolved; in both languages."""

from __future__ import annotations

import json
import time
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from tests.services import DAY, seeded
from tests.staff_world import Colleague, colleague
from tests.whole_service import enrolled, opened, settings_in

from fortnight.notify.calling_words import WORDS, calling_words
from fortnight.notify.gateway import Answer, Said
from fortnight.notify.rooms import REPLIES_FILE, TEXTS_FILE
from fortnight.notify.templates import Template
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fortnight.notify.gateway import Text
    from fortnight.service import Service

NUMBER = "+37120000001"
PATH = "/office/texts"


class Silent:
    """A gateway that says nothing of what it was given."""

    window = 1

    def ready(self, _now: int) -> bool:
        return True

    def turn(self, _now: int) -> None:
        pass

    def close(self) -> None:
        pass

    def send(self, texts: Sequence[Text]) -> list[Said]:
        return [Said(Answer.UNKNOWN)] * len(texts)


@pytest.fixture
def service(world_folder: Path) -> Iterator[Service]:
    noon = round(time.time()) // 86_400 * DAY + DAY // 2
    with opened(settings_in(world_folder, noon), lambda: noon, seeded().randbytes) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(service)) as asked:
        yield asked


@pytest.fixture
def worker(service: Service) -> Colleague:
    return colleague(service, "case-worker")


def shown(client: TestClient[Any], who: Colleague, language: str = "en") -> str:
    answer = client.get(PATH, headers={**who.headers, "accept-language": language})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def send(client: TestClient[Any], who: Colleague, step: str, **fields: str) -> str:
    answer = client.post(f"{PATH}/{step}", data=fields, headers=who.headers, follow_redirects=False)
    assert answer.status_code in {200, 303}, answer.text
    return unescape(answer.text)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_text_is_shown_in_both_languages_with_its_parts_before_it_is_sent(
    client: TestClient[Any], worker: Colleague, language: str
) -> None:
    page = shown(client, worker, language)
    for template in Template:
        assert template.value in page
    assert "GSM-7" in page
    assert "UCS-2" in page


def test_only_who_works_on_cases_sees_the_page(service: Service, client: TestClient[Any]) -> None:
    for role in ("epidemiologist", "data-protection", "administrator"):
        headers = colleague(service, role).headers
        assert client.get(PATH, headers=headers).status_code == 404


def test_a_reply_from_the_file_is_read_under_a_look_and_dealt_with(
    service: Service, client: TestClient[Any], worker: Colleague
) -> None:
    person = enrolled(service, NUMBER, "notify")
    line = json.dumps({"number": NUMBER, "words": "we wore <masks>"})
    (service.settings.home / REPLIES_FILE).write_text(f"{line}\n", encoding="utf-8")
    service.texts.send(service.clock())
    (waiting,) = service.texts.desk.to_read()
    before = len(service.vault.looks_at(person))
    assert "masks" not in shown(client, worker)
    page = send(client, worker, "replies/open", id=waiting.id)
    assert "we wore <masks>" in page
    assert NUMBER in page
    assert len(service.vault.looks_at(person)) == before + 1
    send(client, worker, "replies", id=waiting.id)
    assert "Nobody wrote anything" in shown(client, worker)


def test_a_text_of_which_nobody_knows_is_resolved_by_a_person_and_stays_unsent(
    service: Service, client: TestClient[Any], worker: Colleague
) -> None:
    person = enrolled(service, NUMBER, "notify")
    with service.database.write() as connection:
        sent = service.outbox.queue(
            connection, person, "k", Template.PLEASE_CALL, {}, None, service.clock()
        )
    service.outbox.drain(Silent(), service.clock())
    service.texts.reminders.turn(service.clock() + DAY)
    assert "nobody knows whether the text came" in shown(client, worker)
    (task,) = service.texts.desk.to_call()
    assert task.message == sent
    send(client, worker, "unknown", id=sent, arrived="no")
    send(client, worker, "calls", id=task.id)
    page = shown(client, worker)
    assert "Of every text it is known" in page
    assert "Every text got through" in page
    service.texts.send(service.clock())
    assert not (service.settings.home / TEXTS_FILE).exists()


def test_a_home_with_something_to_read_leads_to_it(
    service: Service, client: TestClient[Any], worker: Colleague
) -> None:
    enrolled(service, NUMBER, "notify")
    line = json.dumps({"number": NUMBER, "words": "a question"})
    (service.settings.home / REPLIES_FILE).write_text(f"{line}\n", encoding="utf-8")
    service.texts.send(service.clock())
    home = client.get("/office", headers=worker.headers).text
    assert "thing that texts left for a person" in home


def test_the_words_by_which_a_caller_is_known_are_the_persons_and_the_days(
    service: Service,
) -> None:
    now, person = service.clock(), enrolled(service, NUMBER)
    said = service.texts.calling_words(person, "en", now)
    assert service.texts.calling_words(person, "en", now + 3_600_000) == said
    assert service.texts.calling_words(person, "en", now + DAY) != said
    assert service.texts.calling_words("0" * 32, "en", now) != said
    assert len({len(words) for listed in WORDS.values() for words in (listed, set(listed))}) == 1
    places = [
        [WORDS[one].index(word) for word in calling_words(b"k", person, 1, one).split()]
        for one in WORDS
    ]
    assert places[0] == places[1] == places[2]
