"""How much of the last fourteen days positions cover: of the rest nothing can be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.lake.one_person import observed_on
from fortnight.parameters import MILLISECONDS_A_DAY as DAY_MS
from fortnight.settings import HELD_DAYS
from fortnight.track.coverage import SLOT_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.lake.cutting import Cut

_SLOTS_A_DAY: Final = DAY_MS // SLOT_MS


@dataclass(frozen=True, slots=True)
class Covered:
    """Of the fourteen days before an instant: minutes in all, and those with no position."""

    minutes: int
    missing: int

    @property
    def share_missing(self) -> float:
        """The share of the time of which nothing is known, 0 to 1."""
        return self.missing / self.minutes


def covered(days: Mapping[int, Cut], now: int) -> Covered:
    """Return what positions cover of the fourteen days before ``now``, in slots of five minutes."""
    last = now // SLOT_MS
    first = last - HELD_DAYS * _SLOTS_A_DAY
    seen = 0
    for day, cut in days.items():
        begin = day * _SLOTS_A_DAY
        wanted = slice(max(first - begin, 0), max(last - begin, 0))
        seen += int(observed_on(cut)[wanted].sum())
    minutes_a_slot = SLOT_MS // 60_000
    whole = (last - first) * minutes_a_slot
    return Covered(whole, whole - seen * minutes_a_slot)
