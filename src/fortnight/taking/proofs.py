"""Receipts of what the log says of a person: each can be shown to anybody, and checked alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fortnight.consent.grant import TextRead
from fortnight.consent.store import agreed
from fortnight.db.support_tables import support_record
from fortnight.db.tables import consent_grant
from fortnight.followup.record import Entry
from fortnight.ledger.log import Inclusion
from fortnight.ledger.receipt import Opening, receipt
from fortnight.notify.own_texts import texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from fortnight.db.engine import Database
    from fortnight.ledger.log import Log
    from fortnight.vault.door import Vault


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt; ``text`` is None while its entry waits to be taken into the log."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class _Said:
    name: str
    leaf: str
    opening: Opening


def receipts(database: Database, vault: Vault, log: Log, person: str) -> list[Receipt]:
    """Return a receipt of every look, grant, withdrawal, line of the record, and end of a text."""
    said = [
        *_looks(vault, person),
        *_grants(database, person),
        *_record(database, person),
        *_texts(database, person),
    ]
    proofs = log.proofs([one.leaf for one in said])
    return [
        Receipt(one.name, receipt(proof, one.opening) if isinstance(proof, Inclusion) else None)
        for one in said
        if (proof := proofs.get(one.leaf)) is not None
    ]


def _looks(vault: Vault, person: str) -> Iterator[_Said]:
    for one in vault.looks_at(person):
        yield _Said(f"look-{one.id}", one.leaf, Opening(one.salt, one.detail()))


def _grants(database: Database, person: str) -> Iterator[_Said]:
    for row in _rows(database, consent_grant, person):
        detail = agreed(person, row.kind, TextRead(row.text_version, row.language), row.given_by)
        yield from _opened("grant", row.id, row.leaf, row.salt, detail)
        yield from _opened("withdrawal", row.id, row.withdrawn_leaf, row.withdrawn_salt, detail)


def _record(database: Database, person: str) -> Iterator[_Said]:
    for row in _rows(database, support_record, person):
        line = Entry(row.id, row.at, row.kind, row.detail, row.leaf, row.salt)
        yield _Said(f"record-{row.id}", row.leaf, Opening(row.salt, line.detail_of(person)))


def _texts(database: Database, person: str) -> Iterator[_Said]:
    for text in texts_of(database, person):
        for one in text.entries:
            yield _Said(f"text-{text.id}-{one.outcome}", one.leaf, Opening(one.salt, one.detail))


def _opened(
    kind: str, name: str, leaf: str | None, salt: bytes | None, detail: Mapping[str, str | int]
) -> Iterator[_Said]:
    if leaf is not None and salt is not None:
        yield _Said(f"{kind}-{name}", leaf, Opening(salt, detail))


def _rows(database: Database, table: Any, person: str) -> Sequence[Row[Any]]:  # noqa: ANN401 - two tables
    query = select(table).where(table.c.person == person).order_by(table.c.id)
    with database.read() as connection:
        return connection.execute(query).all()
