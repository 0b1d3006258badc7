"""What a look gives out of the tables of people in SQLite: what its own row names, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fortnight.db.tables import look
from fortnight.vault.people import Opened
from fortnight.vault.purposes import Field
from fortnight.vault.rows_sqlite import parts
from fortnight.vault.tables import case_contact, person, pseudonym

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row


def look_rows(connection: Connection, looks: Sequence[str]) -> dict[str, Row[Any]]:
    """Return those of the looks that this connection sees, by id."""
    return {
        row.id: row
        for part in parts(looks)
        for row in connection.execute(select(look).where(look.c.id.in_(part)))
    }


def names_fields(row: Row[Any], fields: Collection[Field]) -> bool:
    """Tell whether a look names all the fields."""
    return set(fields) <= set(row.fields.split(","))


def people_rows(connection: Connection, people: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the rows of people, by id; whoever is not enrolled is left out."""
    return {
        row.id: row
        for part in parts(people)
        for row in connection.execute(select(person).where(person.c.id.in_(part)))
    }


def pseudonyms_of(connection: Connection, who: str) -> dict[int, bytes]:
    """Return the pseudonyms of a person that are on file, by day."""
    rows = connection.execute(
        select(pseudonym).where(pseudonym.c.person == who).order_by(pseudonym.c.day)
    )
    return {row.day: row.pseudonym for row in rows}


def opened_by(connection: Connection, row: Row[Any], who: Row[Any]) -> Opened:
    """Give what a look's own fields name, and nothing else."""
    named = set(row.fields.split(","))
    contact = select(case_contact.c.contact).where(
        case_contact.c.case_id == row.case_id, case_contact.c.person == row.person
    )
    return Opened(
        look=row.id,
        person=row.person,
        purpose=row.purpose,
        case_id=row.case_id,
        number_sealed=who.number_sealed if Field.NUMBER in named else None,
        language=who.language if Field.LANGUAGE in named else None,
        pseudonyms=pseudonyms_of(connection, row.person) if Field.PSEUDONYMS in named else None,
        contact=connection.scalar(contact) if Field.CONTACT in named else None,
    )
