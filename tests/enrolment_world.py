"""People who come in by their own number: a real vault, an outbox, and a phone that is read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from litestar.testing import TestClient
from tests.portal_world import MOST_BYTES, OWN, Texts
from tests.services import MINUTE, Stores, seeded, stores_in
from tests.unit.web_rooms import Rooms

from fortnight.consent.texts import current_text
from fortnight.enrolment.rooms import EnrolmentRooms, open_enrolment
from fortnight.errors import RefusedError
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer
from fortnight.notify.gateway import Answer, Said
from fortnight.notify.outbox import Outbox
from fortnight.settings import Settings
from fortnight.staff.rooms import open_staff
from fortnight.vault.purposes import Reader
from fortnight.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from httpx import Response
    from litestar import Litestar
    from tests.services import Clock

    from fortnight.notify.gateway import Text

KEY: Final = bytes(32)
ANNA, BORIS, CHILD = "+37060000021", "+37060000022", "+37060000023"
PIN: Final = "482913"
WORKER: Final = Reader("case-worker", "worker-1", "north")


@dataclass
class Phones:
    """A gateway that puts each text into its phone."""

    inbox: dict[str, list[str]] = field(default_factory=dict)
    window: int = 50

    def ready(self, now: int) -> bool:
        assert now > 0
        return True

    def send(self, texts: Sequence[Text]) -> list[Said]:
        for one in texts:
            self.inbox.setdefault(one.number, []).append(one.words)
        return [Said(Answer.TAKEN)] * len(texts)


@dataclass
class Enrolling:
    """The rooms of enrolment on real stores, and the phones that texts come to."""

    stores: Stores
    settings: Settings
    outbox: Outbox
    rooms: EnrolmentRooms
    phones: Phones = field(default_factory=Phones)

    @property
    def clock(self) -> Clock:
        return self.stores.clock

    def send(self) -> None:
        """Let the texts that wait go, as the service's clock does."""
        self.rooms.entry.turn(self.clock())
        self.outbox.drain(cast("Any", self.phones), self.clock())

    def texts(self, number: str) -> list[str]:
        self.send()
        return self.phones.inbox.get(number, [])

    def digits(self, number: str) -> str:
        """Read the last digits off a phone."""
        words = [one for one in self.texts(number) if "digits you asked for" in one][-1]
        return next(part for part in words.split() if part.isdecimal() and len(part) == 8)

    def asked(self, number: str, address: str = "") -> str:
        """Ask for digits and read them."""
        self.rooms.entry.ask(number, "en", address or number, self.clock())
        return self.digits(number)

    def come_in(self, number: str) -> str:
        """Come in with new digits; a quarter of an hour has passed since whatever was before."""
        self.clock.advance(16 * MINUTE)
        person = self.rooms.entry.come_in(number, self.asked(number), number, self.clock())
        self.rooms.people.came_in(person, "code", self.clock())
        return person

    def enrolled(self, number: str, *kinds: str, pin: str = PIN) -> str:
        """Come in, be of age, agree to some things and choose a PIN."""
        person = self.come_in(number)
        now = self.clock()
        self.rooms.people.is_of_age(person, now)
        for kind in kinds:
            self.give(person, kind)
        if pin:
            self.rooms.people.choose(person, pin, now)
        return person

    def give(self, person: str, kind: str, *, by: str = "") -> None:
        version = current_text(kind, "en").version
        grants = self.rooms.grants
        grants.give(person, kind, version, "en", self.clock(), by=by or person)

    def live(self, person: str) -> set[str]:
        held = self.stores.consents.held(person)
        return {one.kind for one in held if one.withdrawn_at is None}


@contextmanager
def enrolling(folder: Path, clock: Clock) -> Iterator[Enrolling]:
    """Open the rooms of enrolment in a folder."""
    settings = Settings(
        home=folder, keys=Path(f"{folder}-keys"), programme_end=date(2026, 12, 31), port=8080
    )
    with stores_in(folder, clock) as stores:
        outbox = Outbox(
            stores.database, stores.vault, stores.consents, seeded(5).randbytes, "north"
        )
        rooms = open_enrolment(settings, outbox, KEY, seeded(6).randbytes, pin_cost=2)
        yield Enrolling(stores, settings, outbox, rooms)


class NoFollowUp:
    """Nobody is followed here; whoever comes in by the day's digits is known by ``digits``."""

    def __init__(self, number: str = "", digits: str = "", person: str = "") -> None:
        self.known = (number, digits)
        self.person = person

    @property
    def followups(self) -> NoFollowUp:
        return self

    @property
    def bell(self) -> NoFollowUp:
        return self

    @property
    def zones(self) -> NoFollowUp:
        return self

    def chosen(self, _person: str) -> None:
        return None

    def of(self, _person: str) -> tzinfo:
        return UTC

    def shown(self, _now: int) -> None:
        return None

    def mine(self, _person: str, _now: int) -> tuple[()]:
        return ()

    def sign_in(self, number: str, digits: str, _now: int) -> str:
        if (number, digits) != self.known:
            raise RefusedError("nobody")
        return self.person


@dataclass
class Site:
    """The same behind the real doors, and one browser on a phone."""

    world: Enrolling
    service: Any
    client: TestClient[Litestar]

    @property
    def clock(self) -> Clock:
        return self.world.clock

    def get(self, path: str, language: str = "en") -> Response:
        """Return an answer; nothing is followed."""
        headers = {"accept-language": language}
        answer: Response = self.client.get(path, headers=headers, follow_redirects=False)
        return answer

    def page(self, path: str, language: str = "en") -> str:
        """Return a page that is there, small, and kept by nobody."""
        answer = self.get(path, language)
        assert answer.status_code == 200, (answer.headers, answer.text[:2_000])
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.content) < MOST_BYTES
        return unescape(answer.text)

    def post(self, path: str, speaks: str = "en", **fields: str) -> Response:
        """Send a form with the session's token, where there is one."""
        headers = OWN | {"accept-language": speaks}
        sent = {"csrf": self.csrf} | fields
        answer: Response = self.client.post(
            path, data=sent, headers=headers, follow_redirects=False
        )
        return answer

    @property
    def csrf(self) -> str:
        """The token of the session, off the page that asks for the PIN."""
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/portal/unlock").text)
        return found[1] if found else ""

    def come_in(self, number: str) -> str:
        """Ask for digits, read them off the phone and type them; return where it leads."""
        self.clock.advance(16 * MINUTE)
        assert self.post("/portal/digits", number=number).status_code == 200
        answer = self.post("/portal", number=number, code=self.world.digits(number))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


@contextmanager
def site(folder: Path, clock: Clock) -> Iterator[Site]:
    """Open the portal, and the office, before the rooms of enrolment."""
    with enrolling(folder, clock) as world:
        database = world.stores.database
        service: Any = Service(world.settings, clock, world.stores)
        (folder / "log").mkdir()
        service.log = Log(database, folder / "log", Signer("fortnight.invalid/log", KEY), clock)
        service.enrolment, service.support, service.texts = world.rooms, NoFollowUp(), Texts()
        service.staff = open_staff(
            database, world.settings, KEY, world.stores.vault.number_hash, seeded(7).randbytes
        )
        with TestClient(create_app(service)) as client:
            yield Site(world, service, client)


class Service(Rooms):
    """Small rooms, with a real vault and a clock that tests move."""

    def __init__(self, settings: Settings, clock: Clock, stores: Stores) -> None:
        super().__init__(settings)
        self.clock = clock  # type: ignore[method-assign] # a clock that tests move
        self.vault = cast("Any", stores.vault)
        self.consents = cast("Any", stores.consents)
