"""Where a case was probably infected: the shares of other cases and of an unknown source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import fsum
from typing import TYPE_CHECKING, Final

from fortnight.contact.confirmed import Link, Shared, link_of
from fortnight.contact.places import Part, Spot, centre, groups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from fortnight.contact.timing import Dated, Timing

UNKNOWN_MINUTES: Final = 15.0
"""Minutes a day beside a case at its peak that weigh as much as all sources not on the list."""

Observed = Mapping[date, float]
"""Share (0 to 1) of each local day in which a case was observed."""

_LEAST_CASES: Final = 2


@dataclass(frozen=True, slots=True)
class Sources:
    """The possible sources of one case.

    ``links`` come from every other case that shared time with it, the most probable first;
    ``observed`` is the share of the time of infection, weighed by incubation, in which the case
    was observed, and ``unknown`` the weight of an unknown source, in minutes.
    """

    infectee: int
    links: tuple[Link, ...]
    unknown: float
    observed: float

    @property
    def total(self) -> float:
        """Weight of all sources together, in minutes."""
        return fsum([self.unknown, *(link.weight for link in self.links)])

    def share(self, link: Link) -> float:
        """Return a source's share of the total."""
        return link.weight / self.total

    def unknown_share(self, factor: float = 1.0) -> float:
        """Return the unknown source's share, were its weight ``factor`` times as large."""
        known = self.total - self.unknown
        return self.unknown * factor / (self.unknown * factor + known)


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """A place-time that a case shared with two or more other cases.

    ``weight`` is the sum of expected minutes x incubation over those others, without their
    infectiousness: who was there unknown to us may have infected them all.
    """

    lon: float
    lat: float
    start: int
    end: int
    others: tuple[int, ...]
    minutes: float
    weight: float


def observed_share(observed: Observed, infectee: Dated, timing: Timing) -> float:
    """Return the share of the time of infection in which a case was observed (0 to 1).

    Each day counts by the share of infections from which onset comes that many days later;
    days that were not looked at count as unobserved.
    """
    seen = fsum(timing.incubation(infectee, day) * share for day, share in observed.items())
    return min(1.0, max(0.0, seen))


def unknown_weight(observed: float, minutes: float) -> float:
    """Return the weight of an unknown source, in minutes; unobserved time counts twice.

    In observed time the source can be somebody who is not on the list; in unobserved time it can
    also be one of the listed, met unseen.
    """
    return minutes * (2.0 - observed)


def sources_of(
    infectee: int,
    dates: Sequence[Dated],
    shared: Sequence[Shared],
    observed: Observed,
    timing: Timing,
    *,
    unknown_minutes: float = UNKNOWN_MINUTES,
) -> Sources:
    """Return the possible sources of one case.

    Parameters
    ----------
    infectee : int
        The case, as a place in ``dates``.
    dates : sequence of Dated
        The day of each case's onset, or of its test where no onset is known.
    shared : sequence of Shared
        Times that the case shared with others of ``dates``, in any order.
    observed : mapping
        Share of each local day in which the case was observed.
    timing : Timing
        The disease.
    unknown_minutes : float
        Minutes a day beside a case at its peak that weigh as all sources not on the list.
    """
    by_other: dict[int, list[Shared]] = {}
    for part in shared:
        if part.other != infectee:
            by_other.setdefault(part.other, []).append(part)
    links = [link_of(i, infectee, dates, parts, timing) for i, parts in by_other.items()]
    links.sort(key=lambda link: (-link.weight, -link.minutes, link.infector))
    seen = observed_share(observed, dates[infectee], timing)
    return Sources(infectee, tuple(links), unknown_weight(seen, unknown_minutes), seen)


def shared_places(
    shared: Sequence[Shared], infectee: Dated, timing: Timing, radius_m: float, zone: ZoneInfo
) -> tuple[SharedPlace, ...]:
    """Return the place-times before onset that a case shared with two or more, by their weight."""
    parts = [part for part in shared if _may_infect(part, infectee.day)]
    spots = [
        Spot(p.lon, p.lat, p.start, p.end) for p in parts if p.lon is not None and p.lat is not None
    ]
    found = []
    for members in groups(spots, radius_m, zone):
        inside = [_cut(parts[one.spot], one) for one in members]
        if len({part.other for part in inside}) >= _LEAST_CASES:
            here = [spots[one.spot] for one in members]
            found.append(_shared_place(inside, here, infectee, timing))
    return tuple(sorted(found, key=lambda at: (-at.weight, at.start, at.lon, at.lat)))


def _cut(part: Shared, one: Part) -> Shared:
    return replace(part, start=one.start, end=one.end, minutes=part.minutes * one.share)


def _may_infect(part: Shared, onset: date) -> bool:
    placed = part.lon is not None and part.lat is not None
    return placed and not part.presumed and part.minutes > 0 and part.day <= onset


def _shared_place(
    parts: Sequence[Shared], spots: Sequence[Spot], infectee: Dated, timing: Timing
) -> SharedPlace:
    lon, lat = centre(spots)
    return SharedPlace(
        lon=lon,
        lat=lat,
        start=min(part.start for part in parts),
        end=max(part.end for part in parts),
        others=tuple(sorted({part.other for part in parts})),
        minutes=fsum(part.minutes for part in parts),
        weight=fsum(p.minutes * timing.incubation(infectee, p.day) for p in parts),
    )
