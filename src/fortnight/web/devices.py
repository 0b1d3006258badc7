"""Whose secret this is, without asking the vault each time."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MOST_HEADER_BYTES: Final = 1_024
KNOWN_MS: Final = 5_000
"""How long an answer is believed: with what the vault remembers itself, a secret that was revoked
opens nothing well within a minute. The grant is asked for with every batch, at its commit.
"""


def secret_of(authorization: bytes) -> str | None:
    """Return the secret of an Authorization header: a bearer's token, or a Basic password.

    OwnTracks sends Basic. The user's name says nothing that the secret does not, so any will do.
    """
    if len(authorization) > MOST_HEADER_BYTES:
        return None
    scheme, _, rest = authorization.strip().partition(b" ")
    given = rest.strip()
    if scheme.lower() == b"basic":
        try:
            given = b64decode(given, validate=True).partition(b":")[2]
        except ValueError:
            return None
    elif scheme.lower() != b"bearer":
        return None
    return given.decode("ascii") if given and given.isascii() else None


class Known(Generic[T]):
    """What secrets stand for, remembered for a short time, of at most ``most`` of them.

    Only found ones are remembered, by a hash: whoever guesses pushes nobody out. Askings run on a
    thread, because a database may keep them waiting; ``recall`` is asked before, and keeps nobody.
    """

    def __init__(
        self,
        ask: Callable[[str], T | None],
        most: int = 100_000,
        recall: Callable[[str], T | None] | None = None,
    ) -> None:
        self._ask = ask
        self._recall = recall
        self._most = most
        self._held: OrderedDict[bytes, tuple[int, T]] = OrderedDict()

    async def of(self, secret: str, now: int) -> T | None:
        """Return what a secret stands for, or None; ``now`` in milliseconds since 1970."""
        name = sha256(secret.encode()).digest()
        until, held = self._held.get(name, (0, None))
        if held is not None and until - KNOWN_MS <= now < until:
            return held
        found = None if self._recall is None else self._recall(secret)
        if found is None:
            found = await asyncio.to_thread(self._ask, secret)
        self._remember(name, now, found)
        return found

    def _remember(self, name: bytes, now: int, found: T | None) -> None:
        self._held.pop(name, None)
        if found is not None:
            self._held[name] = (now + KNOWN_MS, found)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)
