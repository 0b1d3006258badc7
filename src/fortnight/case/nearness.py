"""Which contacts of a case somebody who works here must leave to others.

The vault answers for measured contacts. Whom a case named is held in no table but their own, so
their number is compared with the colleague's, and with nobody else's: they are matched with no
evidence here either.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from fortnight.case.named import held_of
from fortnight.db.office_tables import named_contact
from fortnight.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

Nearness = Literal["self", "tied"]


@dataclass(frozen=True, slots=True)
class Near:
    """Answers by contact numbers, and names nobody."""

    database: Database
    vault: Vault

    def near(self, number_hash: bytes, case_id: str) -> Mapping[str, Nearness]:
        """Return the contacts who are whoever has a number, or are in calls with them.

        Somebody named who was found to be a measured contact is as near as that one, and the
        other way round.
        """
        words: Mapping[str, Nearness] = {"self": "self", "tied": "tied"}
        found = {one: words[how] for one, how in self.vault.near(number_hash, case_id).items()}
        c = named_contact.c
        with self.database.read() as connection:
            rows = connection.execute(
                select(named_contact).where(c.case_id == case_id, c.objected_at.is_(None))
            ).all()
        for row in rows:
            if row.merged_with in found:
                found[row.contact] = found[row.merged_with]
            if self._is_theirs(row, number_hash):
                found |= dict.fromkeys(filter(None, (row.contact, row.merged_with)), "self")
        return found

    def _is_theirs(self, row: Row[tuple[object, ...]], number_hash: bytes) -> bool:
        try:
            number = held_of(self.vault, row).number
        except GoneError:  # nobody can read it any more
            return False
        return bool(number) and hmac.compare_digest(self.vault.number_hash(number), number_hash)
