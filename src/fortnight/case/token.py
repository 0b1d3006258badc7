"""Laboratories and their tokens: without a laboratory's word there is no case.

A laboratory gives one token for one test of one person, whom it names by their number. The token
opens one case, once, within 48 hours. Keys and tokens are kept as keyed hashes alone: what the
database holds opens nothing.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from fortnight.db.tables import case_file, laboratory, laboratory_token
from fortnight.errors import ConflictError, RefusedError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection

    from fortnight.db.engine import Database

VALID_MS: Final = 48 * 3_600_000
"""How long a token opens a case."""
_SECRET_BYTES: Final = 20
_KEY_MARK: Final = "fnlab-"
_TOKEN_MARK: Final = "fncase-"  # noqa: S105 - what every token begins with
NOT_VALID: Final = (
    "The token opens no case for this number: it is unknown, was used, is older than 48 hours, or "
    "was given for another number. Ask the laboratory for a new one."
)
"""The one answer to every token that is not valid: which of them it was is not told."""


@dataclass(frozen=True, slots=True)
class NewLaboratory:
    """A laboratory, and its key, which is shown this once."""

    id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Laboratories:
    """Who may say that somebody was tested positive.

    Parameters
    ----------
    secret : bytes
        The master secret ``token``, from the folder of keys.
    number_hash : callable
        The vault's keyed hash of a number; RefusedError for what is no number.
    """

    database: Database
    secret: bytes = field(repr=False)
    number_hash: Callable[[str], bytes]
    random: Callable[[int], bytes]

    def register(self, name: str, now: int) -> NewLaboratory:
        """Add a laboratory. Raises ConflictError where one has that name."""
        new = NewLaboratory(self.random(16).hex(), _KEY_MARK + self._text())
        row = {"id": new.id, "name": name, "key_hash": self._hash("key", new.key), "made_at": now}
        try:
            with self.database.write() as connection:
                connection.execute(insert(laboratory).values(row))
                self._log(connection, {"laboratory": new.id, "step": "laboratory-added"}, now)
        except IntegrityError as error:
            raise ConflictError("There is a laboratory of that name: choose another.") from error
        return new

    def revoke(self, laboratory_id: str, now: int) -> None:
        """End a laboratory's key, and every token of it that was not used."""
        with self.database.write() as connection:
            ended = connection.execute(
                update(laboratory)
                .where(laboratory.c.id == laboratory_id, laboratory.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            if not ended.rowcount:
                raise ConflictError(
                    f"There is no laboratory {laboratory_id} with a key that holds."
                )
            self._log(connection, {"laboratory": laboratory_id, "step": "laboratory-ended"}, now)

    def issue(self, key: str, test: str, number: str, now: int) -> str:
        """Give a token for one test of the person with that number; its text is shown this once.

        A laboratory that lost the answer may ask again while the token is unused: the earlier
        text no longer opens anything. Raises RefusedError for an unknown key or what is no
        number, ConflictError where the test's token was used or is another person's.
        """
        return self._issue(lambda connection: self._holder(connection, key), test, number, now)

    def issue_for(self, laboratory_id: str, test: str, number: str, now: int) -> str:
        """Give a token as `issue` does, for a laboratory that `authenticate` named."""
        return self._issue(lambda connection: _live(connection, laboratory_id), test, number, now)

    def authenticate(self, key: str) -> str | None:
        """Return the id of the laboratory with a key that holds, or None."""
        with self.database.read() as connection:
            return self._with_key(connection, key)

    def void(self, laboratory_id: str, test: str, now: int) -> str | None:
        """Void the unused token of a test; return the case that a used one opened, if it did."""
        mine = laboratory_token.c.test_hash == self._hash("test", f"{laboratory_id} {test}")
        with self.database.write() as connection:
            gone = connection.execute(
                delete(laboratory_token).where(mine, laboratory_token.c.used_at.is_(None))
            )
            if gone.rowcount:
                self._log(connection, {"laboratory": laboratory_id, "step": "token-voided"}, now)
            opened: str | None = connection.scalar(
                select(case_file.c.id)
                .join(laboratory_token, case_file.c.token_id == laboratory_token.c.id)
                .where(mine)
            )
        return opened

    def _issue(self, whose: Callable[[Connection], str], test: str, number: str, now: int) -> str:
        number_hash = self.number_hash(number)
        token = _TOKEN_MARK + self._text()
        try:
            with self.database.write() as connection:
                who = whose(connection)
                row = {
                    "token_hash": self._hash("token", token),
                    "laboratory": who,
                    "test_hash": self._hash("test", f"{who} {test}"),
                    "number_hash": number_hash,
                    "issued_at": now,
                    "expires_at": now + VALID_MS,
                }
                given = self._insert(connection, row)
                detail = {"laboratory": who, "step": "token-given", "token": given}
                self._log(connection, detail, now)
        except IntegrityError as error:  # asked twice at the same moment
            raise ConflictError(
                "A token for this test was given a moment ago: ask again."
            ) from error
        return token

    def use(self, connection: Connection, token: str, number_hash: bytes, now: int) -> str:
        """Use a token up in the caller's transaction; return its id.

        Raises RefusedError, always in the same words, where it is not valid for that number.
        """
        holds = exists().where(
            laboratory.c.id == laboratory_token.c.laboratory, laboratory.c.revoked_at.is_(None)
        )
        valid = and_(
            laboratory_token.c.token_hash == self._hash("token", token.strip().lower()),
            laboratory_token.c.number_hash == number_hash,
            laboratory_token.c.used_at.is_(None),
            laboratory_token.c.expires_at > now,
            holds,
        )
        used: str | None = connection.scalar(
            update(laboratory_token)
            .where(valid)
            .values(used_at=now)
            .returning(laboratory_token.c.id)
        )
        if used is None:
            raise RefusedError(NOT_VALID)
        return used

    def usable(self, tokens: Collection[str], now: int) -> set[str]:
        """Return which of at most some hundred tokens are unused and valid, for some number.

        What opens a case asks again, in its own transaction: `use`.
        """
        hashes = {token: self._hash("token", token.strip().lower()) for token in tokens}
        with self.database.read() as connection:
            found = connection.scalars(
                select(laboratory_token.c.token_hash).where(
                    laboratory_token.c.token_hash.in_(hashes.values()),
                    laboratory_token.c.used_at.is_(None),
                    laboratory_token.c.expires_at > now,
                )
            )
            held = {bytes(one) for one in found}
        return {token for token, one in hashes.items() if one in held}

    def _holder(self, connection: Connection, key: str) -> str:
        found = self._with_key(connection, key)
        if found is None:
            raise RefusedError("There is no laboratory with this key. Ask the administrator.")
        return found

    def _with_key(self, connection: Connection, key: str) -> str | None:
        found: str | None = connection.scalar(
            select(laboratory.c.id).where(
                laboratory.c.key_hash == self._hash("key", key.strip().lower()),
                laboratory.c.revoked_at.is_(None),
            )
        )
        return found

    def _insert(self, connection: Connection, row: dict[str, object]) -> str:
        """Write a token down, in the place of the same test's unused one if there is one."""
        connection.execute(
            delete(laboratory_token).where(
                laboratory_token.c.test_hash == row["test_hash"],
                laboratory_token.c.number_hash == row["number_hash"],
                laboratory_token.c.used_at.is_(None),
            )
        )
        if connection.scalar(
            select(laboratory_token.c.id).where(laboratory_token.c.test_hash == row["test_hash"])
        ):
            raise ConflictError(
                "This test has a token that was used, or that is another person's: one test, one "
                "token. Check the test's number."
            )
        token_id = self.random(16).hex()
        connection.execute(insert(laboratory_token).values(id=token_id, **row))
        return token_id

    def _text(self) -> str:
        return base64.b32encode(self.random(_SECRET_BYTES)).decode().lower()

    def _hash(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.secret, f"laboratory {kind} {text}".encode(), "sha256")

    def _log(self, connection: Connection, detail: Mapping[str, str], now: int) -> None:
        add(connection, make_leaf("case", now, detail, None, self.random), now)


def _live(connection: Connection, laboratory_id: str) -> str:
    """Return a laboratory's id. Raises RefusedError where its key was ended a moment ago."""
    found: str | None = connection.scalar(
        select(laboratory.c.id).where(
            laboratory.c.id == laboratory_id, laboratory.c.revoked_at.is_(None)
        )
    )
    if found is None:
        raise RefusedError("There is no laboratory with this key. Ask the administrator.")
    return found
