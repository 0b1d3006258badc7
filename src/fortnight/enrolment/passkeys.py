"""A passkey in place of the PIN, for who wants one: bound to this site, and never sent.

It is no better than the lock of the phone: where another knows that, a PIN is the safer choice,
and the page says so. The key is not listed on the phone where the phone can do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, or_, select, update

from fortnight.db.enrolment_tables import portal_ceremony, portal_passkey
from fortnight.enrolment.people import TOO_LATE, change, standing_of
from fortnight.errors import RefusedError
from fortnight.passkey_site import SITE_NAME, Asked, Challenge, Site, UnsignedError, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database

NOT_KNOWN: Final = "This was not signed by a key of yours, or it took over 5 minutes. Begin again."
_ANSWER_WITHIN_MS: Final = 5 * 60_000
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The passkeys of people. ``origin``: scheme, name and port by which the pages are opened."""

    database: Database
    origin: str
    random: Callable[[int], bytes]

    @property
    def site(self) -> Site:
        """The site that passkeys are bound to."""
        return Site(self.origin, self.random)

    def is_there(self, person: str) -> bool:
        """Tell whether a person has a passkey here."""
        return bool(self._held(person))

    def begin_choosing(self, person: str, now: int) -> Asked:
        """Ask a browser for a new passkey. What it is told of the person says nothing of them."""
        asked = self.site.ask_for_new(self.random(_BYTES), SITE_NAME, SITE_NAME, is_listed=False)
        return self._asked("register", asked, person, now)

    def choose(
        self, secret: str | None, person: str, answer: bytes, now: int, *, is_unlocked: bool
    ) -> None:
        """Keep a new passkey: a first one in its time, or beside what was shown a moment ago.

        Raises RefusedError, and keeps nothing, where it is neither.
        """
        challenge = self._taken(secret, "register", person, now)
        try:
            made = self.site.made(challenge, answer)
        except UnsignedError as error:
            raise RefusedError(NOT_KNOWN) from error
        row = made._asdict() | {"person": person, "made_at": now}
        with self.database.write() as connection:
            standing = standing_of(connection, person)
            if standing is None or not (is_unlocked or standing.may_choose(now)):
                raise RefusedError(TOO_LATE)
            connection.execute(insert(portal_passkey).values(row))
            change(connection, person, shown_at=now)

    def begin(self, person: str, now: int) -> Asked:
        """Ask a browser for a passkey of that person."""
        asked = self.site.ask_for_one_of(self._held(person))
        return self._asked("unlock", asked, person, now)

    def show(self, secret: str | None, person: str, answer: bytes, now: int) -> None:
        """Raise RefusedError where it is not a passkey of that person that signed."""
        challenge = self._taken(secret, "unlock", person, now)
        try:
            given = read_answer(answer)
            public_key, count = self._key(person, given.credential)
            signed = self.site.count_of(challenge, given, public_key, count)
        except UnsignedError as error:
            raise RefusedError(NOT_KNOWN) from error
        self._count(given.credential, signed)

    def _asked(self, kind: str, asked: Challenge, person: str, now: int) -> Asked:
        secret = self.random(_BYTES).hex()
        row: dict[str, object] = {"secret_hash": _hash(secret), "kind": kind, "person": person}
        row |= {"challenge": asked.text, "expires_at": now + _ANSWER_WITHIN_MS}
        with self.database.write() as connection:
            connection.execute(delete(portal_ceremony).where(portal_ceremony.c.expires_at <= now))
            connection.execute(insert(portal_ceremony).values(row))
        return Asked(asked.options, secret)

    def _taken(self, secret: str | None, kind: str, person: str, now: int) -> str:
        """End what was asked, and return its challenge. Raises RefusedError where it is over."""
        c = portal_ceremony.c
        mine = (c.secret_hash == _hash(secret or ""), c.kind == kind, c.person == person)
        with self.database.write() as connection:
            taken = delete(portal_ceremony).where(*mine, c.expires_at > now)
            challenge = connection.scalar(taken.returning(c.challenge))
        if challenge is None:
            raise RefusedError(NOT_KNOWN)
        return str(challenge)

    def _held(self, person: str) -> list[bytes]:
        with self.database.read() as connection:
            of_them = portal_passkey.c.person == person
            return list(connection.scalars(select(portal_passkey.c.credential).where(of_them)))

    def _key(self, person: str, credential: bytes) -> tuple[bytes, int]:
        c = portal_passkey.c
        query = select(c.public_key, c.sign_count).where(
            c.credential == credential, c.person == person
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RefusedError(NOT_KNOWN)
        return row.public_key, row.sign_count

    def _count(self, credential: bytes, count: int) -> None:
        """Keep how often it signed. Refuse a count that another answer reached: it was copied."""
        held = portal_passkey.c.sign_count
        counted = update(portal_passkey).where(portal_passkey.c.credential == credential)
        with self.database.write() as connection:
            done = connection.execute(
                counted.where(or_(held < count, held == 0)).values(sign_count=count)
            )
        if not done.rowcount:
            raise RefusedError(NOT_KNOWN)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
