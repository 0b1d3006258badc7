"""Whether a tested person lets those who are told see exact times and places.

The grant is of a case: it counts for the files of their own that they had said yes to when they
gave it, while those are open. A later test asks anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from fortnight.consent.grant import OF_A_CASE
from fortnight.db.tables import case_file, consent_grant

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OPEN: Final = select(case_file.c.id).where(
    case_file.c.state.in_(("agreed", "traced")), case_file.c.agreed_at.is_not(None)
)
_COUNTS: Final = _OPEN.join(consent_grant, consent_grant.c.person == case_file.c.person).where(
    consent_grant.c.kind == OF_A_CASE,
    consent_grant.c.withdrawn_at.is_(None),
    consent_grant.c.given_at >= case_file.c.agreed_at,  # not one of a test before
)
_OF_CASE: Final = _COUNTS.where(case_file.c.id == bindparam("case"))
_OF_PERSON: Final = _COUNTS.where(case_file.c.person == bindparam("person"))
_FILES: Final = _OPEN.where(case_file.c.person == bindparam("person"))


def allows_exact(connection: Connection, case_id: str) -> bool:
    """Tell whether those who are told of a case may see exact times and places, now."""
    return connection.scalar(_OF_CASE, {"case": case_id}) is not None


def has_open_file(connection: Connection, person: str) -> bool:
    """Tell whether there is a file of a person's own test that they said yes to."""
    return connection.scalar(_FILES, {"person": person}) is not None


def counts(connection: Connection, person: str) -> bool:
    """Tell whether what a person allowed counts for any file of theirs."""
    return connection.scalar(_OF_PERSON, {"person": person}) is not None
