"""Coming in with a number and eight digits by text, the same for every number there is.

A request never asks who is known. It counts, writes one row under the number's keyed hash, and
answers. Who that is, and whether anybody may be written to there, is found out by `Entry.turn`,
after the answer is gone. What somebody types is held against the hash alone; whose it is, is
asked once the digits were right.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import delete, insert, select, update

from fortnight.db.enrolment_tables import entry_code
from fortnight.enrolment.counting import HOUR_MS, MINUTE_MS, Bound
from fortnight.errors import ConflictError, RefusedError
from fortnight.notify.templates import Template
from fortnight.vault.numbers import parse_number
from fortnight.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Row

    from fortnight.db.engine import Database
    from fortnight.enrolment.counting import Counting
    from fortnight.notify.outbox import Outbox
    from fortnight.vault.door import Vault

DIGITS: Final = 8
VALID_MS: Final = 15 * MINUTE_MS
NOT_SAID: Final = (
    "This number and these digits do not go together, or the digits hold no more: eight digits "
    "hold for 15 minutes and have five tries, six digits hold for a day. Type those of the last "
    "text, or ask for new ones."
)
_LABEL: Final = b"entry code"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often codes may be asked for and tried: of a number, from an address, of the site."""

    asked: tuple[Bound, ...]
    tried: tuple[Bound, ...]

    @classmethod
    def of(cls, codes_an_hour: int) -> Bounds:
        """Return the bounds of a site that sends so many codes an hour."""
        asked = (
            Bound("ask-number", 3, 15 * MINUTE_MS),
            Bound("ask-number-day", 10, 24 * HOUR_MS),
            Bound("ask-address", max(codes_an_hour // 10, 20), HOUR_MS),
            Bound("ask-site", codes_an_hour, HOUR_MS),
        )
        tried = (
            Bound("try-number", 5, VALID_MS),
            Bound("try-address", max(codes_an_hour // 5, 60), HOUR_MS),
            Bound("try-site", codes_an_hour * 5, HOUR_MS),
        )
        return cls(asked, tried)


class _Asked(msgspec.Struct, frozen=True):
    """What the text of a code needs, sealed until it is queued."""

    number: str
    digits: str
    language: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The codes by text. ``secret`` is of the folder of keys."""

    database: Database
    vault: Vault
    outbox: Outbox
    counting: Counting
    bounds: Bounds
    is_closed: Callable[[str], bool]
    random: Callable[[int], bytes]
    secret: bytes = field(repr=False)

    def ask(self, number: str, language: str, address: str, now: int) -> None:
        """Take down that somebody asks for digits at a number; older ones hold no more.

        Raises RefusedError for what is no number, TooOftenError past a bound.
        """
        written = parse_number(number)
        whose = self.vault.number_hash(written)
        digits = f"{int.from_bytes(self.random(8), 'big') % 10**DIGITS:0{DIGITS}}"
        asked = msgspec.json.encode(_Asked(written, digits, language))
        row = {
            "number_hash": whose,
            "code_hash": self._hash(whose, digits),
            "sealed": seal(self._key, asked, _LABEL, self.random),
            "expires_at": now + VALID_MS,
        }
        askers = (whose.hex(), whose.hex(), address, "")
        with self.database.write() as connection:
            counted = tuple(zip(self.bounds.asked, askers, strict=True))
            self.counting.count(connection, counted, now)
            connection.execute(delete(entry_code).where(entry_code.c.number_hash == whose))
            connection.execute(insert(entry_code).values(row))

    def count_try(self, number: str, address: str, now: int) -> bytes:
        """Count one try at a number, and return the number's keyed hash. Raises as `ask`."""
        whose = self.vault.number_hash(number)
        askers = (whose.hex(), address, "")
        with self.database.write() as connection:
            counted = tuple(zip(self.bounds.tried, askers, strict=True))
            self.counting.count(connection, counted, now)
        return whose

    def come_in(self, number: str, digits: str, address: str, now: int) -> str:
        """Return whose number and digits these are; they are used up with that.

        Raises RefusedError, in the same words whatever is wrong, TooOftenError past a bound. The
        try is committed before anything is compared.
        """
        whose = self.count_try(number, address, now)
        code = entry_code.c
        holds = (code.number_hash == whose) & (code.expires_at > now)
        given = self._hash(whose, digits)
        with self.database.write() as connection:
            kept = connection.scalar(select(code.code_hash).where(holds))
            said = hmac.compare_digest(kept or bytes(32), given)
            if said:
                connection.execute(delete(entry_code).where(code.number_hash == whose))
        person = self.vault.person_with(number) if said else None
        if person is None or self.is_closed(person):
            raise RefusedError(NOT_SAID)
        return person

    def turn(self, now: int) -> int:
        """Queue the texts of codes that were asked for, and drop what is past; return how many."""
        with self.database.write() as connection:
            connection.execute(delete(entry_code).where(entry_code.c.expires_at <= now))
        with self.database.read() as connection:
            asked = select(entry_code).where(entry_code.c.sealed.is_not(None))
            rows = connection.execute(asked).all()
        return sum(self._queue(row, now) for row in rows)

    def _queue(self, row: Row[tuple[object, ...]], now: int) -> bool:
        """Queue one text; a number that was closed gets none, and nobody is told so."""
        asked = msgspec.json.decode(unseal(self._key, row.sealed, _LABEL), type=_Asked)
        try:
            person = self.vault.enrol(asked.number, language=asked.language, now=now)
        except ConflictError:  # it is being erased: the next turn enrols it anew
            return False
        is_closed = self.is_closed(person)
        mine = (
            entry_code.c.number_hash == row.number_hash,
            entry_code.c.code_hash == row.code_hash,
        )
        with self.database.write() as connection:
            if not is_closed:
                key, values = f"entry:{row.code_hash.hex()}", {"code": asked.digits}
                self.outbox.queue(connection, person, key, Template.ENTRY, values, None, now)
            connection.execute(update(entry_code).where(*mine).values(sealed=None))
        return not is_closed

    @property
    def _key(self) -> bytes:
        return hmac.digest(self.secret, b"entry sealed", "sha256")

    def _hash(self, whose: bytes, digits: str) -> bytes:
        return hmac.digest(self.secret, b"entry " + whose + digits.encode(), "sha256")
