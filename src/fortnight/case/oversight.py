"""What those see who watch over the work: aggregates, the log's counts, who holds keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.case.key_holders import KeyHolders
from fortnight.case.place_times import PlaceTimes
from fortnight.case.precision import Precisions
from fortnight.case.questioned import Questioned
from fortnight.case.reviews import Reviews
from fortnight.ledger.counts import Entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database
    from fortnight.ledger.checkpoint import Checkpoint
    from fortnight.ledger.log import Log
    from fortnight.vault.door import Vault


@dataclass(frozen=True, slots=True)
class Oversight:
    """The rooms of overview, settings, log and reviews. None of them shows anybody's data."""

    reviews: Reviews
    questioned: Questioned
    precisions: Precisions
    place_times: PlaceTimes
    entries: Entries
    key_holders: KeyHolders
    log: Log

    def checkpoint(self) -> Checkpoint | None:
        """Return the published checkpoint; None before the log's first turn."""
        return self.log.checkpoint()


def open_oversight(
    database: Database, vault: Vault, log: Log, random: Callable[[int], bytes]
) -> Oversight:
    """Put the rooms together."""
    return Oversight(
        Reviews(database, random),
        Questioned(database),
        Precisions(database),
        PlaceTimes(database, vault.opener_of_case),
        Entries(database),
        KeyHolders(database),
        log,
    )
