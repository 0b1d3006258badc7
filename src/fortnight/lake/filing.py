"""What the lake asks of the vault and of the grants: to file rows, never to read whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection


class Filing(Protocol):
    """The part of the vault that files without a look."""

    def unseal(self, person: str, sealed: bytes, label: bytes) -> bytes:
        """Open what was sealed with a person's key. Raises GoneError where that is destroyed."""

    def file_under_many(self, people: Collection[str], day: int) -> Mapping[str, bytes]:
        """Return each enrolled person's pseudonym of a day, and record it."""

    def people_of_beacons(self, day: int, beacons: Collection[bytes]) -> Mapping[bytes, str]:
        """Return who sent each beacon on a day; unknown beacons are left out."""

    def file_ties(self, day: int, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Note which of a day's calls are of somebody who works here; keep nothing of others."""


class Links(Protocol):
    """The part of the vault that says which pseudonyms are of one person, and not of whom."""

    def filed(
        self, days: Collection[int], *, among: tuple[int, Collection[bytes]] | None = None
    ) -> Iterable[Mapping[int, bytes]]:
        """Return, for each person, their pseudonym of each of some days.

        ``among`` asks only for those who are called one of some pseudonyms on a day.
        """


class Grants(Protocol):
    """Who agreed to what."""

    def live_people(
        self, connection: Connection | None, people: Iterable[str], kind: str
    ) -> set[str]:
        """Return those with a live grant."""
