"""What a look gives out of the tables of people in SQLite: what its own row names, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam, select

from fortnight.db.tables import look
from fortnight.vault.people import Opened
from fortnight.vault.purposes import Field
from fortnight.vault.rows_sqlite import LISTED, listed
from fortnight.vault.tables import case_contact, person, pseudonym

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

_LOOKS: Final = select(look).where(look.c.id.in_(LISTED))
_LOOKS_THERE: Final = select(look.c.id).where(look.c.id.in_(LISTED))
_PEOPLE: Final = select(person).where(person.c.id.in_(LISTED))
_NUMBERS: Final = select(
    case_contact.c.case_id, case_contact.c.person, case_contact.c.contact
).where(
    case_contact.c.case_id.in_(bindparam("cases", expanding=True)),
    case_contact.c.person.in_(LISTED),
)


def look_rows(connection: Connection, looks: Sequence[str]) -> dict[str, Row[Any]]:
    """Return those of the looks that this connection sees, by id."""
    return {row.id: row for row in connection.execute(_LOOKS, listed(looks))}


def looks_there(connection: Connection, looks: Sequence[str]) -> list[str]:
    """Return the ids of those of the looks that this connection sees."""
    return list(connection.scalars(_LOOKS_THERE, listed(looks)))


def names_fields(row: Row[Any], fields: Collection[Field]) -> bool:
    """Tell whether a look names all the fields."""
    return set(fields) <= set(row.fields.split(","))


def people_rows(connection: Connection, people: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the rows of people, by id; whoever is not enrolled is left out."""
    return {row.id: row for row in connection.execute(_PEOPLE, listed(people))}


def pseudonyms_of(connection: Connection, who: str) -> dict[int, bytes]:
    """Return the pseudonyms of a person that are on file, by day."""
    rows = connection.execute(
        select(pseudonym).where(pseudonym.c.person == who).order_by(pseudonym.c.day)
    )
    return {row.day: row.pseudonym for row in rows}


def numbers_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[tuple[str, str], str]:
    """Return the contact numbers that looks open, by case and person: one query for many looks."""
    named = [row for row in rows if Field.CONTACT in row.fields.split(",")]
    cases = sorted({row.case_id for row in named if row.case_id is not None})
    people = listed({row.person for row in named})
    return {
        (row.case_id, row.person): row.contact
        for row in connection.execute(_NUMBERS, {"cases": cases, **people})
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


def owners(
    connection: Connection, day: int, pseudonyms: Sequence[bytes]
) -> Sequence[tuple[bytes, str]]:
    """Return the pseudonyms of a day that are on file, each with whose it is.

    In the driver's own words: a trace asks for thousands, and SQLAlchemy takes longer to write
    them down than SQLite to find them.
    """
    places = ",".join("?" * len(pseudonyms))
    rows = connection.exec_driver_sql(
        f"SELECT pseudonym, person FROM pseudonym WHERE day = ? AND pseudonym IN ({places})",  # noqa: S608 - question marks alone
        (day, *pseudonyms),
    )
    return cast("list[tuple[bytes, str]]", rows.all())
