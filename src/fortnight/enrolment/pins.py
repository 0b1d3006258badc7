"""The PIN that a person chose: never sent, never kept, slow to try.

Whoever holds the phone holds every code by text. So the pages that show where somebody was open
only for what was never sent to any phone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import scrypt
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from fortnight.db.enrolment_tables import portal_pin
from fortnight.enrolment.counting import HOUR_MS, MINUTE_MS, Bound
from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.enrolment.counting import Counting

SHORTEST: Final = 6
LONGEST: Final = 12
NOT_A_PIN: Final = "A PIN has 6 to 12 digits. Choose one and type it twice."
TOO_PLAIN: Final = (
    "This PIN is too easy to guess: no row such as 123456, and no digit six times. Choose another."
)
NOT_THIS: Final = "This PIN is not right. After five wrong ones you wait a quarter of an hour."
TRIES: Final = Bound("pin", 5, 15 * MINUTE_MS)
TRIES_A_DAY: Final = Bound("pin-day", 20, 24 * HOUR_MS)
COST: Final = 2**15
_SALT_BYTES: Final = 16
_ROWS: Final = ("01234567890123456789", "98765432109876543210")


def slow_hash(secret: bytes, pin: str, salt: bytes, cost: int = COST) -> bytes:
    """Return what is kept of a PIN: scrypt of it under a key.

    At the cost of the service it takes 32 MB of memory and some tenths of a second.
    """
    keyed = hmac.digest(secret, pin.encode(), "sha256")
    return scrypt(keyed, salt=salt, n=cost, r=8, p=1, maxmem=2**26, dklen=32)


def check_pin(pin: str) -> None:
    """Raise RefusedError for what is no PIN, or one that everybody tries first."""
    if not (pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST):
        raise RefusedError(NOT_A_PIN)
    if len(set(pin)) == 1 or any(pin in row for row in _ROWS):
        raise RefusedError(TOO_PLAIN)


@dataclass(frozen=True, slots=True)
class Pins:
    """The PINs. ``secret`` is of the folder of keys: without it no hash can be tried."""

    database: Database
    counting: Counting
    random: Callable[[int], bytes]
    secret: bytes = field(repr=False)
    cost: int = COST

    def is_there(self, person: str) -> bool:
        """Tell whether a person chose a PIN."""
        with self.database.read() as connection:
            held = select(portal_pin.c.person).where(portal_pin.c.person == person)
            return connection.scalar(held) is not None

    def keep(self, connection: Connection, person: str, pin: str, now: int) -> None:
        """Keep a PIN in the caller's transaction, in place of an older one."""
        check_pin(pin)
        salt = self.random(_SALT_BYTES)
        connection.execute(delete(portal_pin).where(portal_pin.c.person == person))
        row = {"person": person, "salt": salt, "made_at": now}
        row["pin_hash"] = slow_hash(self.secret, pin, salt, self.cost)
        connection.execute(insert(portal_pin).values(row))

    def check(self, person: str, pin: str, now: int) -> None:
        """Raise RefusedError where it is another PIN, TooOftenError after too many tries.

        The try is committed before it is answered.
        """
        with self.database.write() as connection:
            self.counting.count(connection, ((TRIES, person), (TRIES_A_DAY, person)), now)
            row = connection.execute(
                select(portal_pin).where(portal_pin.c.person == person)
            ).one_or_none()
        kept = (bytes(32), bytes(_SALT_BYTES)) if row is None else (row.pin_hash, row.salt)
        said = hmac.compare_digest(slow_hash(self.secret, pin, kept[1], self.cost), kept[0])
        if row is None or not said:
            raise RefusedError(NOT_THIS)
        with self.database.write() as connection:
            self.counting.forgive(connection, TRIES, person)
