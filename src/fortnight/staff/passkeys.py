"""Passkeys: how staff sign in where there is no identity provider.

A passkey is bound to the name of this site, so a page that only looks like ours gets nothing, and
its device asks for a finger, a face or a code: possession and a second factor in one. We hold
public keys alone. Of the device's make nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import bytes_to_base64url

from fortnight.db.office_tables import staff_account, staff_passkey
from fortnight.errors import RefusedError
from fortnight.passkey_site import Asked, Challenge, Site, UnsignedError, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database
    from fortnight.staff.accounts import Account, Accounts
    from fortnight.staff.ceremonies import Ceremonies, Ceremony

NOT_INVITED: Final = (
    "The invitation is unknown, was used, or is older than 24 hours: ask the administrator for a "
    "new one."
)
NOT_KNOWN: Final = (
    "This passkey opens no account here. Ask the administrator to invite you, and register it."
)


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The passkeys of all accounts.

    Parameters
    ----------
    origin : str
        Scheme, name and port by which browsers open the office.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    accounts: Accounts
    ceremonies: Ceremonies
    origin: str
    random: Callable[[int], bytes]

    @property
    def site(self) -> Site:
        """The site that passkeys are bound to."""
        return Site(self.origin, self.random)

    # -- registering -------------------------------------------------------------------------------

    def begin_registration(self, code: str, now: int) -> Asked:
        """Ask a browser for a new passkey. Raises RefusedError where the code invites nobody."""
        account = self._invited(code, now)
        handle = account.id.encode()
        asked = self.site.ask_for_new(handle, account.login, account.name, is_listed=True)
        return self._asked("register", asked, now, account.id)

    def register(self, secret: str | None, code: str, answer: bytes, now: int) -> Account:
        """Keep a new passkey; the invitation is used up. Raises RefusedError."""
        asked = self.ceremonies.take(secret, "register", now)
        account = self._invited(code, now)
        if asked.account != account.id:
            raise RefusedError(NOT_INVITED)
        try:
            made = self.site.made(asked.challenge, answer)
        except UnsignedError as error:
            raise RefusedError("The passkey was not made as it was asked for.") from error
        row = made._asdict() | {"account": account.id, "made_at": now}
        self._keep(account, row, now)
        return account

    def _keep(self, account: Account, row: dict[str, object], now: int) -> None:
        try:
            with self.database.write() as connection:
                if not self.accounts.accept(connection, account.id, account.id, now):
                    raise RefusedError(NOT_INVITED)  # another used it this moment
                connection.execute(insert(staff_passkey).values(row))
        except IntegrityError as error:
            raise RefusedError("This passkey is registered already: sign in with it.") from error

    def _invited(self, code: str, now: int) -> Account:
        account = self.accounts.invited(code, now)
        if account is None:
            raise RefusedError(NOT_INVITED)
        return account

    # -- signing in --------------------------------------------------------------------------------

    def begin_sign_in(self, now: int) -> Asked:
        """Ask a browser for any passkey of this site: whose it is says the answer."""
        return self._asked("sign-in", self.site.ask_for_one_of(()), now, None)

    def sign_in(self, secret: str | None, answer: bytes, now: int) -> str:
        """Return whose passkey answered. Raises RefusedError, in the same words for all of them."""
        asked = self.ceremonies.take(secret, "sign-in", now)
        return self._verified(asked, answer)

    def begin_step_up(self, account: str, now: int) -> Asked:
        """Ask a browser for a passkey of that account."""
        with self.database.read() as connection:
            of_it = staff_passkey.c.account == account
            held = list(connection.scalars(select(staff_passkey.c.credential).where(of_it)))
        return self._asked("step-up", self.site.ask_for_one_of(held), now, account)

    def step_up(self, secret: str | None, account: str, answer: bytes, now: int) -> None:
        """Raise RefusedError where it is not a passkey of that account that answered."""
        asked = self.ceremonies.take(secret, "step-up", now)
        if asked.account != account or self._verified(asked, answer) != account:
            raise RefusedError(NOT_KNOWN)

    def _asked(self, kind: str, asked: Challenge, now: int, account: str | None) -> Asked:
        secret = self.ceremonies.begin(kind, asked.text, now, account=account)
        return Asked(asked.options, secret)

    def _verified(self, asked: Ceremony, answer: bytes) -> str:
        """Return the account of the passkey that signed, and count the signature."""
        try:
            given = read_answer(answer)
            account, public_key, count = self._held(given.credential)
            signed = self.site.count_of(asked.challenge, given, public_key, count)
        except UnsignedError as error:
            raise RefusedError(NOT_KNOWN) from error
        if given.handle is not None and given.handle != bytes_to_base64url(account.encode()):
            raise RefusedError(NOT_KNOWN)
        self._count(given.credential, signed)
        return account

    def _held(self, credential: bytes) -> tuple[str, bytes, int]:
        joined = staff_passkey.join(staff_account, staff_account.c.id == staff_passkey.c.account)
        columns = (staff_passkey.c.account, staff_passkey.c.public_key, staff_passkey.c.sign_count)
        query = (
            select(*columns)
            .select_from(joined)
            .where(staff_passkey.c.credential == credential, staff_account.c.ended_at.is_(None))
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RefusedError(NOT_KNOWN)
        return row.account, row.public_key, row.sign_count

    def _count(self, credential: bytes, count: int) -> None:
        """Keep how often it signed. Refuse a count that another answer reached: it was copied."""
        held = staff_passkey.c.sign_count
        with self.database.write() as connection:
            counted = connection.execute(
                update(staff_passkey)
                .where(staff_passkey.c.credential == credential)
                .where(or_(held < count, held == 0))
                .values(sign_count=count)
            )
        if not counted.rowcount:
            raise RefusedError(NOT_KNOWN)
