"""Exact times and places of the meetings that a person was told of, where the case allows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.case.exact import exact_for
from fortnight.taking.moments import instant

if TYPE_CHECKING:
    from fortnight.db.engine import Database
    from fortnight.taking.evidence import Taken
    from fortnight.vault.door import Vault


def meetings(database: Database, vault: Vault, person: str) -> list[Taken]:
    """Return the meetings, in order; none of a case that did not allow it, or no longer does."""
    with database.read() as connection:
        found = exact_for(connection, person, vault.opener_of_case)
    return [one._asdict() | {"start": instant(one.start), "end": instant(one.end)} for one in found]
