"""A portal before a small health office: a case, a contact, and one browser."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from litestar.testing import TestClient
from tests.case_world import CASE_NUMBER, CONTACT_NUMBER
from tests.databases import new_main
from tests.services import HOUR, seeded
from tests.support_world import CONTACT, Following
from tests.unit.web_rooms import Rooms, rooms

from fortnight.case.reviews import Reviews
from fortnight.enrolment.rooms import open_enrolment
from fortnight.lake.lake import Lake
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.mine.rooms import open_mine
from fortnight.notify.calling_words import calling_words
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from litestar import Litestar
    from tests.services import Clock

    from fortnight.enrolment.rooms import EnrolmentRooms

ORIGIN: Final = "http://localhost:8080"
OWN: Final = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
MOST_BYTES: Final = 100_000
KEY: Final = bytes(32)
PIN: Final = "482913"


class Texts:
    """What the portal asks of texts."""

    def calling_words(self, person: str, language: str, now: int) -> str:
        return calling_words(KEY, person, now // (24 * HOUR), language)


@dataclass
class Portal:
    """A service that follows a case and a contact, and a browser."""

    office: Following
    service: Rooms
    client: TestClient[Litestar]
    log: Log
    followed: str = ""
    case_followed: str = ""

    def get(self, path: str, language: str = "en") -> Response:
        headers = {"accept-language": language}
        answer: Response = self.client.get(path, headers=headers, follow_redirects=False)
        return answer

    def page(self, path: str, language: str = "en", status: int = 200) -> str:
        return checked(self.get(path, language), status)

    def send(
        self,
        path: str,
        language: str = "en",
        headers: dict[str, str] | None = None,
        **fields: str | list[str],
    ) -> Response:
        """Send a form with the token that the last page held."""
        sent: dict[str, Any] = {"csrf": self.csrf} | fields
        given = {"accept-language": language} | (OWN if headers is None else headers)
        answer: Response = self.client.post(path, data=sent, headers=given, follow_redirects=False)
        return answer

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/portal/today").text)
        return found[1] if found else ""

    def sign_in(self, number: str = CONTACT_NUMBER, code: str = "", language: str = "en") -> None:
        said = {"number": number, "code": code or self.office.digits()}
        answer = self.client.post(
            "/portal",
            data=said,
            headers=OWN | {"accept-language": language},
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/portal/today"
        self.service.now = self.office.clock()

    def at(self, hour: int, *, days: int = 0) -> None:
        self.office.at(hour, days=days)
        self.service.now = self.office.clock()


def checked(answer: Response, status: int = 200) -> str:
    """Return a page; nothing on it runs, it is small, and nobody keeps it."""
    assert answer.status_code == status, answer.text[:2_000]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < MOST_BYTES
    assert "<script" not in answer.text
    assert not re.search(r'\s(on\w+|style)="', answer.text)
    return unescape(answer.text)


@contextmanager
def portal_world(tmp_path: Path, clock: Clock) -> Iterator[Portal]:
    """Open a portal at ten in the morning, when today's question has been asked."""
    with new_main(tmp_path / "fortnight.db") as database:
        office = Following(database, clock, seeded().randbytes)
        service: Any = rooms(tmp_path, port=8080)
        (tmp_path / "log").mkdir()
        log = Log(database, tmp_path / "log", Signer("fortnight.invalid/log", KEY), clock)
        service.support, service.texts, service.log = office.support, Texts(), log
        service.enrolment = open_enrolment(
            service.settings, office.outbox, KEY, seeded().randbytes, pin_cost=2
        )
        (tmp_path / "lake").mkdir()
        service.mine = open_mine(
            service.settings,
            database,
            office.vault,
            office.consents,
            Lake(database, tmp_path / "lake"),
            log,
            Reviews(database, seeded(5).randbytes),
        )
        case_id = office.told()
        followed = office.followups.begin_contact(case_id, CONTACT, office.ann, clock())
        own = office.followups.begin_case(case_id, office.ann, clock())
        with TestClient(create_app(service)) as client:
            made = Portal(office, service, client, log, followed, own)
            office.fake.people[CONTACT_NUMBER] = (office.contact, "en")
            made.at(10, days=1)
            yield made


def code_of(portal: Portal, person: str) -> str:
    """Make digits for a person as the day's text does."""
    with portal.office.database.write() as connection:
        return portal.office.followups.codes.new(connection, person, portal.office.clock())


def signed(portal: Portal, language: str = "en", *, case: bool = False) -> Portal:
    """Sign the contact in, or the case."""
    person = portal.office.person if case else portal.office.contact
    number = CASE_NUMBER if case else CONTACT_NUMBER
    portal.sign_in(number, code_of(portal, person), language)
    return portal


def unlocked(portal: Portal, *, case: bool = False) -> Portal:
    """Show the PIN of whoever is signed in: of the contact, or of the case. It is chosen first."""
    person = portal.office.person if case else portal.office.contact
    enrolled: EnrolmentRooms = portal.service.enrolment  # type: ignore[attr-defined] # set above
    enrolled.people.came_in(person, "code", portal.office.clock())
    with enrolled.pins.database.write() as connection:
        enrolled.pins.keep(connection, person, PIN, portal.office.clock())
    answer = portal.send("/portal/unlock", pin=PIN)
    assert answer.status_code == 303, answer.text
    return portal
