"""Who may deliver: mobile operators and their keys, kept as keyed hashes alone."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from fortnight.db.tables import operator
from fortnight.errors import ConflictError
from fortnight.ledger.append import add
from fortnight.ledger.entries import make_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database

_KEY_BYTES: Final = 20
_MARK: Final = "fnop-"


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An operator, and its key, which is shown this once."""

    id: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Operators:
    """The mobile operators that deliver evidence of their consenting subscribers.

    Parameters
    ----------
    secret : bytes
        The master secret ``operator``, from the folder of keys.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    """

    database: Database
    secret: bytes = field(repr=False)
    random: Callable[[int], bytes]

    def register(self, name: str, now: int) -> NewOperator:
        """Add an operator. Raises ConflictError where one has that name."""
        text = base64.b32encode(self.random(_KEY_BYTES)).decode().lower()
        new = NewOperator(self.random(16).hex(), _MARK + text)
        row = {"id": new.id, "name": name, "key_hash": self._hash(new.key), "made_at": now}
        try:
            with self.database.write() as connection:
                connection.execute(insert(operator).values(row))
                self._log(connection, new.id, "operator-added", now)
        except IntegrityError as error:
            raise ConflictError("There is an operator of that name: choose another.") from error
        return new

    def revoke(self, operator_id: str, now: int) -> None:
        """End an operator's key. Raises ConflictError where none holds."""
        with self.database.write() as connection:
            ended = connection.execute(
                update(operator)
                .where(operator.c.id == operator_id, operator.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            if not ended.rowcount:
                raise ConflictError(f"There is no operator {operator_id} with a key that holds.")
            self._log(connection, operator_id, "operator-ended", now)

    def authenticate(self, key: str) -> str | None:
        """Return the id of the operator with a key that holds, or None."""
        with self.database.read() as connection:
            found: str | None = connection.scalar(
                select(operator.c.id).where(
                    operator.c.key_hash == self._hash(key), operator.c.revoked_at.is_(None)
                )
            )
        return found

    def _hash(self, key: str) -> bytes:
        return hmac.digest(self.secret, f"operator {key.strip().lower()}".encode(), "sha256")

    def _log(self, connection: Connection, operator_id: str, did: str, now: int) -> None:
        detail = {"operator": operator_id, "step": did}
        add(connection, make_leaf("settings", now, detail, None, self.random), now)
