"""A small health office for tests: a laboratory, three people, and a vault that looks in a dict.

The vault's own promises are tested in its own tests; here it stands for whoever keeps them.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from fortnight.case.cases import Cases, NewCase
from fortnight.case.token import Laboratories
from fortnight.consent.store import Consents
from fortnight.consent.texts import current_text
from fortnight.db.tables import ledger_leaf, message
from fortnight.errors import GoneError, RefusedError
from fortnight.notify.gateway import Answer, Said
from fortnight.notify.outbox import Outbox
from fortnight.notify.pace import Pace
from fortnight.vault.looks import looks_at
from fortnight.vault.purposes import Field, Purpose, Reader
from fortnight.vault.reading import Access, Resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection
    from tests.services import Clock

    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Text
    from fortnight.vault.door import Vault
    from fortnight.vault.looks import Look
    from fortnight.vault.people import FoundRow

CASE_NUMBER = "+37060000001"
CONTACT_NUMBER = "+37060000002"
STRANGER_NUMBER = "+37060000009"
SECRET = bytes(range(32))
WORKER = Reader("case-worker", "worker-1", "north")
DAY_MS = 86_400_000


@dataclass
class FakeVault:
    """The parts of the vault's door that cases and texts use."""

    consents: Consents
    people: dict[str, tuple[str, str]] = field(default_factory=dict)  # number: person, language
    gone: set[str] = field(default_factory=set)
    looks: list[tuple[str, str, str]] = field(default_factory=list)  # person, purpose, fields
    own_days: list[int] = field(default_factory=list)
    refuses: str | None = None
    numbers: list[str | None] = field(default_factory=list)
    contacts: dict[str, str] = field(default_factory=dict)  # contact: person

    def enrol(self, number: str, person: str, language: str) -> str:
        self.people[number] = (person, language)
        return person

    def number_hash(self, number: str) -> bytes:
        return hmac.digest(SECRET, number.encode(), "sha256")

    def person_with(self, number: str) -> str | None:
        return self.people[number][0] if number in self.people else None

    def seal(self, person: str, plaintext: bytes, label: bytes) -> bytes:
        if person in self.gone:
            raise GoneError("gone")
        return json.dumps([person, label.decode(), plaintext.decode()]).encode()

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        if person in self.gone:
            raise GoneError("gone")
        who, under, text = json.loads(sealed)
        assert (who, under) == (person, label.decode())
        return cast("str", text).encode()

    seal_case = seal
    unseal_case = unseal

    def opener_of_case(self, case_id: str) -> Callable[[bytes, bytes], bytes]:
        """Return what opens many values of a case."""
        return partial(self.unseal, case_id)

    def open_access(
        self,
        _reader: Reader,
        purpose: Purpose,
        _case: str | None,
        fields: Iterable[Field],
        people: Iterable[str],
        _now: int,
    ) -> Access:
        person = next(iter(people))
        if purpose is Purpose.NOTIFY and not self.consents.live(None, person, "notify"):
            raise RefusedError("no grant")
        self.looks.append((person, purpose.value, ",".join(sorted(fields))))
        return Access((person,))

    def read(self, access: Access) -> dict[str, Mapping[Field, str]]:
        (person,) = access.looks
        if person in self.gone:
            return {}
        number, language = next((n, lang) for n, (p, lang) in self.people.items() if p == person)
        return {person: {Field.NUMBER: number, Field.LANGUAGE: language}}

    def own(self, _case: str, _reader: Reader, days: Sequence[int], _now: int) -> dict[int, bytes]:
        if self.refuses:
            raise RefusedError(self.refuses)
        self.own_days = list(days)
        return {day: day.to_bytes(16, "big") for day in days}

    def group(
        self, _case: str, _reader: Reader, found: Sequence[FoundRow], _now: int
    ) -> list[str | None]:
        assert len(found) == len(self.numbers)
        return list(self.numbers)

    def looks_at(self, person: str) -> list[Look]:
        return looks_at(self.consents.database, person)

    def links(
        self, _case: str, _contacts: Iterable[str], _reader: Reader, _now: int
    ) -> list[tuple[str, str]]:
        return []

    def resolve(self, _case: str, contact: str, _reader: Reader, _now: int) -> Resolved:
        return Resolved(self.contacts[contact], CONTACT_NUMBER, "ru")


@dataclass
class FakeQueue:
    """Remembers what was queued, and where the transaction was rolled back forgets nothing."""

    queued: list[str] = field(default_factory=list)

    def enqueue(self, _connection: Connection, run_id: str) -> None:
        self.queued.append(run_id)


@dataclass
class FakeGateway:
    """Takes texts, or answers as it is told; an exception is raised after the text was taken."""

    answers: list[Answer | Said | BaseException] = field(default_factory=list)
    taken: list[Text] = field(default_factory=list)
    window: int = 1

    def ready(self, _now: int) -> bool:
        return True

    def turn(self, _now: int) -> None:
        pass

    def close(self) -> None:
        pass

    def send(self, texts: Sequence[Text]) -> list[Said]:
        return [self._said(text) for text in texts]

    def _said(self, text: Text) -> Said:
        answer = self.answers.pop(0) if self.answers else Answer.TAKEN
        if isinstance(answer, Answer):
            answer = Said(answer)
        if not isinstance(answer, Said):
            self.taken.append(text)
            raise answer
        if answer.answer in (Answer.TAKEN, Answer.UNKNOWN):
            self.taken.append(text)
        return answer


@dataclass
class Office:
    """Everything that a case goes through, on one database."""

    database: Database
    clock: Clock
    random: Callable[[int], bytes]
    known: bool = False  # whether another process has filled the database

    def __post_init__(self) -> None:
        self.consents = Consents(self.database, self.random)
        self.fake = FakeVault(self.consents)
        self.vault = cast("Vault", self.fake)
        self.person = self.fake.enrol(CASE_NUMBER, "a" * 32, "ru")
        self.contact = self.fake.enrol(CONTACT_NUMBER, "b" * 32, "en")
        self.outbox = Outbox(
            self.database,
            self.vault,
            self.consents,
            self.random,
            "north",
            Pace(a_day=1_000),  # its own tests set the limit
        )
        self.queue = FakeQueue()
        self.laboratories = Laboratories(self.database, SECRET, self.fake.number_hash, self.random)
        self.cases = Cases(
            database=self.database,
            vault=self.vault,
            laboratories=self.laboratories,
            outbox=self.outbox,
            queue=self.queue,
            random=self.random,
            secret=SECRET,
        )
        if not self.known:
            self.laboratory = self.laboratories.register("North laboratory", self.clock())

    def grant(self, person: str, kind: str) -> None:
        version = current_text(kind, "en").version
        self.consents.give(
            person, kind, text_version=version, language="en", by="self", now=self.clock()
        )

    def token(self, number: str = CASE_NUMBER, test: str = "test-1") -> str:
        return self.laboratories.issue(self.laboratory.key, test, number, self.clock())

    def new(self, token: str, number: str = CASE_NUMBER) -> NewCase:
        today = self.clock() // DAY_MS
        return NewCase(token, number, "covid-19", today - 2, today - 1, self.clock() - 1)

    def opened(self) -> str:
        return self.cases.open(self.new(self.token()), WORKER, self.clock())

    def code(self) -> str:
        """Read the last code off the phone's waiting texts."""
        rows = [row for row in self.messages() if row.template == "code"]
        sealed = json.loads(rows[-1].sealed)
        return cast("str", json.loads(sealed[2])["code"])

    def agreed(self) -> str:
        case_id = self.opened()
        self.cases.agree(case_id, self.code(), self.clock())
        return case_id

    def messages(self) -> list[Any]:
        with self.database.read() as connection:
            query = select(message).order_by(message.c.made_at, message.c.key)
            return list(connection.execute(query))

    def leaves(self, kind: str) -> int:
        with self.database.read() as connection:
            query = select(ledger_leaf.c.id).where(ledger_leaf.c.kind == kind)
            return len(connection.execute(query).all())
