"""People who come in by their own number: a real vault, an outbox, and a phone that is read."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from litestar.testing import TestClient
from tests.portal_world import OWN, Portal, Texts, checked
from tests.services import MINUTE, Clock, Stores, seeded, sqlite_stores
from tests.unit.web_rooms import Rooms

from fortnight.consent.texts import current_text
from fortnight.enrolment.rooms import EnrolmentRooms, open_enrolment
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
    with sqlite_stores(folder, clock) as stores:
        outbox = Outbox(
            stores.database, stores.vault, stores.consents, seeded(5).randbytes, "north"
        )
        rooms = open_enrolment(settings, outbox, KEY, seeded(6).randbytes)
        yield Enrolling(stores, settings, outbox, rooms)


class NoFollowUp:
    """Nobody is followed here."""

    @property
    def followups(self) -> NoFollowUp:
        return self

    @property
    def bell(self) -> NoFollowUp:
        return self

    def shown(self, now: int) -> None:
        assert now > 0

    def sign_in(self, number: str, digits: str, now: int) -> str:
        from fortnight.errors import RefusedError  # noqa: PLC0415 - nowhere else

        raise RefusedError("nobody")


@dataclass
class Site(Portal):
    """The same, with a browser before it."""

    people: Any = None

    def page_with_script(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text[:2_000]
        return answer.text


__all__ = ["OWN", "NoFollowUp", "Site", "TestClient", "Texts", "checked"]
