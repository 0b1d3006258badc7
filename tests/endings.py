"""Everything that ends, small: a lake that remembers what it was told, and rows of every table."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, LargeBinary, String, Text, create_engine, insert
from sqlalchemy.pool import NullPool
from tests.postgres_server import SUPERUSER
from tests.services import DAY, NOON, Clock, Stores, seeded

from fortnight.consent.store import Consents
from fortnight.consent.texts import current_text
from fortnight.db import tables
from fortnight.db.engine import SCHEMA, open_sqlite
from fortnight.retention.erase import Eraser
from fortnight.retention.holdings import Holdings
from fortnight.retention.sweep import Sweeper
from fortnight.vault.door import Vault
from fortnight.vault.keys import FileKeys
from fortnight.vault.people_sqlite import SqlitePeople

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Column, Connection, Table

    from fortnight.db.engine import Database

TODAY = NOON // DAY


@dataclass
class RememberingLake:
    """Remembers what it was told to forget."""

    people: list[dict[int, bytes]] = field(default_factory=list)
    days: list[int] = field(default_factory=list)

    def person(self, pseudonyms: Mapping[int, bytes], now: int) -> None:
        assert now > 0
        self.people.append(dict(pseudonyms))

    def day(self, day: int, now: int) -> None:
        assert now > 0
        self.days.append(day)


@dataclass
class Endings:
    """Stores with an eraser and a sweeper."""

    stores: Stores
    lake: RememberingLake
    jobs: list[str]
    holdings: Holdings
    eraser: Eraser
    sweeper: Sweeper

    @property
    def database(self) -> Database:
        return self.stores.database

    def enrol(self, number: str = "+37120000001", *grants: str) -> str:
        """Enrol a person who agrees to some things."""
        now = self.stores.clock()
        person = self.stores.vault.enrol(number, language="en", now=now)
        for kind in grants:
            version = current_text(kind, "en").version
            self.stores.consents.give(
                person, kind, text_version=version, language="en", by="self", now=now
            )
        return person

    def add(self, table: Table, **given: object) -> dict[str, Any]:
        """Add a row past every guard; what is not given is made up."""
        with unguarded(self.database) as connection:
            return add_row(connection, table, **given)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(table.select()).mappings()]


@contextmanager
def reopened(folder: Path, clock: Clock, seed: int) -> Iterator[Stores]:
    """Open stores on SQLite that are there already, as a start of the service does."""
    main, people = open_sqlite(folder / "fortnight.db"), open_sqlite(folder / "people.db")
    consents = Consents(main, seeded(seed).randbytes)
    keys = FileKeys(folder / "keys", seeded(seed + 1).randbytes)
    held = SqlitePeople(people, main, consents)
    vault = Vault(main, held, keys, consents, seeded(seed + 2).randbytes, clock)
    try:
        yield Stores(main, held, keys, consents, vault, clock, folder)
    finally:
        keys.close()
        people.close()
        main.close()


def endings(stores: Stores, lake: RememberingLake | None = None, seed: int = 11) -> Endings:
    """Put together what ends things."""
    lake, jobs = lake or RememberingLake(), list[str]()
    holdings = Holdings(
        stores.database,
        stores.people,
        stores.keys,
        stores.vault,
        lake,
        stores.folder / "texts",
        jobs.extend,
    )
    eraser = Eraser(holdings, seeded(seed).randbytes, "district")
    sweeper = Sweeper(holdings, eraser, seeded(seed + 1).randbytes)
    return Endings(stores, lake, jobs, holdings, eraser, sweeper)


@contextmanager
def unguarded(database: Database) -> Iterator[Connection]:
    """Yield a transaction in which every table may be written: the service's role may not."""
    if not database.is_postgres:
        with database.write() as connection:
            yield connection
        return
    url = database.engine.url.set(username=SUPERUSER)
    options = {"options": f"-csearch_path={SCHEMA}"}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with engine.begin() as connection:
        yield connection


_NUMBERS: Iterator[int] = count(1)
_WORDS: Mapping[str, object] = {
    "case_file.state": "agreed",
    "case_file.agreed_at": NOON,
    "case_file.follow_up_end_day": TODAY,
    "case_file.disease": "measles",
    "trace_run.state": "done",
    "message.state": "sent",
    "message.purpose": "notify",
    "message.case_id": None,
    "look.purpose": "trace",
    "look.outcome": "read",
    "look.case_id": None,
    "consent_grant.kind": "notify",
    "consent_grant.given_by": "self",
    "lake_file.kind": "fixes",
    "arrival.kind": "fixes",
    "arrival.origin": "phone",
    "receipt.kind": "fixes",
    "laboratory_token.issued_at": 0,
    "laboratory_token.expires_at": NOON + DAY,
    "hidden_stay.start": 0,
    "staff_account.role": "lead",
    "staff_ceremony.kind": "sign-in",
    "staff_ceremony.account": None,
    "named_contact.setting": "work",
    "decision.kind": "tell",
    "call_record.outcome": "reached",
    "case_change.kind": "merged",
    "intake_upload.state": "running",
    "review.kind": "appeal",
    "inbound.kind": "for-person",
    "receipt_heard.outcome": "delivered",
    "call_task.reason": "no-answer",
    "venue.stay_minutes": 60,
}
_LEFT_OUT = ("arrival.id", "ledger_leaf.place", "erasure.person", "exposure.tier")


def add_row(connection: Connection, table: Table, **given: object) -> dict[str, Any]:
    """Add a row, and the rows that it refers to."""
    row: dict[str, Any] = dict(given)
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if column.name in row or name in _LEFT_OUT:
            continue
        if name in _WORDS:
            row[column.name] = _WORDS[name]
        elif column.foreign_keys and not column.nullable:
            (key,) = column.foreign_keys
            row[column.name] = add_row(connection, key.column.table, **_same_case(table, row))["id"]
        elif words := _allowed(column):
            row[column.name] = words[0]
        elif not column.nullable:
            row[column.name] = _made_up(column.type)
    connection.execute(insert(table).values(row))
    return row


def _allowed(column: Column[Any]) -> tuple[str, ...]:
    """Return the words of which the table takes no other, where the column has to hold one."""
    rules = (rule.info.get(column.name) for rule in column.table.constraints)
    return () if column.nullable else next(filter(None, rules), ())


def _same_case(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A run that an exposure refers to is of the same case."""
    return {"case_id": row["case_id"]} if table is tables.exposure and "case_id" in row else {}


def _made_up(kind: object) -> object:
    number = next(_NUMBERS)
    if isinstance(kind, LargeBinary):
        return number.to_bytes(32, "big")
    if isinstance(kind, Text | String):
        length = getattr(kind, "length", None) or 32
        return f"{number:x}".rjust(min(length, 32), "0")
    if isinstance(kind, Boolean):
        return False
    return NOON if isinstance(kind, BigInteger) else TODAY
