"""The office's page of venues: a place gets its posters, to be printed, and they end."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from tests.portal_world import OWN
from tests.services import NOON, Clock, seeded
from tests.staff_world import colleague
from tests.whole_service import opened, settings_in

from fortnight.venues.rules import shown
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from tests.staff_world import Colleague

    from fortnight.service import Service

NEW = {"name": "Café <b>Rīga</b>", "category": "food", "rooms": "Terrace\nĒdamzāle", "stay": "90"}


class Office:
    """The whole service, and an administrator's browser."""

    def __init__(self, service: Service, client: TestClient[Any], who: Colleague) -> None:
        self.service, self.client, self.who = service, client, who

    def send(self, path: str, **fields: str) -> Response:
        data = {"csrf": self.who.csrf} | fields
        return self.client.post(path, data=data, headers=OWN, follow_redirects=False)


@pytest.fixture(scope="module")
def office(world_folders: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = world_folders.mktemp("venues")
    settings = replace(settings_in(folder, NOON), port=8080)
    with opened(settings, Clock(), seeded().randbytes) as service:
        app: Any = create_app(service)
        with TestClient(app) as client:
            who = colleague(service, "administrator")
            client.cookies.set("session", who.secret)
            yield Office(service, client, who)


def test_each_room_gets_a_poster_with_a_code_of_its_own(office: Office) -> None:
    answer = office.send("/office/venues", closes="22:00", **NEW)
    assert answer.status_code == 303
    made = answer.headers["location"].rpartition("/")[2]
    spots = office.service.venues.of(made)
    assert [(one.room, one.closes, one.stay_minutes) for one in spots] == [
        ("Terrace", 1_320, 90),
        ("Ēdamzāle", 1_320, 90),
    ]
    page = office.client.get(f"/office/venues/{made}").text
    assert "<b>Rīga</b>" not in page
    assert NEW["name"] in unescape(page)
    for spot in spots:
        assert shown(spot.code) in page
        assert f"{office.service.settings.origin}/portal/v/{spot.code}" in page
    assert page.count('class="qr"') == 2
    listed = unescape(office.client.get("/office/venues").text)
    assert all(shown(spot.code) in listed for spot in spots)


def test_the_poster_is_a_file_to_print_too(office: Office) -> None:
    made = office.send("/office/venues", **NEW).headers["location"]
    first, second = (office.client.get(f"{made}/pdf") for _ in range(2))
    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content.count(b"/Type /Page\n") == 2
    assert first.content == second.content


@pytest.mark.parametrize(
    "fields",
    [{"category": "prison"}, {"stay": "5"}, {"stay": "x"}, {"closes": "noon"}, {"rooms": "a\na"}],
    ids=["no such kind", "too short", "no number", "no time", "a room twice"],
)
def test_a_venue_that_cannot_be_is_refused_and_what_was_typed_stays(
    office: Office, fields: dict[str, str]
) -> None:
    answer = office.send("/office/venues", **(NEW | fields))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert NEW["name"] in unescape(answer.text)


def test_the_posters_of_an_ended_venue_are_gone(office: Office) -> None:
    made = office.send("/office/venues", **NEW).headers["location"]
    ended = {"id": made.rpartition("/")[2]}
    assert office.send("/office/venues/end", **ended).status_code == 303
    assert office.client.get(made).status_code == 404
    assert office.client.get(f"{made}/pdf").status_code == 404


def test_only_who_keeps_the_settings_comes_in(office: Office) -> None:
    lead = colleague(office.service, "lead")
    cookies = {"cookie": f"session={lead.secret}"}
    office.client.cookies.clear()
    try:
        assert office.client.get("/office/venues", headers=cookies).status_code == 404
    finally:
        office.client.cookies.set("session", office.who.secret)
