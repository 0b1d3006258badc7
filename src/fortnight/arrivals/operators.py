"""What operators of mobile networks deliver, and the list by which they filter first.

The operator's filter is the first lock, this door the second: rows of anyone without a live grant
are let go in memory before anything is written, and counted as strangers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fortnight.arrivals.choices import Nobody
from fortnight.arrivals.delivery import Delivery
from fortnight.arrivals.manifest import read_manifest
from fortnight.arrivals.operator_store import Named, OperatorStore, delivered_at
from fortnight.arrivals.subscribers import Subscribers

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.arrivals.bounds import Bounds
    from fortnight.arrivals.never_sent import Chosen
    from fortnight.arrivals.operator_rows import Agreed
    from fortnight.arrivals.operator_store import Whole
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.vault.door import Vault


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The operators' door.

    Attributes
    ----------
    bounds : Bounds
        Of a manifest and of each file.
    list_key : bytes
        The service's secret from which the key is derived that signs lists.
    district : str
        Named in the looks that a list leaves.
    chosen : Chosen
        What people chose never to send.
    """

    database: Database
    vault: Vault
    consents: Consents
    random: Callable[[int], bytes]
    bounds: Bounds
    list_key: bytes
    district: str
    chosen: Chosen = field(default_factory=Nobody)

    def begin(self, operator: str, manifest: bytes, now: int) -> Delivery:
        """Begin a delivery by its manifest; `now` is in ms since 1970 UTC, here and below.

        A delivery that came before is taken again, checked again, and not written again; its
        receipt is the same.

        Raises
        ------
        RefusedError
            If the manifest cannot be used.
        ConflictError
            If another delivery of this operator has the same batch id.
        """
        promised = read_manifest(manifest, self.bounds)
        named = Named(operator, promised.batch, promised.sha256, now)
        with self.database.read() as connection:
            before = delivered_at(connection, named)
        store = OperatorStore(self.database, self.vault, self.consents, self.random, self.chosen)

        def keep(whole: Whole, at: int) -> None:
            store.keep(named, whole, at)

        return Delivery(promised, self._agreed, keep, now if before is None else before)

    def subscriber_list(self, operator: str, now: int) -> bytes:
        """Return the signed list of who agreed that their operator gives their rows, JSON."""
        return self.subscribers().signed(operator, now)

    def subscribers(self) -> Subscribers:
        """Return what makes and signs lists."""
        return Subscribers(self.database, self.vault, self.consents, self.list_key, self.district)

    def _agreed(self, kind: str) -> Agreed:
        """Return what finds those who agreed among phone numbers, for one kind of grant."""

        def agreed(numbers: list[str]) -> dict[str, str]:
            enrolled = self.vault.people_with_numbers(numbers)
            live = self.consents.live_people(None, set(enrolled.values()), kind)
            return {number: person for number, person in enrolled.items() if person in live}

        return agreed
