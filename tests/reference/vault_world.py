"""A few people, grants and a case, put into the stores for tests of the vault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from tests.services import DAY, HOUR, NOON

from fortnight.consent.texts import current_text
from fortnight.db.tables import case_file, laboratory, laboratory_token, ledger_leaf, look
from fortnight.vault.people import FoundRow
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from tests.services import Stores

TODAY = NOON // DAY
WORKER = Reader("case-worker", "account-7", "north")
CASE_NUMBER = "+37120000001"


def number(place: int) -> str:
    return f"+371200{place:05d}"


def agree(stores: Stores, person: str, *kinds: str) -> None:
    for kind in kinds:
        stores.consents.give(
            person,
            kind,
            text_version=current_text(kind, "en").version,
            language="en",
            by="self",
            now=stores.clock(),
        )


def enrolled(stores: Stores, place: int, *kinds: str) -> str:
    person = stores.vault.enrol(number(place), language="en", now=stores.clock())
    agree(stores, person, *(kinds or ("trace.phone",)))
    return person


@dataclass
class CaseOf:
    """A case to be written: sound, unless a test spoils one of its parts."""

    person: str | None
    number_hash: bytes
    id: str = "c" * 32
    token_hash: bytes | None = None
    changes: dict[str, object] = field(default_factory=dict)

    def write(self, stores: Stores) -> str:
        """Write the case with its token, and return its id."""
        now = stores.clock()
        token = {
            "id": self.id[::-1],
            "token_hash": self.id.encode(),
            "laboratory": "1" * 32,
            "test_hash": self.id.encode(),
            "number_hash": self.token_hash or self.number_hash,
            "issued_at": now,
            "expires_at": now + 48 * HOUR,
        }
        case = {
            "id": self.id,
            "person": self.person,
            "number_hash": self.number_hash,
            "token_id": self.id[::-1],
            "state": "agreed",
            "disease": "covid-19",
            "test_day": now // DAY,
            "sample_at": now,
            "district": "north",
            "opened_at": now,
            "opened_by": "account-7",
            "agreed_at": now,
        }
        with stores.database.write() as connection:
            if connection.scalar(select(laboratory.c.id)) is None:
                connection.execute(
                    insert(laboratory).values(
                        id="1" * 32, name="One", key_hash=b"1" * 32, made_at=now
                    )
                )
            connection.execute(insert(laboratory_token).values(token))
            connection.execute(insert(case_file).values(case | self.changes))
        return self.id


def sound_case(stores: Stores, **changes: object) -> tuple[str, str]:
    """Enrol a tested person, and write their case; return both ids."""
    person = enrolled(stores, 1)
    case = CaseOf(person, stores.vault.number_hash(number(1)), changes=dict(changes))
    if "id" in changes:
        case.id = str(changes["id"])
    return case.write(stores), person


def change_case(stores: Stores, case_id: str, **values: object) -> None:
    with stores.database.write() as connection:
        connection.execute(update(case_file).where(case_file.c.id == case_id).values(values))


def met(stores: Stores, person: str, day: int = TODAY, *, strong: bool = True) -> FoundRow:
    """Return a row that a search found of a person: fixes of their phone."""
    name = stores.vault.file_under(person, day)
    return FoundRow(day, name, strong, ("trace.phone",))


def count_looks(stores: Stores) -> tuple[int, int]:
    """Return how many looks there are, and how many entries of looks the log holds."""
    with stores.database.read() as connection:
        looks = len(connection.execute(select(look.c.id)).all())
        leaves = connection.scalars(select(ledger_leaf.c.kind)).all()
    return looks, sum(kind in ("look", "resolve") for kind in leaves)
