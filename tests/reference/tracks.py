"""One person's track: the better evidence has the minute; and the slots that were observed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.reference.cleaning import points
from tests.reference.places import distance, kept, place
from tests.reference.segments import COARSE_M, DAY, MINUTE, SIGMA_PER_ACCURACY, Law, Segment, cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.cleaning import Point
    from tests.reference.people import Person, Visit

SLOT = 5 * MINUTE
Span = tuple[int, int]


@dataclass(frozen=True)
class Track:
    """Segments in order of time; days with any evidence; slots (counted from 1970) observed."""

    name: str
    segments: tuple[Segment, ...]
    days: frozenset[int]
    slots: frozenset[int]
    closest_call_m: float  # how near a fix came to joining, or not joining, a run


def free(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Return the parts of a period that none of the taken periods covers."""
    parts = [span]
    for low, high in taken:
        parts = [
            piece
            for a, b in parts
            for piece in ((a, min(b, low)), (max(a, high), b))
            if piece[0] < piece[1]
        ]
    return sorted(set(parts))


def part(segment: Segment, span: Span) -> Segment:
    """Return a segment's part in a period, its ends moved along its line."""
    a, b = segment.share(span[0]), segment.share(span[1])
    step = segment.sigma1 - segment.sigma0
    return replace(
        segment,
        start=span[0],
        end=span[1],
        here=segment.at(span[0]),
        there=segment.at(span[1]),
        sigma0=segment.sigma0 + a * step,
        sigma1=segment.sigma0 + b * step,
    )


def under(upper: list[Segment], lower: list[Segment]) -> list[Segment]:
    """Lay segments under others, and return both in order of time."""
    taken = [(segment.start, segment.end) for segment in upper]
    clipped = [
        part(segment, span) if span != (segment.start, segment.end) else segment
        for segment in lower
        for span in free((segment.start, segment.end), taken)
    ]
    return sorted(upper + clipped, key=lambda segment: segment.start)


def visits_of(person: Person, fixes: list[Point], law: Law) -> list[Segment]:
    """Return a timeline's visits as segments, clipped where fixes contradict them."""
    out: list[Segment] = []
    busy = -(2**62)
    for visit in sorted(set(person.visits), key=_visit_order):
        start = max(visit.start, busy)
        if start >= visit.end:
            continue
        busy = visit.end
        accuracy = law.visit_accuracy_m if visit.accuracy is None else visit.accuracy
        centre = place(kept(visit.lon), kept(visit.lat))
        away = [
            (p.time - law.leg_max, p.time + law.leg_max)
            for p in fixes
            if start <= p.time < visit.end
            and distance(p.at, centre)
            > law.stay_factor * accuracy + max(law.stay_radius_m, law.stay_factor * p.accuracy)
        ]
        sigma = max(accuracy / SIGMA_PER_ACCURACY, law.sigma_floor_m)
        for span in free((start, visit.end), away):
            for a, b in by_day(span):
                out.append(Segment("visit", a, b, centre, centre, sigma, sigma))
    return out


def _visit_order(visit: Visit) -> tuple[int, int, int, int, float]:
    accuracy = 50.0 if visit.accuracy is None else visit.accuracy
    return visit.start, visit.end, kept(visit.lon), kept(visit.lat), accuracy


def by_day(span: Span) -> list[Span]:
    """Split a period into its UTC days."""
    first, last = span[0] // DAY, (span[1] - 1) // DAY
    return [
        (max(span[0], day * DAY), min(span[1], (day + 1) * DAY)) for day in range(first, last + 1)
    ]


def track_of(person: Person, law: Law) -> Track:
    """Cut one person's evidence."""
    cleaned = points(person.fixes)
    fine = [p for p in cleaned if p.accuracy <= COARSE_M]
    coarse = [p for p in cleaned if p.accuracy > COARSE_M]
    close: list[float] = [1.0]
    cut_fine = cut(fine, coarse, law, "", close)
    observed = [s for s in cut_fine if s.kind != "presumed"]
    presumed = [s for s in cut_fine if s.kind == "presumed"]
    area = [s for s in cut(coarse, [], law, "area ", close) if s.kind != "presumed"]
    visits = visits_of(person, cleaned, law)
    seen = under(observed, visits)
    layers = under(under(seen, presumed), area)
    slots = {p.time // SLOT for p in fine}
    for s in seen:
        slots |= set(range(s.start // SLOT, (s.end - 1) // SLOT + 1))
    days = {p.time // DAY for p in cleaned} | {s.start // DAY for s in layers}
    return Track(
        person.name,
        tuple(segment.rounded() for segment in layers),
        frozenset(days),
        frozenset(slots),
        min(close),
    )
