"""A seeded, realistic trace to draw: a small town, one case, what was unknown."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.unit.sample_evidence import (
    sample_assessment,
    sample_explanation,
    sample_probability,
    sample_tier,
    sample_ties,
    sample_together,
    sample_windows,
)

from fortnight.parameters import DEFAULTS
from fortnight.report.document import (
    CONSENT_NOTICE,
    SCHEMA,
    CaseDocument,
    ContactDocument,
    EpisodeDocument,
    InputDocument,
    Interval,
    RefusalDocument,
    SameAreaDocument,
    TraceDocument,
    TrackPart,
    WindowDocument,
)

START: Final = datetime(2026, 10, 21, 22, tzinfo=UTC)  # midnight in Amsterdam, summer time
ONSET: Final = datetime(2026, 11, 4, 23, tzinfo=UTC)  # midnight there, winter time
END: Final = datetime(2026, 11, 8, 23, tzinfo=UTC)
DAYS: Final = 18
ZONE: Final = "Europe/Amsterdam"

PLACES: Final = {
    "home": (4.3571, 52.0116),
    "work": (4.3702, 52.0023),
    "canteen": (4.3688, 52.0034),
    "choir": (4.3479, 52.0158),
    "market": (4.3594, 52.0122),
    "gym": (4.3402, 52.0049),
}

# Where a contact of each kind is met: place, share of those stays, longest minutes each.
MEETINGS: Final = {
    "household": ("home", 0.9, 600),
    "desk": ("work", 0.7, 400),
    "lunch": ("canteen", 0.6, 45),
    "singer": ("choir", 1.0, 110),
    "stall": ("market", 0.5, 12),
    "training": ("gym", 0.6, 70),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of the case's own plan."""

    place: str
    start: datetime
    end: datetime
    kind: str


def sample_document(contacts: int = 25, seed: int = 7) -> TraceDocument:
    """Return a trace with so many contacts; the same seed gives the same document."""
    chance = random.Random(seed)  # noqa: S311 - chance for a drawing, not for secrets
    plan = [visit for day in range(DAYS) for visit in _day(chance, day)]
    listed = [_contact(chance, number, plan) for number in range(contacts)]
    listed.sort(key=lambda contact: (-contact.weight, -contact.minutes_back, contact.participant))
    return TraceDocument(
        schema=SCHEMA,
        notice=CONSENT_NOTICE,
        case=_case(),
        window=_window(plan),
        curve_words="measured on wild type",
        share_outside_window=0.18,
        parameters={**DEFAULTS.as_dict(), "min_minutes": 15.0},
        contacts=listed,
        same_area=[_same_area(chance, number) for number in range(4)] if contacts else [],
        same_area_more=3 if contacts else 0,
        ties=sample_ties() if contacts else [],
        exposure_windows=sample_windows() if contacts else [],
        track=_track(chance, plan),
        inputs=_inputs(),
    )


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _case() -> CaseDocument:
    return CaseDocument(
        participant="p0417",
        onset="2026-11-05",
        test_date=None,
        dated_by="onset",
        disease="covid-19",
        disease_name="COVID-19",
        disease_version="1",
    )


def _day(chance: random.Random, day: int) -> list[Visit]:
    """Return one day: weekdays at work, Tuesdays choir, some evenings the gym, nights silent."""
    midnight = START + timedelta(days=day) + (timedelta(hours=1) if day >= 4 else timedelta())
    if day == 6:  # a flat battery
        return []
    hours = [("home", 0.0, 7.6, "presumed" if chance.random() < 0.8 else "stay")]
    if (midnight + timedelta(hours=4)).weekday() < 5:
        hours += [("work", 8.2, 12.1, "stay"), ("canteen", 12.3, 12.9, "stay")]
        hours += [("work", 13.0, 17.2, "stay")]
    else:
        hours += [("home", 7.6, 10.5, "stay"), ("market", 10.8, 11.7, "stay")]
    if day % 7 == 5:
        hours += [("choir", 19.5, 21.6, "stay")]
    elif chance.random() < 0.4:
        hours += [("gym", 18.0, 19.4, "stay")]
    hours += [("home", 21.9, 24.0, "stay" if chance.random() < 0.7 else "presumed")]
    return [
        Visit(place, _about(chance, midnight, start), _about(chance, midnight, end), kind)
        for place, start, end, kind in hours
    ]


def _about(chance: random.Random, midnight: datetime, hours: float) -> datetime:
    """Return a time of day, some minutes off unless it is midnight."""
    off = chance.uniform(-4, 4) if 0 < hours < 24 else 0.0
    return midnight + timedelta(hours=hours, minutes=off)


def _track(chance: random.Random, plan: list[Visit]) -> list[TrackPart]:
    parts: list[TrackPart] = []
    for visit, following in zip(plan, [*plan[1:], None], strict=True):
        lon, lat = _near(chance, visit.place, 12)
        parts.append(_part(visit.kind, visit.start, visit.end, (lon, lat), (lon, lat), 14.0))
        if following is None or following.place == visit.place:
            continue
        if following.start - visit.end < timedelta(hours=1):
            parts += _walk(chance, visit, following)
    area = START + timedelta(days=11, hours=18.5)
    here = (4.353, 52.009)
    parts.append(_part("area", area, area + timedelta(hours=2), here, here, 900.0))
    return sorted(parts, key=lambda part: part.start)


def _walk(chance: random.Random, visit: Visit, following: Visit) -> list[TrackPart]:
    steps = 4
    ends = PLACES[visit.place], PLACES[following.place]
    points: list[tuple[float, ...]] = [ends[0]]
    points.extend(_between(chance, ends, step / steps) for step in range(1, steps))
    points.append(ends[1])
    length = (following.start - visit.end) / steps
    return [
        _part(
            "leg",
            visit.end + step * length,
            visit.end + (step + 1) * length,
            points[step],
            points[step + 1],
            8.0,
        )
        for step in range(steps)
    ]


def _between(
    chance: random.Random, ends: tuple[tuple[float, float], tuple[float, float]], done: float
) -> tuple[float, float]:
    (lon, lat), (end_lon, end_lat) = ends
    return (
        lon + (end_lon - lon) * done + chance.uniform(-6e-4, 6e-4),
        lat + (end_lat - lat) * done + chance.uniform(-6e-4, 6e-4),
    )


def _part(
    kind: str,
    start: datetime,
    end: datetime,
    here: tuple[float, ...],
    there: tuple[float, ...],
    accuracy: float,
) -> TrackPart:
    return TrackPart(
        kind=kind,
        start=iso(start),
        end=iso(end),
        lon=round(here[0], 6),
        lat=round(here[1], 6),
        end_lon=round(there[0], 6),
        end_lat=round(there[1], 6),
        accuracy_m=accuracy,
    )


def _near(chance: random.Random, place: str, spread_m: float) -> tuple[float, float]:
    lon, lat = PLACES[place]
    return lon + chance.gauss(0, spread_m / 68_500), lat + chance.gauss(0, spread_m / 111_200)


def _contact(chance: random.Random, number: int, plan: list[Visit]) -> ContactDocument:
    kind = chance.choice(list(MEETINGS)) if number > 2 else "household"
    place, share, longest = MEETINGS[kind]
    visits = [visit for visit in plan if visit.place == place]
    chosen = [visit for visit in visits if chance.random() < share] or visits[-1:]
    only_presumed = number % 9 == 8
    episodes = [_episode(chance, visit, longest, only_presumed=only_presumed) for visit in chosen]
    return _sum(chance, f"p{chance.randrange(10_000):04d}-{number}", number, episodes)


def _episode(
    chance: random.Random, visit: Visit, longest: float, *, only_presumed: bool
) -> EpisodeDocument:
    whole = (visit.end - visit.start).total_seconds() / 60
    length = min(whole, longest) * chance.uniform(0.3, 1.0)
    start = visit.start + timedelta(minutes=chance.uniform(0, whole - length))
    lon, lat = _near(chance, visit.place, 15)
    presumed = only_presumed or visit.kind == "presumed"
    near = chance.uniform(0.25, 0.9)
    return EpisodeDocument(
        start=iso(start),
        end=iso(start + timedelta(minutes=length)),
        minutes=round(length, 2),
        expected_minutes=round(length * near, 2),
        distance_m=round(chance.uniform(1, 24), 1),
        probability_near=round(near, 3),
        presumed=presumed,
        window=_which_window(start),
        lon=round(lon, 6),
        lat=round(lat, 6),
    )


def _which_window(start: datetime) -> str:
    back, forward = start < ONSET - timedelta(days=1), start >= ONSET - timedelta(days=2)
    if back and forward:
        return "both"
    return "look-back" if back else "look-forward"


def _sum(
    chance: random.Random, participant: str, number: int, episodes: list[EpisodeDocument]
) -> ContactDocument:
    seen = [episode for episode in episodes if not episode.presumed]
    forward = [episode for episode in seen if episode.window in {"look-forward", "both"}]
    back = [episode for episode in seen if episode.window in {"look-back", "both"}]
    gaps = _gaps(chance)
    expected_forward = sum(episode.expected_minutes for episode in forward)
    together = sample_together(number, episodes)
    sure = sample_probability(participant, together)
    tier = sample_tier(number, forward=expected_forward > 0)
    met = [datetime.fromisoformat(episode.start) for episode in forward] or [ONSET]
    return ContactDocument(
        participant=participant,
        minutes=round(sum(episode.minutes for episode in seen), 2),
        minutes_forward=round(sum(episode.minutes for episode in forward), 2),
        minutes_back=round(sum(episode.minutes for episode in back), 2),
        expected_minutes=round(sum(episode.expected_minutes for episode in seen), 2),
        expected_minutes_forward=round(expected_forward, 2),
        expected_minutes_back=round(sum(episode.expected_minutes for episode in back), 2),
        expected_minutes_24h=round(max((e.expected_minutes for e in seen), default=0.0), 2),
        presumed_minutes=round(sum(e.minutes for e in episodes if e.presumed), 2),
        probability_near=max((e.probability_near for e in seen), default=None),
        nearest_m=min((e.distance_m for e in seen), default=None),
        first=min(episode.start for episode in episodes),
        last=max(episode.end for episode in episodes),
        coverage=round(chance.uniform(0.2, 0.95), 3),
        unobserved_minutes=sum(_length(gap) for gap in gaps),
        gaps=gaps,
        weight=round(expected_forward * 0.7, 3),
        tier=tier,
        probability_contact=sure[0],
        probability_contact_of=sure[1],
        together=together,
        assessment=sample_assessment(tier, together, min(met), max(met)),
        explanation=sample_explanation(together, sure, gaps[:3]),
        episodes=episodes,
    )


def _gaps(chance: random.Random) -> list[Interval]:
    gaps = []
    moment = START
    while moment < END:
        start = moment + timedelta(minutes=5 * chance.randrange(60, 300))
        moment = min(END, start + timedelta(minutes=5 * chance.randrange(6, 150)))
        if start < END:
            gaps.append(Interval(start=iso(start), end=iso(moment)))
    return gaps


def _length(gap: Interval) -> float:
    start, end = (datetime.fromisoformat(text) for text in (gap.start, gap.end))
    return (end - start).total_seconds() / 60


def _window(plan: list[Visit]) -> WindowDocument:
    gaps = []
    moment = START
    for visit in [visit for visit in plan if visit.kind == "stay"]:
        if visit.start - moment > timedelta(hours=1):
            gaps.append(Interval(start=iso(moment), end=iso(visit.start)))
        moment = max(moment, visit.end)
    unobserved = sum(map(_length, gaps))
    return WindowDocument(
        start=iso(START),
        end=iso(END),
        timezone=ZONE,
        look_back=Interval(start=iso(START), end=iso(ONSET - timedelta(days=1))),
        look_forward=Interval(start=iso(ONSET - timedelta(days=2)), end=iso(END)),
        coverage=round(1 - unobserved * 60 / (END - START).total_seconds(), 3),
        unobserved_minutes=unobserved,
        gaps=gaps,
    )


def _same_area(chance: random.Random, number: int) -> SameAreaDocument:
    start = START + timedelta(days=11, hours=18.5)
    return SameAreaDocument(
        participant=f"p{chance.randrange(10_000):04d}-a{number}",
        minutes=round(chance.uniform(61, 119), 1),
        accuracy_m=round(chance.uniform(400, 2_000)),
        first=iso(start),
        last=iso(start + timedelta(minutes=120)),
    )


def _inputs() -> list[InputDocument]:
    return [
        InputDocument(
            path="town/fixes.parquet",
            format="parquet",
            received=48_210,
            kept=47_903,
            refused={"same-time": 271, "accuracy over 10 km": 30, "in the future": 6},
            examples=[
                RefusalDocument(reason="in the future", where="row 812", detail="2031-01-01"),
                RefusalDocument(reason="same-time", where="row 9", detail="2026-10-23T08:00:00Z"),
            ],
            problem=None,
        ),
        InputDocument(
            path="town/phones/timeline-export.json",
            format="timeline",
            received=1_204,
            kept=1_204,
            refused={},
            examples=[],
            problem=None,
        ),
        InputDocument(
            path="town/phones/walk.gpx",
            format="gpx",
            received=310,
            kept=309,
            refused={"no time": 1},
            examples=[RefusalDocument(reason="no time", where="line 44", detail="<trkpt …>")],
            problem="The file ends in the middle of line 1,902; all before it was read.",
        ),
    ]
