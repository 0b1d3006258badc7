"""What every part of the vault's door is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortnight.clock import now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.vault.keys import Keys
    from fortnight.vault.people import People


class Parts:
    """The stores, keys and randomness that the door's parts share.

    Parameters
    ----------
    database : Database
        The main database: looks and the log's entries.
    people : People
        Who is who.
    random : callable
        Returns that many random bytes, such as ``secrets.token_bytes``.
    clock : callable
        Returns milliseconds since 1970; only for how long a device's secret is remembered.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        keys: Keys,
        consents: Consents,
        random: Callable[[int], bytes],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._database, self._people, self._keys = database, people, keys
        self._consents, self._random, self._clock = consents, random, clock
