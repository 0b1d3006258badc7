"""How an account is related to a case, or to a contact of it: facts from the database.

``permissions`` says what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from sqlalchemy import bindparam, exists, select

from fortnight.db.office_tables import case_assignment, staff_conflict
from fortnight.db.tables import case_file
from fortnight.staff.permissions import Facts, Relation, allowed, relation_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import BindParameter, Select

    from fortnight.db.engine import Database
    from fortnight.staff.accounts import Account

Nearness = Literal["self", "tied"]


class Ties(Protocol):
    """Who knows whom, asked without telling who anybody is."""

    def near(self, number_hash: bytes, case_id: str) -> Mapping[str, Nearness]:
        """Return which contacts of a case are whoever has that number, or tied to them by calls."""


def _facts() -> Select[Any]:
    """Return the question what an account is to a case; written down once, for every page."""
    file, assigned, conflict = case_file.c, case_assignment.c, staff_conflict.c
    account: BindParameter[str] = bindparam("account")
    is_assigned = exists().where(
        assigned.case_id == file.id, assigned.account == account, assigned.until_at.is_(None)
    )
    is_declared = exists().where(conflict.case_id == file.id, conflict.account == account)
    columns = (file.district, file.state, file.number_hash)
    asked = select(*columns, is_assigned.label("is_assigned"), is_declared.label("is_declared"))
    return asked.where(file.id == bindparam("case"))


_FACTS: Final = _facts()


@dataclass(frozen=True, slots=True)
class Relations:
    """How accounts are related to records."""

    database: Database
    ties: Ties | None = None

    def of(self, account: Account, case_id: str, contact: str | None = None) -> Relation | None:
        """Return the relation to a case or to a contact of it; None where there is no such case."""
        asked = {"case": case_id, "account": account.id}
        with self.database.read() as connection:
            row = connection.execute(_FACTS, asked).one_or_none()
        if row is None:
            return None
        near = self._nearness(account, case_id, contact)
        is_self = account.number_hash is not None and account.number_hash == row.number_hash
        return relation_of(
            Facts(
                is_own_district=row.district == account.district,
                is_assigned=bool(row.is_assigned),
                is_closed=row.state == "closed",
                is_self=is_self or near == "self",
                has_conflict=bool(row.is_declared),
                is_tied=near == "tied",
            )
        )

    def not_for(self, account: Account, case_id: str) -> frozenset[str]:
        """Return the contacts of a case that somebody may not read: themself, or in their calls.

        A list shows of them that they are somebody else's to work on, and nothing more.
        """
        if self.ties is None or account.number_hash is None:
            return frozenset()
        near = self.ties.near(account.number_hash, case_id)
        return frozenset(
            one for one, how in near.items() if not allowed(account.role, "contact.read", how)
        )

    def _nearness(self, account: Account, case_id: str, contact: str | None) -> Nearness | None:
        if self.ties is None or contact is None or account.number_hash is None:
            return None
        return self.ties.near(account.number_hash, case_id).get(contact)
