"""Sessions: who is signed in, for 15 minutes without a sign of life and 8 hours at most.

The browser holds a secret, we its hash. A session begins with a new secret at every sign-in, so
that one that was put into a browser before is worth nothing after.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from fortnight.db.office_tables import staff_account, staff_session
from fortnight.staff.accounts import Account, account_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from fortnight.db.engine import Database

IDLE_MS: Final = 15 * 60_000
LONGEST_MS: Final = 8 * 3_600_000
STEPPED_UP_MS: Final = 5 * 60_000
_SEEN_EVERY_MS: Final = 20_000
"""How often a sign of life is written down. A write for every page would slow all of them; a
session ends that much earlier at most. Nobody waits for the disk: what a dying machine loses of
it ends a session earlier too."""
_SECRET_BYTES: Final = 32
_LONGEST_SECRET: Final = 64

_LIVE: Final = (
    select(
        staff_account,
        staff_session.c.made_at.label("begun_at"),
        staff_session.c.seen_at,
        staff_session.c.stepped_up_at,
    )
    .join_from(staff_session, staff_account, staff_account.c.id == staff_session.c.account)
    .where(
        staff_session.c.secret_hash == bindparam("secret"),
        staff_session.c.ended_at.is_(None),
        staff_account.c.ended_at.is_(None),
        staff_session.c.made_at > bindparam("made_after"),
        staff_session.c.seen_at > bindparam("seen_after"),
    )
)
"""Written down once: every page asks it."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in.

    Attributes
    ----------
    csrf : str
        What every form of the session holds, and no other site can know.
    """

    account: Account
    made_at: int
    seen_at: int
    stepped_up_at: int | None
    csrf: str = field(repr=False)

    def is_stepped_up(self, now: int) -> bool:
        """Tell whether they showed again, in the last 5 minutes, that it is they."""
        return self.stepped_up_at is not None and 0 <= now - self.stepped_up_at < STEPPED_UP_MS


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions.

    Parameters
    ----------
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    random: Callable[[int], bytes]

    def begin(self, account: str, now: int, *, before: str | None = None) -> str:
        """Begin a session and return its secret, once; the one of the secret before it ends."""
        secret = base64.urlsafe_b64encode(self.random(_SECRET_BYTES)).decode().rstrip("=")
        with self.database.write() as connection:
            if before is not None:
                connection.execute(delete(staff_session).where(_of(before)))
            connection.execute(
                insert(staff_session).values(
                    secret_hash=_hash(secret), account=account, made_at=now, seen_at=now
                )
            )
        return secret

    def touch(self, secret: str, now: int) -> Session | None:
        """Return whose session a secret is, and take note that they are there.

        None where there is no such session, it ended, or the account did.
        """
        if len(secret) > _LONGEST_SECRET:
            return None
        asked = {
            "secret": _hash(secret),
            "made_after": now - LONGEST_MS,
            "seen_after": now - IDLE_MS,
        }
        with self.database.read() as connection:
            row = connection.execute(_LIVE, asked).one_or_none()
        if row is None:
            return None
        if now - row.seen_at >= _SEEN_EVERY_MS:
            self._see(secret, now)
        csrf = hmac.digest(secret.encode(), b"form", "sha256").hex()
        return Session(account_of(row), row.begun_at, row.seen_at, row.stepped_up_at, csrf)

    def _see(self, secret: str, now: int) -> None:
        with self.database.write_soon() as connection:
            later = staff_session.c.seen_at < now  # of two pages at once the later one counts
            seen = update(staff_session).where(_of(secret), later).values(seen_at=now)
            connection.execute(seen)

    def step_up(self, secret: str, now: int) -> None:
        """Take note that whoever holds the session showed again that it is they."""
        with self.database.write() as connection:
            connection.execute(
                update(staff_session).where(_of(secret)).values(stepped_up_at=now, seen_at=now)
            )

    def end(self, secret: str) -> None:
        """End a session, if there is one."""
        with self.database.write() as connection:
            connection.execute(delete(staff_session).where(_of(secret)))


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()


def _of(secret: str) -> ColumnElement[bool]:
    return staff_session.c.secret_hash == _hash(secret)
