"""Who is signed in to the portal: in memory, and for minutes.

Nothing of a session is written down: whoever holds the phone next finds none, a backup holds none,
and after a restart people come in again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.enrolment.standing import Way

COOKIE: Final = "portal"
IDLE_MS: Final = 15 * 60_000
"""Milliseconds after the last request after which a session ends."""
LONGEST_MS: Final = 60 * 60_000
"""Milliseconds after which a session ends in any case."""
UNLOCKED_MS: Final = 10 * 60_000
"""Milliseconds for which a PIN or passkey that was shown opens pages with places."""
MOST: Final = 100_000
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Signed:
    """One session: whose it is, and what each of its forms holds. Instants in ms since 1970.

    ``way`` is how its holder came in, ``unlocked_at`` when they last showed what was never sent to
    a phone; None: not yet.
    """

    person: str
    csrf: str = field(repr=False)
    began_at: int
    used_at: int
    way: Way = "digits"
    unlocked_at: int | None = None

    def holds(self, now: int) -> bool:
        """Tell whether the session holds at an instant."""
        return now - self.used_at < IDLE_MS and now - self.began_at < LONGEST_MS

    def is_unlocked(self, now: int) -> bool:
        """Tell whether its holder showed the PIN or the passkey in the last 10 minutes."""
        return self.unlocked_at is not None and 0 <= now - self.unlocked_at < UNLOCKED_MS


class Sessions:
    """The sessions of one process. Safe for threads."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._held: dict[bytes, Signed] = {}
        self._lock = Lock()

    def begin(self, person: str, now: int, way: Way = "digits") -> str:
        """Begin a session, and return its secret; the oldest goes where there are too many."""
        secret = self._random(_SECRET_BYTES).hex()
        signed = Signed(person, self._random(_SECRET_BYTES).hex(), now, now, way)
        with self._lock:
            self._held = {key: one for key, one in self._held.items() if one.holds(now)}
            if len(self._held) >= MOST:
                del self._held[min(self._held, key=lambda key: self._held[key].used_at)]
            self._held[_key(secret)] = signed
        return secret

    def of(self, secret: str, now: int) -> Signed | None:
        """Return the session of a secret, and note that it was used; None where none holds."""
        key = _key(secret)
        with self._lock:
            signed = self._held.get(key)
            if signed is None:
                return None
            if not signed.holds(now):
                del self._held[key]
                return None
            self._held[key] = used = replace(signed, used_at=max(now, signed.used_at))
        return used

    def unlock(self, secret: str, now: int) -> None:
        """Note that whoever holds a session showed the PIN or the passkey."""
        with self._lock:
            signed = self._held.get(_key(secret))
            if signed is not None:
                self._held[_key(secret)] = replace(signed, unlocked_at=now)

    def end_of(self, person: str) -> None:
        """End every session of a person."""
        with self._lock:
            self._held = {key: one for key, one in self._held.items() if one.person != person}

    def end(self, secret: str) -> None:
        """End a session."""
        with self._lock:
            self._held.pop(_key(secret), None)

    def __len__(self) -> int:
        return len(self._held)


def _key(secret: str) -> bytes:
    """Return what a secret is kept under: whoever reads the memory cannot use it."""
    return hashlib.sha256(secret.encode()).digest()
