"""Every place where something of people is kept, as the rooms of it show themselves to endings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault
    from fortnight.vault.keys import Keys
    from fortnight.vault.people import People


class Lake(Protocol):
    """What the lake can forget (`lake.forgetting.Forgetting`). Repeating changes nothing."""

    def person(self, pseudonyms: Mapping[int, bytes], now: int) -> object:
        """Take a person's rows of each day out of files and indexes, on disk when it returns."""

    def day(self, day: int, now: int) -> object:
        """Remove files and index of a day, since 1970 UTC, and its rows of the catalogue."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where things are kept.

    Attributes
    ----------
    texts : Path
        The file in which texts are handed over (`notify.file_gateway`); it need not be there.
    forget_jobs : callable
        Deletes what the queue of jobs holds of some traces (`jobs.queue.Traces.forget`).
    """

    database: Database
    people: People
    keys: Keys
    vault: Vault
    lake: Lake
    texts: Path
    forget_jobs: Callable[[list[str]], object]
