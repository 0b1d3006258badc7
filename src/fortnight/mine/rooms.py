"""The rooms in which people see what is held of themselves, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fortnight.mine.covered import Covered, covered
from fortnight.mine.exposures import OwnExposures
from fortnight.mine.held import Holding
from fortnight.mine.looks import Looks
from fortnight.mine.reading import OwnReading
from fortnight.mine.track import OwnTrack

if TYPE_CHECKING:
    from fortnight.case.reviews import Reviews
    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database
    from fortnight.lake.lake import Lake
    from fortnight.ledger.log import Log
    from fortnight.settings import Settings
    from fortnight.vault.door import Vault


@dataclass(frozen=True, slots=True)
class Mine:
    """What people see of themselves."""

    reading: OwnReading
    lake: Lake
    holding: Holding
    looks: Looks
    exposures: OwnExposures
    track: OwnTrack

    def covered(self, person: str, now: int) -> Covered:
        """Return how much of a person's last fourteen days positions cover."""
        return covered(self.lake.tracks_of_one(self.reading.pseudonyms(person, now)), now)


def open_mine(
    settings: Settings,
    database: Database,
    vault: Vault,
    consents: Consents,
    lake: Lake,
    log: Log,
    reviews: Reviews,
) -> Mine:
    """Put the rooms together."""
    zone = ZoneInfo(settings.timezone)
    reading = OwnReading(vault, settings.district)
    return Mine(
        reading=reading,
        lake=lake,
        holding=Holding(database, reading, consents, lake),
        looks=Looks(vault, log, reviews),
        exposures=OwnExposures(database, vault, zone),
        track=OwnTrack(reading, lake, zone),
    )
