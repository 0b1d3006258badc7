"""Accounts of those who work here: who they are, which role and district, and their way in.

An account is made with an invitation, a code that is shown once and registers one passkey, or
with the subject by which the identity provider knows them. Each change has its entry in the log.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fortnight.db.office_tables import (
    ROLES,
    staff_account,
    staff_ceremony,
    staff_passkey,
    staff_session,
)
from fortnight.errors import ConflictError, QuestionError
from fortnight.ledger.append import add as add_leaf
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection, Row

    from fortnight.db.engine import Database

INVITED_MS: Final = 24 * 3_600_000
"""How long an invitation is good for."""
_CODE_BYTES: Final = 20
_LONGEST: Final = {"login": 128, "name": 128, "district": 64, "subject": 255}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who works here.

    Attributes
    ----------
    number_hash : bytes or None
        Keyed hash of their own number, by which they are kept from their own case.
    """

    id: str
    login: str
    name: str
    role: str
    district: str
    subject: str | None
    made_at: int
    ended_at: int | None
    number_hash: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of.

    Attributes
    ----------
    number : str, optional
        Their own phone number; only its keyed hash is kept.
    subject : str, optional
        The identity provider's name for them.
    """

    login: str
    role: str
    name: str
    district: str
    number: str | None = field(default=None, repr=False)
    subject: str | None = None

    def check(self) -> None:
        """Raise QuestionError for an unknown role, or a text that is empty or too long."""
        if self.role not in ROLES:
            raise QuestionError(f"There is no role {self.role!r}: {', '.join(ROLES)}.")
        for name, most in _LONGEST.items():
            text = getattr(self, name)
            if text is not None and not 0 < len(text.strip()) <= most:
                raise QuestionError(f"The {name} has to have 1 to {most} characters.")
            if text is not None and not text.isprintable():
                raise QuestionError(f"The {name} has characters that are not printed.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """An account, and the code that registers its first passkey; shown this once."""

    account: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts.

    Parameters
    ----------
    secret : bytes
        Under which codes of invitations are hashed.
    number_hash : callable
        The vault's keyed hash of a number; RefusedError for what is no number.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    secret: bytes = field(repr=False)
    number_hash: Callable[[str], bytes]
    random: Callable[[int], bytes]

    def add(self, new: NewAccount, *, by: str, now: int) -> Invitation:
        """Make an account. Raises ConflictError where login or subject is another's."""
        new.check()
        made = Invitation(self.random(16).hex(), self._code())
        row = {
            "id": made.account,
            "login": new.login.strip(),
            "subject": new.subject,
            "name": new.name.strip(),
            "role": new.role,
            "district": new.district.strip(),
            "number_hash": None if new.number is None else self.number_hash(new.number),
            "invite_hash": self._hash(made.code),
            "invite_until": now + INVITED_MS,
            "made_at": now,
        }
        try:
            with self.database.write() as connection:
                connection.execute(insert(staff_account).values(row))
                self._log(connection, made.account, "account-added", by, now, role=new.role)
        except IntegrityError as error:
            raise ConflictError(
                "There is an account with that login or subject: choose another."
            ) from error
        return made

    def end(self, account: str, *, by: str, now: int) -> None:
        """End an account: nobody signs in with it any more, and its sessions are over at once."""
        with self.database.write() as connection:
            _open_one(connection, account)
            connection.execute(
                update(staff_account)
                .where(staff_account.c.id == account)
                .values(ended_at=now, invite_hash=None, invite_until=None)
            )
            _forget_ways_in(connection, account)
            self._log(connection, account, "account-ended", by, now)

    def invite(self, account: str, *, by: str, now: int) -> Invitation:
        """Invite somebody anew, who lost their passkey: the old ones and all sessions end."""
        made = Invitation(account, self._code())
        with self.database.write() as connection:
            _open_one(connection, account)
            connection.execute(
                update(staff_account)
                .where(staff_account.c.id == account)
                .values(invite_hash=self._hash(made.code), invite_until=now + INVITED_MS)
            )
            _forget_ways_in(connection, account)
            self._log(connection, account, "account-invited", by, now)
        return made

    def set_number(self, account: str, number: str | None, *, by: str, now: int) -> None:
        """Register somebody's own number, by its keyed hash alone; None takes it back.

        By it they are kept from their own case, from themself as a contact, and from contacts in
        their calls, which the lake looks through anew. An administrator does this, who reads no
        case: whoever could change their own number would learn by trying whose a contact is.
        """
        hashed = None if number is None else self.number_hash(number)
        with self.database.write() as connection:
            _open_one(connection, account)
            connection.execute(
                update(staff_account)
                .where(staff_account.c.id == account)
                .values(number_hash=hashed, ties_at=None)
            )
            step = "number-removed" if hashed is None else "number-registered"
            self._log(connection, account, step, by, now)

    def invited(self, code: str, now: int) -> Account | None:
        """Return whose invitation a code is, while it is good."""
        return self._one(
            (staff_account.c.invite_hash == self._hash(code))
            & (staff_account.c.invite_until > now)
            & staff_account.c.ended_at.is_(None)
        )

    def accept(self, connection: Connection, account: str, by: str, now: int) -> bool:
        """Use an account's invitation up in the caller's transaction; False where it was."""
        used = connection.execute(
            update(staff_account)
            .where(staff_account.c.id == account, staff_account.c.invite_until > now)
            .where(staff_account.c.ended_at.is_(None))
            .values(invite_hash=None, invite_until=None)
        )
        if used.rowcount:
            self._log(connection, account, "passkey-registered", by, now)
        return bool(used.rowcount)

    def with_id(self, account: str) -> Account | None:
        """Return an account by its id, ended ones too."""
        return self._one(staff_account.c.id == account)

    def with_login(self, login: str) -> Account | None:
        """Return an account by its login, ended ones too."""
        return self._one(staff_account.c.login == login.strip())

    def with_subject(self, subject: str) -> Account | None:
        """Return the open account that the identity provider calls by that name."""
        return self._one((staff_account.c.subject == subject) & staff_account.c.ended_at.is_(None))

    def list(self) -> tuple[Account, ...]:
        """Return every account, ended ones too, by login."""
        with self.database.read() as connection:
            rows = connection.execute(select(staff_account).order_by(staff_account.c.login))
            return tuple(map(account_of, rows))

    def _one(self, rule: ColumnElement[bool]) -> Account | None:
        with self.database.read() as connection:
            row = connection.execute(select(staff_account).where(rule)).one_or_none()
        return None if row is None else account_of(row)

    def _code(self) -> str:
        return base64.b32encode(self.random(_CODE_BYTES)).decode().lower()

    def _hash(self, code: str) -> bytes:
        text = code.strip().lower().encode(errors="surrogatepass")
        return hmac.digest(self.secret, b"staff invitation " + text, "sha256")

    def _log(
        self, connection: Connection, account: str, step: str, by: str, now: int, **more: str
    ) -> None:
        detail = {"account": account, "step": step, **more}
        leaf = make_leaf("settings", now, detail, {"by": by}, self.random)
        add_leaf(connection, leaf, now)


def account_of(row: Row[Any]) -> Account:
    """Return the account in a row that holds every column of the table."""
    return Account(
        row.id,
        row.login,
        row.name,
        row.role,
        row.district,
        row.subject,
        row.made_at,
        row.ended_at,
        row.number_hash,
    )


def _open_one(connection: Connection, account: str) -> None:
    of_it = staff_account.c.id == account, staff_account.c.ended_at.is_(None)
    if connection.scalar(select(staff_account.c.id).where(*of_it).with_for_update()) is None:
        raise ConflictError("There is no such account, or it has ended.")


def _forget_ways_in(connection: Connection, account: str) -> None:
    for table in (staff_session, staff_passkey, staff_ceremony):
        connection.execute(delete(table).where(table.c.account == account))
