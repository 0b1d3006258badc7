"""Decisions as values, and the queries that give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, select

from fortnight.db.office_tables import decision, staff_account
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row, Select

Kind = Literal["tell", "dismiss"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about one contact of a case, and who.

    Instants are ms since 1970. ``by`` and ``second_by`` are accounts.
    """

    id: str
    case_id: str
    contact: str
    kind: Kind
    reason: str
    by: str
    by_name: str
    at: int
    needs_second: bool
    second_by: str | None
    second_by_name: str | None
    second_at: int | None
    retracted_at: int | None
    retracted_why: str | None

    @property
    def is_live(self) -> bool:
        """Whether it stands."""
        return self.retracted_at is None

    @property
    def is_waiting(self) -> bool:
        """Whether a second person has to agree before anything follows."""
        return self.is_live and self.needs_second and self.second_by is None

    @property
    def is_told(self) -> bool:
        """Whether it stands, and the contact is told by it."""
        return self.is_live and self.kind == "tell" and not self.is_waiting


def waits() -> ColumnElement[bool]:
    """Return the condition of those that wait for a second person."""
    c = decision.c
    return c.retracted_at.is_(None) & c.needs_second.is_(True) & c.second_by.is_(None)


def query() -> Select[Any]:
    """Return the query of all decisions, the newest first, with the names of who took them."""
    by, second = staff_account.alias("by_account"), staff_account.alias("second_account")
    return (
        select(decision, by.c.name.label("by_name"), second.c.name.label("second_by_name"))
        .join(by, by.c.id == decision.c.by)
        .outerjoin(second, second.c.id == decision.c.second_by)
        .order_by(decision.c.at.desc(), decision.c.id)
    )


_ONE: Final = query().where(decision.c.id == bindparam("decision"))
_OF_CASE: Final = query().where(decision.c.case_id == bindparam("case"))


def decision_with(connection: Connection, decision_id: str) -> Decision:
    """Return one decision. Raises RefusedError where there is none."""
    row = connection.execute(_ONE, {"decision": decision_id}).first()
    if row is None:
        raise RefusedError(f"There is no decision {decision_id}.")
    return decision_of(row)


def decisions_of(connection: Connection, case_id: str) -> tuple[Decision, ...]:
    """Return every decision of a case, the newest first."""
    return tuple(decision_of(row) for row in connection.execute(_OF_CASE, {"case": case_id}))


def decision_of(row: Row[Any]) -> Decision:
    """Return a row of `query` as a value."""
    return Decision(
        id=row.id,
        case_id=row.case_id,
        contact=row.contact,
        kind=row.kind,
        reason=row.reason,
        by=row.by,
        by_name=row.by_name,
        at=row.at,
        needs_second=row.needs_second,
        second_by=row.second_by,
        second_by_name=row.second_by_name,
        second_at=row.second_at,
        retracted_at=row.retracted_at,
        retracted_why=row.retracted_why,
    )
