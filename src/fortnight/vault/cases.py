"""What the vault asks of a case before anyone is named for it, in the main database.

No case, no key: a case that stands has a laboratory token bound to the tested person's number,
and that person's own yes, and is neither closed nor withdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from fortnight.db.tables import case_file, laboratory_token
from fortnight.errors import RefusedError
from fortnight.vault.rows_sqlite import parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from fortnight.consent.store import Consents

_OVER: Final = ("closed", "withdrawn")
_WITH_TOKEN: Final = (
    select(case_file, laboratory_token.c.number_hash.label("token_hash"))
    .outerjoin(laboratory_token, case_file.c.token_id == laboratory_token.c.id)
    .where(case_file.c.id == bindparam("case"))
)


@dataclass(frozen=True, slots=True)
class StandingCase:
    """A case, the tested person's id where they are enrolled, and their number's keyed hash."""

    id: str
    person: str | None
    number_hash: bytes


def standing_case(connection: Connection, case_id: str) -> StandingCase:
    """Return a case that stands. Raises RefusedError, with the first reason, where it does not."""
    row = connection.execute(_WITH_TOKEN, {"case": case_id}).first()
    if row is None:
        raise RefusedError("There is no such case: people are looked up for a case alone.")
    if row.token_hash is None:
        raise RefusedError("This case has no laboratory token: ask the laboratory for one.")
    if row.token_hash != row.number_hash:
        raise RefusedError("The laboratory's token of this case is for another number.")
    if row.state in _OVER:
        raise RefusedError(f"This case is {row.state}: nobody is looked up for it any more.")
    if row.agreed_at is None:
        raise RefusedError(
            "The case has not said yes: send the code, and enter what they read back."
        )
    return StandingCase(row.id, row.person, row.number_hash)


def exported_case(connection: Connection, case_id: str, role: str) -> StandingCase:
    """Return a case that stands, or for a lead one that is closed. Raises as `standing_case`."""
    c, token = case_file.c, laboratory_token.c
    closed = c.id == case_id, c.state == "closed", c.agreed_at.is_not(None)
    query = select(c.id, c.person, c.number_hash).where(*closed)
    query = query.join(
        laboratory_token, (token.id == c.token_id) & (token.number_hash == c.number_hash)
    )
    row = connection.execute(query).first() if role == "lead" else None
    return standing_case(connection, case_id) if row is None else StandingCase(*row)


def refuse_unknown_case(connection: Connection, case_id: str) -> None:
    """Raise RefusedError where there is no such case."""
    known = connection.scalar(select(case_file.c.id).where(case_file.c.id == case_id))
    if known is None:
        raise RefusedError("There is no such case: name the case that this is for.")


def holders(
    consents: Consents, connection: Connection, people: Collection[str], grants: Collection[str]
) -> dict[str, set[str]]:
    """Return for each kind of grant who of the people has it live."""
    return consents.holders(connection, people, grants)


def holders_of_any(
    consents: Consents, connection: Connection, people: Collection[str], grants: Collection[str]
) -> set[str]:
    """Return who of the people has at least one of the grants live."""
    return set().union(*holders(consents, connection, people, grants).values())


def other_cases(
    connection: Connection, case_id: str, people: Collection[str]
) -> list[tuple[str, str]]:
    """Return (person, case) of those of some people who are a case of the same disease.

    Only what they said yes to themselves, and no test that was withdrawn.
    """
    c = case_file.c
    disease = select(c.disease).where(c.id == case_id).scalar_subquery()
    stands = c.disease == disease, c.agreed_at.is_not(None), c.state != "withdrawn"
    found = select(c.person, c.id).where(c.id != case_id, *stands).order_by(c.id)
    return [
        (row.person, row.id)
        for part in parts(sorted(people))
        for row in connection.execute(found.where(c.person.in_(part)))
    ]
