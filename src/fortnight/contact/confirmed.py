"""Confirmed cases in the order of their onsets, and the times that two of them shared."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final

from fortnight.contact.places import count_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from fortnight.contact.timing import Dated, Timing
    from fortnight.contact.trace import Case

_DIGITS: Final = 6
"""Decimals of minutes that two sums of the same parts agree in, whatever their order."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A part of one local day in which a case and another were near each other.

    ``minutes`` are expected minutes; of presumed time they weigh nothing and are only told.
    Positions are in degrees, None where the evidence has none.
    """

    other: int
    day: date
    start: int
    end: int
    minutes: float
    presumed: bool = False
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class DayTogether:
    """All that two cases shared on one local day, as a possible infection of the one by the other.

    ``before`` counts days from that day to the infected's onset, ``since`` days from the
    infector's onset to that day; ``incubation`` and ``infectiousness`` are what a disease says of
    the two, as shares.
    """

    day: date
    minutes: float
    places: int
    before: int
    since: int
    incubation: float
    infectiousness: float

    @property
    def weight(self) -> float:
        """Expected minutes x infectiousness x incubation: see docs/source-chain-places.md."""
        return self.minutes * self.infectiousness * self.incubation


@dataclass(frozen=True, slots=True)
class Link:
    """That ``infector`` may have infected ``infectee``, with the days on which it could have been.

    Days of weight 0 are kept: they are why a link is impossible.
    """

    infector: int
    infectee: int
    days: tuple[DayTogether, ...]
    presumed_minutes: float = 0.0

    @property
    def weight(self) -> float:
        """Sum of the days' weights, in minutes; 0 where the dates make it impossible."""
        return fsum(day.weight for day in self.days)

    @property
    def minutes(self) -> float:
        """Expected minutes that they shared, over all days."""
        return fsum(day.minutes for day in self.days)


def in_order(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return cases by onset, then by participant, however a file lists them."""
    return tuple(sorted(cases, key=lambda case: (case.anchor, case.participant)))


def link_of(
    infector: int,
    infectee: int,
    dates: Sequence[Dated],
    shared: Iterable[Shared],
    timing: Timing,
) -> Link:
    """Return how a case may have been infected by another in the times that they shared.

    Parameters
    ----------
    infector, infectee : int
        Places in ``dates``.
    dates : sequence of Dated
        The day of each case's onset, or of its test where no onset is known.
    shared : iterable of Shared
        Times that these two shared, in any order.
    timing : Timing
        The disease.
    """
    parts = list(shared)
    by_day: dict[date, list[Shared]] = {}
    for part in parts:
        if not part.presumed and part.minutes > 0:
            by_day.setdefault(part.day, []).append(part)
    presumed = fsum(part.minutes for part in parts if part.presumed)
    days = tuple(
        _day_together(day, by_day[day], dates[infector], dates[infectee], timing)
        for day in sorted(by_day)
    )
    return Link(infector, infectee, days, round(presumed, _DIGITS))


def _day_together(
    day: date, parts: Sequence[Shared], infector: Dated, infectee: Dated, timing: Timing
) -> DayTogether:
    spots = [(p.lon, p.lat) for p in parts if p.lon is not None and p.lat is not None]
    return DayTogether(
        day=day,
        minutes=round(fsum(part.minutes for part in parts), _DIGITS),
        places=count_places(spots),
        before=(infectee.day - day).days,
        since=(day - infector.day).days,
        incubation=timing.incubation(infectee, day),
        infectiousness=timing.infectiousness(infector, day),
    )
