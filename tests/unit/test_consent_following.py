"""Withdrawals that a backup does not know of: found in the log by who holds the grant's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from tests.services import HOUR, NOON, seeded

from fortnight.consent.following import REPLACED_AT_MOST, ids_from, next_id, withdrawal_salt
from fortnight.consent.replaying import withdraw_again
from fortnight.consent.store import Consents
from fortnight.consent.texts import current_text
from fortnight.db.tables import consent_grant, ledger_leaf
from fortnight.ledger.entries import opens

if TYPE_CHECKING:
    from typing import Any

    from fortnight.db.engine import Database

PERSON, OTHER = "a" * 32, "b" * 32
KIND = "notify"
ids = st.binary(min_size=16, max_size=16).map(bytes.hex)


def rows(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(select(consent_grant)).mappings()]


def put_back(database: Database, backup: list[dict[str, Any]]) -> None:
    """Bring the grants back as they were; the log keeps its entries."""
    with database.write() as connection:
        connection.execute(delete(consent_grant))
        connection.execute(insert(consent_grant), backup)


def agree(consents: Consents, person: str, language: str = "en") -> None:
    version = current_text(KIND, language).version
    consents.give(person, KIND, text_version=version, language=language, by="self", now=NOON)


@given(ids, ids)
def test_what_follows_from_an_id_is_its_own(one: str, other: str) -> None:
    chain = list(ids_from(one))
    assert chain[1] == next_id(one)
    assert len(set(chain)) == REPLACED_AT_MOST + 1
    assert (withdrawal_salt(one) == withdrawal_salt(other)) == (one == other)
    assert withdrawal_salt(one)[:16].hex() != next_id(one)


def test_a_withdrawal_since_the_backup_holds_again_with_its_proof(database: Database) -> None:
    consents = Consents(database, seeded().randbytes)
    agree(consents, PERSON)
    agree(consents, OTHER)
    backup = rows(database)
    consents.withdraw(PERSON, KIND, NOON + HOUR)
    put_back(database, backup)
    assert consents.live(None, PERSON, KIND)
    assert withdraw_again(database) == 1
    assert withdraw_again(database) == 0
    assert not consents.live(None, PERSON, KIND)
    assert consents.live(None, OTHER, KIND)
    (row,) = (one for one in rows(database) if one["person"] == PERSON)
    with database.read() as connection:
        query = select(ledger_leaf.c.entry).where(ledger_leaf.c.id == row["withdrawn_leaf"])
        entry = connection.scalars(query).one()
    version = current_text(KIND, "en").version
    detail = {"by": "self", "grant": KIND, "language": "en", "person": PERSON, "text": version}
    assert opens(entry, row["withdrawn_salt"], detail)
    assert row["withdrawn_at"] == NOON + HOUR


def test_it_is_found_where_the_grant_was_replaced_before(database: Database) -> None:
    consents = Consents(database, seeded().randbytes)
    agree(consents, PERSON)
    backup = rows(database)
    for language in ("ru", "en"):
        agree(consents, PERSON, language)
    consents.withdraw(PERSON, KIND, NOON + HOUR)
    put_back(database, backup)
    assert withdraw_again(database) == 1
    assert not consents.live(None, PERSON, KIND)


def test_who_agreed_anew_after_a_withdrawal_is_asked_once_more(database: Database) -> None:
    """The later grant is lost with its row: without a row nothing holds."""
    consents = Consents(database, seeded().randbytes)
    agree(consents, PERSON)
    backup = rows(database)
    consents.withdraw(PERSON, KIND, NOON + HOUR)
    agree(consents, PERSON)
    assert rows(database)[-1]["id"] not in list(ids_from(backup[0]["id"]))
    put_back(database, backup)
    assert withdraw_again(database) == 1
    assert not consents.live(None, PERSON, KIND)


def test_a_withdrawal_before_the_backup_says_nothing_of_the_grant_after_it(
    database: Database,
) -> None:
    consents = Consents(database, seeded().randbytes)
    agree(consents, PERSON)
    consents.withdraw(PERSON, KIND, NOON + 1)
    agree(consents, PERSON)
    assert withdraw_again(database) == 0
    assert consents.live(None, PERSON, KIND)
