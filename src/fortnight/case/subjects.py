"""Whom something is decided about: a contact that was measured, or named by the case, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from fortnight.case.exposures import exposure_or_none
from fortnight.db.office_tables import named_contact
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fortnight.case.exposures import Exposure


_OF_CASE: Final = select(named_contact).where(named_contact.c.case_id == bindparam("case"))
_NAMED: Final = _OF_CASE.where(named_contact.c.contact == bindparam("contact"))
_MERGED: Final = _OF_CASE.where(named_contact.c.merged_with == bindparam("contact"))


@dataclass(frozen=True, slots=True)
class Subject:
    """One contact: what was measured of them, and the row of whom the case named."""

    contact: str
    measured: Exposure | None
    named: Row[Any] | None


def subject_of(connection: Connection, case_id: str, contact: str) -> Subject:
    """Return whom a contact number of a case stands for.

    Raises RefusedError where it stands for nobody, for whoever objected, and for somebody named
    who was found to be a measured contact: the measured number is theirs then.
    """
    one = exposure_or_none(connection, case_id, contact)
    asked = {"case": case_id, "contact": contact}
    named = connection.execute(_NAMED if one is None else _MERGED, asked).first()
    if one is None and named is None:
        raise RefusedError(f"Case {case_id} has no contact {contact}.")
    if named is not None and named.objected_at is not None:
        raise RefusedError(f"Contact {contact} objected: nothing more is done about them.")
    if one is None and named is not None and named.merged_with is not None:
        raise RefusedError(f"This is contact {named.merged_with} too: decide about that one.")
    return Subject(contact, one, named)
