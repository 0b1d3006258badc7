"""The two rooms of whoever takes or leaves, as the service opens them."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from fortnight.taking.writing import to_zip
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from fortnight.taking.gathering import Gathering, Held
    from fortnight.taking.leaving import Leaving

_AT_ONCE: Final = 2
"""Archives made at once: each is in memory, whole."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What a person takes, and how they leave.

    Parameters
    ----------
    log_key : str
        The log's public key, for the receipts.
    """

    gathering: Gathering
    leaving: Leaving
    log_key: str
    district: str
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE), repr=False)

    def take(self, person: str, language: str, now: int, reader: Reader | None = None) -> bytes:
        """Return everything of a person as a ZIP, made in memory.

        ``reader`` is who reads where it is not the person. Raises GoneError where they are not
        enrolled (any more).
        """
        with self._turns:
            held = self.held(person, now, reader)
            return to_zip(held, self.log_key, language)

    def held(self, person: str, now: int, reader: Reader | None = None) -> Held:
        """Return everything of a person, under looks that they see."""
        by = reader or Reader("participant", "participant", self.district)
        return self.gathering.gather(person, by, now)
