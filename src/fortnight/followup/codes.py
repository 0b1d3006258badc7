"""Short codes: the six digits of a day's text, and those by which a household joins.

There is no secret in a link: who opens the portal they know types the number that is theirs and
the digits they were sent. Five tries; every wrong answer is the same answer.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from fortnight.db.support_tables import household_code, portal_code
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault

DIGITS: Final = 6
HOUSEHOLD_DIGITS: Final = 8
TRIES: Final = 5
VALID_MS: Final = 86_400_000
NO_TRY_LEFT: Final = "Five tries were wrong: try again tomorrow, with digits that are new."
NOT_SAID: Final = (
    "This number and these digits do not go together, or the digits hold no more: they have five "
    "tries and a day. Type those of the last text, or call the health team."
)


class Tries:
    """How often each person typed digits that were none, in memory: a restart begins anew.

    The digits of a household name nobody, so each try is one at every invitation there is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[str, list[int]] = {}

    def refuse(self, person: str, now: int) -> None:
        """Raise RefusedError for whoever has no try left for a day."""
        with self._lock:
            self._held = {
                one: left
                for one, tries in self._held.items()
                if (left := [at for at in tries if at > now - VALID_MS])
            }
            if len(self._held.get(person, ())) >= TRIES:
                raise RefusedError(NO_TRY_LEFT)

    def missed(self, person: str, now: int) -> None:
        """Count a try that opened nothing."""
        with self._lock:
            self._held.setdefault(person, []).append(now)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of people. ``secret`` is a master secret from the folder of keys."""

    database: Database
    vault: Vault
    random: Callable[[int], bytes]
    secret: bytes = field(repr=False)
    tries: Tries = field(default_factory=Tries, repr=False)

    def new(self, connection: Connection, person: str, now: int) -> str:
        """Make a person's digits in the caller's transaction; older ones hold no more."""
        digits = self._digits(DIGITS)
        connection.execute(delete(portal_code).where(portal_code.c.person == person))
        connection.execute(
            insert(portal_code).values(
                person=person,
                code_hash=self._hash(person, digits),
                tries=0,
                expires_at=now + VALID_MS,
            )
        )
        return digits

    def person_with(self, number: str, digits: str, now: int) -> str:
        """Return whose number and digits these are.

        Raises RefusedError, in the same words whatever is wrong; each try counts.
        """
        person = self.vault.person_with(number)
        said = person is not None and self._tried(person, digits.strip(), now)
        if person is None or not said:
            raise RefusedError(NOT_SAID)
        return person

    def invite(self, connection: Connection, person: str, now: int) -> str:
        """Make digits by which another of the household joins, in the caller's transaction."""
        digits = self._digits(HOUSEHOLD_DIGITS)
        connection.execute(delete(household_code).where(household_code.c.person == person))
        row = {"person": person, "expires_at": now + VALID_MS}
        row["code_hash"] = self._hash("household", digits)
        connection.execute(insert(household_code).values(row))
        return digits

    def invited_by(self, connection: Connection, person: str, digits: str, now: int) -> str:
        """Return who invited a person, and use the digits up.

        Raises RefusedError where nobody did; after five such tries for a day.
        """
        self.tries.refuse(person, now)
        c = household_code.c
        same = c.code_hash == self._hash("household", digits.strip())
        other = connection.scalar(select(c.person).where(same, c.expires_at > now))
        if other is None:
            self.tries.missed(person, now)
            raise RefusedError("These digits hold no more: ask for new ones, they last a day.")
        connection.execute(delete(household_code).where(same))
        return str(other)

    def _tried(self, person: str, digits: str, now: int) -> bool:
        """Tell whether they are a person's digits. The try is committed before it is answered."""
        c = portal_code.c
        with self.database.write() as connection:
            held = select(portal_code).where(c.person == person).with_for_update()
            row = connection.execute(held).first()
            if row is None or row.tries >= TRIES or row.expires_at <= now:
                return False
            said = hmac.compare_digest(row.code_hash, self._hash(person, digits))
            if not said:
                tried = update(portal_code).where(c.person == person)
                connection.execute(tried.values(tries=row.tries + 1))
            return said

    def _digits(self, count: int) -> str:
        return f"{int.from_bytes(self.random(8), 'big') % 10**count:0{count}}"

    def _hash(self, whose: str, digits: str) -> bytes:
        return hmac.digest(self.secret, f"support code {whose} {digits}".encode(), "sha256")
