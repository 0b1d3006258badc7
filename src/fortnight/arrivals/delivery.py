"""One delivery of an operator on its way in: nothing of it is written before all of it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fortnight.arrivals.bounds import limits
from fortnight.arrivals.operator_files import read_file
from fortnight.arrivals.operator_rows import Tallies, events_of, fixes_of, sites_of, ties_of
from fortnight.arrivals.operator_store import FIXES, TIES, Whole
from fortnight.errors import ConflictError
from fortnight.evidence.celljoin import CellJoin
from fortnight.evidence.tables.cells import site_faults
from fortnight.evidence.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.arrivals.manifest import Manifest
    from fortnight.arrivals.operator_files import OperatorFile
    from fortnight.arrivals.operator_rows import Agreed, KeptEvents, KeptTies
    from fortnight.evidence.batches import RawFixes
    from fortnight.evidence.tables.cells import RawSites


class Delivery:
    """A delivery, file by file.

    Parameters
    ----------
    agreed : callable
        By kind of grant: from phone numbers to the people of those who agreed.
    keep : callable
        Writes what is whole in one transaction.
    now : int
        When it began, in ms since 1970 UTC; rows are judged by it, so that a repeat is judged
        as the first time.
    """

    def __init__(
        self,
        manifest: Manifest,
        agreed: Callable[[str], Agreed],
        keep: Callable[[Whole, int], None],
        now: int,
    ) -> None:
        self._manifest = manifest
        self._agreed = agreed
        self._keep = keep
        self._now = now
        self._came: set[str] = set()
        self._over = False
        self._tallies = Tallies()
        self._fixes: list[RawFixes] = []
        self._events: list[KeptEvents] = []
        self._sites: list[RawSites] = []
        self._ties: list[KeptTies] = []

    def part(self, name: str, data: bytes) -> None:
        """Take one file of the manifest, in any order.

        Raises ConflictError where the manifest does not name it, it came before, or its hash, rows
        or columns are not what they should be. The delivery is over then, and nothing was written.
        """
        self._open()
        self._over = True  # until this file was found right
        promised = self._manifest.files.get(name)
        if promised is None or name in self._came:
            raise ConflictError(
                "A file came that the manifest does not name, or that came before. Nothing was "
                "imported."
            )
        promised.check(data)
        file = read_file(promised, data)
        promised.check_rows(file.rows)
        self._take(file)
        self._came.add(name)
        self._over = False

    def finish(self, now: int) -> bytes:
        """Write what may be kept, in one transaction, and return the receipt, JSON.

        The receipt is made of all rows alike: whoever is enrolled, it is the same.

        Raises ConflictError where a file did not come. Nothing was written then.
        """
        self._open()
        self._over = True
        if missing := sorted(set(self._manifest.files) - self._came):
            raise ConflictError(
                f"{missing[0]}: it is in the manifest and did not come. Nothing was imported."
            )
        self._keep(self._whole(), now)
        return self._receipt()

    def _open(self) -> None:
        if self._over:
            raise ConflictError("This delivery is over. Nothing was imported: send it again.")

    def _take(self, file: OperatorFile) -> None:
        """Judge a file's rows and hold those of people who agreed; the others are let go here."""
        now, tallies = self._now, self._tallies
        if file.kind == "fixes":
            self._fixes.append(fixes_of(file, now, self._agreed(FIXES), tallies))
        elif file.kind == "events":
            self._events.append(events_of(file, now, self._agreed(FIXES), tallies))
        elif file.kind == "ties":
            self._ties.append(ties_of(file, now, self._agreed(TIES), tallies))
        else:
            self._sites.append(sites_of(file, tallies))

    def _whole(self) -> Whole:
        """Return everything that is kept, uses of cells as fixes."""
        from_cells = joined(self._events, self._sites, self._now)
        known = known_cells(self._sites)
        for one in self._events:
            lost = sum(count for cell, count in one.uses.items() if cell not in known)
            self._tallies.accepted -= lost
            self._tallies.refuse("unknown-cell", lost)
        return Whole(
            fixes=[*self._fixes, *from_cells],
            ties=self._ties,
            received=self._tallies.received,
            strangers=self._tallies.strangers,
        )

    def _receipt(self) -> bytes:
        return msgspec.json.encode(
            {
                "batch": self._manifest.batch,
                "received": self._tallies.received,
                "accepted": self._tallies.accepted,
                "refused": dict(sorted(self._tallies.refused.items())),
                "files": [
                    {"name": name, "rows": file.rows}
                    for name, file in sorted(self._manifest.files.items())
                ],
            }
        )


def known_cells(sites: list[RawSites]) -> set[str]:
    """Return the cells that some table says the place of."""
    known: set[str] = set()
    for one in sites:
        names = one.names.to_pylist()
        known |= {str(names[place]) for place in one.cell[site_faults(one) == 0].tolist()}
    return known


def joined(events: list[KeptEvents], sites: list[RawSites], now: int) -> list[RawFixes]:
    """Return uses of cells as fixes, by the library's own joining; those elsewhere are left out."""
    tally = Tally("delivery", 0, limits(now))
    join = CellJoin()
    for site in sites:
        join.add_sites(site, tally)
    for one in events:
        join.add_events(one.rows, tally)
    return [rows for _, rows in join.fixes()]
