"""Withdrawals that a database put back from a backup does not know of, found in the log again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from fortnight.consent.following import ids_from, withdrawal_salt
from fortnight.consent.grant import BY, TextRead
from fortnight.consent.store import agreed, stop_messages
from fortnight.consent.texts import texts_of
from fortnight.db.tables import consent_grant, ledger_leaf
from fortnight.ledger.entries import commitment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from sqlalchemy import Connection, Row

    from fortnight.db.engine import Database


class _Withdrawal(NamedTuple):
    leaf: str
    at: int  # ms since 1970, of the hour that the entry tells


def withdraw_again(database: Database) -> int:
    """End every grant whose withdrawal the log holds and the database does not; return how many.

    Texts that wait under such a grant are stopped with it. A grant that was given after the
    backup is lost with its row, withdrawn or not: nothing holds without a row. Repeating changes
    nothing.
    """
    with database.read() as connection:
        said = _unknown(connection)
        live = select(consent_grant).where(consent_grant.c.withdrawn_at.is_(None))
        standing = connection.execute(live).all() if said else []
    found = [(row, *ended) for row in standing if (ended := _end_of(row, said)) is not None]
    for row, withdrawal, salt in found:
        with database.write() as connection:
            _end(connection, row, withdrawal, salt)
    return len(found)


def _unknown(connection: Connection) -> Mapping[str, _Withdrawal]:
    """Return the withdrawals in the log that no grant's row names, by their commitment."""
    leaf = ledger_leaf.c
    named = select(consent_grant.c.id).where(consent_grant.c.withdrawn_leaf == leaf.id)
    query = select(leaf.id, leaf.entry, leaf.made_at).where(
        leaf.kind == "withdrawal", ~named.exists()
    )
    return {
        str(json.loads(entry).get("commitment")): _Withdrawal(name, made_at)
        for name, entry, made_at in connection.execute(query)
    }


def _end_of(
    row: Row[Any], said: Mapping[str, _Withdrawal]
) -> tuple[_Withdrawal, bytes | None] | None:
    """Return the withdrawal of a grant, or of one that replaced it since.

    With the salt, where it opens the entry for what this row says.
    """
    for place, (salt, detail) in enumerate(_possible(row)):
        withdrawal = said.get(commitment(salt, detail))
        if withdrawal is not None:
            return withdrawal, (salt if place == 0 else None)
    return None


def _possible(row: Row[Any]) -> Iterator[tuple[bytes, Mapping[str, str | int]]]:
    """Yield what the withdrawal of a grant commits to: first as its row says, then as replaced."""
    text = TextRead(row.text_version, row.language)
    first, *later = ids_from(row.id)
    yield withdrawal_salt(first), agreed(row.person, row.kind, text, row.given_by)
    texts = [
        TextRead(one.version, language)
        for language, versions in texts_of(row.kind).items()
        for one in versions
    ]
    for name in later:
        for text in texts:
            for by in BY:
                yield withdrawal_salt(name), agreed(row.person, row.kind, text, by)


def _end(
    connection: Connection, row: Row[Any], withdrawal: _Withdrawal, salt: bytes | None
) -> None:
    proof = {} if salt is None else {"withdrawn_salt": salt, "withdrawn_leaf": withdrawal.leaf}
    connection.execute(
        update(consent_grant)
        .where(consent_grant.c.id == row.id, consent_grant.c.withdrawn_at.is_(None))
        .values(withdrawn_at=max(row.given_at, withdrawal.at), **proof)
    )
    stop_messages(connection, row.person, row.kind)
