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
    from collections.abc import Collection, Mapping, Sequence

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


def numbers_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[tuple[str, str], str]:
    """Return the contact numbers that looks open, by case and person: one query for many looks."""
    c = case_contact.c
    named = [row for row in rows if Field.CONTACT in row.fields.split(",")]
    cases = {row.case_id for row in named if row.case_id is not None}
    query = select(c.case_id, c.person, c.contact)
    return {
        (row.case_id, row.person): row.contact
        for part in parts(sorted({row.person for row in named}))
        for row in connection.execute(query.where(c.case_id.in_(cases), c.person.in_(part)))
    }


def opened_by(
    connection: Connection,
    row: Row[Any],
    who: Row[Any],
    numbers: Mapping[tuple[str, str], str] | None = None,
) -> Opened:
    """Give what a look's own fields name, and nothing else; ``numbers`` as of `numbers_of`."""
    named = set(row.fields.split(","))
    if numbers is None:
        numbers = numbers_of(connection, [row])
    return Opened(
        look=row.id,
        person=row.person,
        purpose=row.purpose,
        case_id=row.case_id,
        number_sealed=who.number_sealed if Field.NUMBER in named else None,
        language=who.language if Field.LANGUAGE in named else None,
        pseudonyms=pseudonyms_of(connection, row.person) if Field.PSEUDONYMS in named else None,
        contact=numbers.get((row.case_id, row.person)) if Field.CONTACT in named else None,
    )
