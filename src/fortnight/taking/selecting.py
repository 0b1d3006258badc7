"""Which rows are a person's: of their own id, of their own cases, of what they are called there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import false, or_, select

from fortnight.db.tables import case_file, look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Table


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of whoever takes, before any table is asked.

    Attributes
    ----------
    cases : tuple of str
        Cases of which they are the tested person.
    contacts : tuple of (str, str)
        Case of somebody else, and what they are called in it.
    pseudonyms : mapping
        By day since 1970 UTC.
    """

    person: str
    number: str = field(repr=False)
    language: str
    cases: tuple[str, ...]
    contacts: tuple[tuple[str, str], ...]
    pseudonyms: Mapping[int, bytes]


Rule: TypeAlias = "Callable[[Table, Known], ColumnElement[bool]]"


def own(table: Table, known: Known) -> ColumnElement[bool]:
    """Rows that hold the person's id."""
    rule: ColumnElement[bool] = table.c.person == known.person
    return rule


def about(table: Table, known: Known) -> ColumnElement[bool]:
    """Rows whose subject is the person, or one of their pseudonyms."""
    names = [known.person, *(one.hex() for one in known.pseudonyms.values())]
    rule: ColumnElement[bool] = table.c.subject.in_(names)
    return rule


def about_looks_too(table: Table, known: Known) -> ColumnElement[bool]:
    """Return rows whose subject is the person, or a look at them."""
    looks = select(look.c.id).where(look.c.person == known.person)
    return or_(about(table, known), table.c.subject.in_(looks))


def of_own_cases(column: str = "case_id") -> Rule:
    """Rows of the person's own cases."""

    def rule(table: Table, known: Known) -> ColumnElement[bool]:
        found: ColumnElement[bool] = table.c[column].in_(known.cases)
        return found

    return rule


def as_contact(table: Table, known: Known) -> ColumnElement[bool]:
    """Rows of other people's cases, under what the person is called there."""
    t: Any = table.c
    named = [(t.case_id == case) & (t.contact == contact) for case, contact in known.contacts]
    return or_(false(), *named)


def called(table: Table, known: Known) -> ColumnElement[bool]:
    """Return calls to the person: as a contact, or as the tested person of their own case."""
    themselves = table.c.case_id.in_(known.cases) & table.c.contact.is_(None)
    return or_(as_contact(table, known), themselves)


def beside(parent: Table, column: str, key: str = "id") -> Rule:
    """Rows that belong to a row with the person's id."""

    def rule(table: Table, known: Known) -> ColumnElement[bool]:
        mine = select(parent.c[key]).where(parent.c.person == known.person)
        found: ColumnElement[bool] = table.c[column].in_(mine)
        return found

    return rule


def token_of_cases(table: Table, known: Known) -> ColumnElement[bool]:
    """Words of laboratories for the person's own cases."""
    used = select(case_file.c.token_id).where(case_file.c.id.in_(known.cases))
    rule: ColumnElement[bool] = table.c.id.in_(used)
    return rule
