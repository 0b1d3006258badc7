"""A whole service, a browser before its portal, and somebody who is signed in with their PIN."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar.testing import TestClient
from tests.portal_world import PIN
from tests.services import seeded
from tests.whole_service import enrolled, opened, settings_in

from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from litestar import Litestar
    from tests.services import Clock

    from fortnight.service import Service

NUMBER: Final = "+37127946183"


@dataclass
class Portal:
    """Somebody's browser before a whole service."""

    service: Service
    clock: Clock
    client: TestClient[Litestar]
    person: str

    def get(self, path: str, language: str = "en") -> Response:
        answer: Response = self.client.get(
            path, headers={"accept-language": language}, follow_redirects=False
        )
        return answer

    def send(self, path: str, language: str = "en", **fields: str) -> Response:
        """Send a form as its page would."""
        sent: dict[str, Any] = {"csrf": self.csrf} | fields
        origin = self.service.settings.origin
        headers = {"origin": origin, "sec-fetch-site": "same-origin", "accept-language": language}
        answer: Response = self.client.post(
            path, data=sent, headers=headers, follow_redirects=False
        )
        return answer

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/portal/choices").text)
        return found[1] if found else ""

    def sign_in(self) -> None:
        """Come in with the digits of a day's text."""
        codes = self.service.support.followups.codes
        with self.service.database.write() as connection:
            digits = codes.new(connection, self.person, self.clock())
        done = self.send("/portal", number=NUMBER, code=digits)
        assert done.status_code == 303, done.text

    def choose_pin(self, pin: str = PIN) -> None:
        """Have a PIN, which was not shown since the sign-in."""
        rooms = self.service.enrolment
        rooms.people.came_in(self.person, "code", self.clock())
        with self.service.database.write() as connection:
            rooms.pins.keep(connection, self.person, pin, self.clock())

    def unlock(self, pin: str = PIN) -> None:
        """Show the PIN."""
        done = self.send("/portal/unlock", pin=pin)
        assert done.status_code == 303, done.text

    def turn(self, task: str) -> None:
        """Let the service do one thing that it does by the clock."""
        self.service.schedule.run_now(task, self.clock())
        assert self.service.schedule.health()[task].problem is None


@contextmanager
def taking_world(
    folder: Path, clock: Clock, *grants: str, database_url: str | None = None
) -> Iterator[Portal]:
    """Open a service, enrol somebody, and sign them in. A PIN they have not chosen yet."""
    settings = settings_in(folder, clock(), database_url)
    with opened(settings, clock, seeded(8).randbytes) as service:
        person = enrolled(service, NUMBER, *grants)
        with TestClient(create_app(service)) as client:
            portal = Portal(service, clock, client, person)
            portal.sign_in()
            yield portal
