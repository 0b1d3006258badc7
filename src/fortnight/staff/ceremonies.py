"""Ceremonies: what was asked of a browser and is not answered yet. Each is answered once.

The browser holds a secret in a cookie, we its hash and what the answer has to hold: an answer
that another browser caught, or one that was given before, is worth nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert

from fortnight.db.office_tables import staff_ceremony
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database

ANSWER_WITHIN_MS: Final = 5 * 60_000
OVER: Final = "The sign-in took longer than 5 minutes, or was begun elsewhere: begin again."
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What was asked.

    Attributes
    ----------
    challenge : str
        What the answer has to hold.
    verifier : str or None
        Of PKCE: what only whoever asked can tell the identity provider.
    account : str or None
        Whose answer it has to be, where that is known.
    """

    challenge: str
    account: str | None
    expires_at: int
    verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ceremonies:
    """The ceremonies that are under way."""

    database: Database
    random: Callable[[int], bytes]

    def begin(
        self,
        kind: str,
        challenge: str,
        now: int,
        *,
        account: str | None = None,
        verifier: str | None = None,
    ) -> str:
        """Begin one, and return the secret for the cookie."""
        secret = self.text()
        with self.database.write() as connection:
            old = staff_ceremony.c.expires_at <= now
            connection.execute(delete(staff_ceremony).where(old))
            connection.execute(
                insert(staff_ceremony).values(
                    secret_hash=_hash(secret),
                    kind=kind,
                    challenge=challenge,
                    verifier=verifier,
                    account=account,
                    expires_at=now + ANSWER_WITHIN_MS,
                )
            )
        return secret

    def take(self, secret: str | None, kind: str, now: int) -> Ceremony:
        """End one, and return what was asked. Raises RefusedError where it is over."""
        of_it = staff_ceremony.c.secret_hash == _hash(secret or "")
        with self.database.write() as connection:
            row = connection.execute(
                delete(staff_ceremony)
                .where(of_it, staff_ceremony.c.kind == kind, staff_ceremony.c.expires_at > now)
                .returning(*staff_ceremony.c)
            ).one_or_none()
        if row is None:
            raise RefusedError(OVER)
        return Ceremony(row.challenge, row.account, row.expires_at, row.verifier)

    def text(self) -> str:
        """Return 256 random bits as text."""
        return base64.urlsafe_b64encode(self.random(_SECRET_BYTES)).decode().rstrip("=")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
