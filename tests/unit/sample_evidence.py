"""What all evidence says of a sample's contacts, and what follows: every kind of it, seeded."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fortnight.contact.calibration import FACE_TO_FACE, WITHIN_RADIUS
from fortnight.report.document import (
    AssessmentDocument,
    CurvePointDocument,
    DeadlineDocument,
    EpisodeDocument,
    ExplanationDocument,
    OwnWindowsDocument,
    ProbabilityDocument,
    TieDocument,
    TogetherDocument,
    VisitDocument,
)
from fortnight.report.explain import explain
from fortnight.report.local_time import local_clock

if TYPE_CHECKING:
    from fortnight.report.document import Interval

FOLLOWED_DAYS: Final = 14
TEST_AFTER: Final = 7
ZONE: Final = "Europe/Amsterdam"


def sample_together(number: int, episodes: list[EpisodeDocument]) -> TogetherDocument:
    """Return what all evidence says of a contact: of every third by Bluetooth too, of some more."""
    seen = [episode for episode in episodes if not episode.presumed]
    expected = sum(episode.expected_minutes for episode in seen)
    heard = bool(seen) and number % 3 == 0
    visits = [_visit(number, seen[0])] if seen and number % 5 == 0 else []
    room = bool(visits) and visits[0].room is not None
    kinds = {
        "ties": number % 4 == 0,
        "fixes": True,
        "visit": bool(visits),
        "visit-room": room,
        "sensor": heard and number % 2 == 1,
        "bluetooth": heard,
    }
    return TogetherDocument(
        evidence=[kind for kind, there in kinds.items() if there],
        minutes=round(expected * (1.2 if heard else 1.0), 2),
        minutes_24h=max((episode.expected_minutes for episode in seen), default=0.0),
        low=round(expected * 0.7, 1),
        high=round(expected * 1.4, 1),
        heard_minutes=round(expected * 1.1) if heard else 0.0,
        face_minutes=round(expected * 0.2, 2) if heard else 0.0,
        visit_minutes=45.0 * len(visits),
        linger_minutes=3.5 if number == 7 else 0.0,
        same_room="bluetooth" if heard else "check-in" if room else None,
        visits=visits,
    )


def _visit(number: int, episode: EpisodeDocument) -> VisitDocument:
    return VisitDocument(
        venue="Choir hall",
        room="Hall 2" if number % 10 == 0 else None,
        start=episode.start,
        end=episode.end,
        presumed=number % 2 == 0,
    )


def sample_probability(participant: str, together: TogetherDocument) -> tuple[float | None, str]:
    """Return a contact's calibrated probability, and what it is of."""
    chance = random.Random(participant)  # noqa: S311 - chance for a drawing, not for secrets
    of = FACE_TO_FACE if together.heard_minutes else WITHIN_RADIUS
    return (round(chance.uniform(0.02, 0.98), 4) if together.minutes else None), of


def sample_tier(number: int, *, forward: bool) -> str | None:
    """Return what follows: nothing without an exposure in look-forward, else one tier or other."""
    if not forward:
        return None
    if number % 3 == 0:
        return "asked-to-stay-home"
    return {7: "asked-about-immunity", 10: "to-ask"}.get(
        number, "told-and-tested" if number % 2 else "told"
    )


def sample_assessment(
    tier: str | None, together: TogetherDocument, first: datetime, last: datetime
) -> AssessmentDocument:
    """Return what follows for a contact with such a tier, exposed from first to last."""
    days = first.date(), last.date()
    followed = tier is not None and tier != "to-ask"
    asked = tier == "asked-about-immunity"
    end = days[1] + timedelta(days=FOLLOWED_DAYS)
    tested = tier in {"told-and-tested", "asked-to-stay-home"}
    return AssessmentDocument(
        dose=round(together.minutes * 0.4, 4) if tier else 0.0,
        tier_reason="phones that heard each other; 40 minutes within 24 hours, at least 15",
        transmission=ProbabilityDocument(value=0.026, low=0.011, high=0.044)
        if tier and together.heard_minutes
        else None,
        transmission_words="of a reported infection, for a contact like this one among many"
        if tier and together.heard_minutes
        else "not calibrated: measured only for Bluetooth and for a confirmed household",
        first_exposure=days[0].isoformat() if tier else None,
        last_exposure=days[1].isoformat() if tier else None,
        test_day=(days[1] + timedelta(days=TEST_AFTER)).isoformat() if tested else None,
        test_words="the first day on which a test finds most",
        follow_up_end=end.isoformat() if followed else None,
        stay_home_until=end.isoformat() if tier == "asked-to-stay-home" else None,
        not_immune_home_from=days[0].isoformat() if asked else None,
        not_immune_home_until=end.isoformat() if asked else None,
        questions=["Are you immune?"] if asked or tier == "to-ask" else [],
        deadlines=[DeadlineDocument(remedy="vaccine", by=days[1].isoformat())] if asked else [],
        curve=sample_curve(days[0], end, tested=not asked) if followed else [],
    )


def sample_curve(first: date, last: date, *, tested: bool) -> list[CurvePointDocument]:
    """Return a curve that rises from nothing, and falls again where a test finds it."""
    points = []
    for k in range((last - first).days + 1):
        ill = 1 / (1 + math.exp(-(k - 5)))
        points.append(
            CurvePointDocument(
                day=(first + timedelta(days=k)).isoformat(),
                detectable=round(ill * math.exp(-k / 30), 4) if tested else None,
                ill=round(ill, 4),
            )
        )
    return points


def sample_explanation(
    together: TogetherDocument, probability: tuple[float | None, str], gaps: list[Interval]
) -> ExplanationDocument:
    """Return the explanations that the library gives."""
    return explain(together, *probability, gaps, local_clock(ZONE))


def sample_ties() -> list[TieDocument]:
    """Return whom the case calls and texts."""
    return [
        TieDocument(
            participant=f"p10{k}-t",
            days=9 - k,
            calls_out=4,
            calls_in=k,
            messages_out=12,
            messages_in=31,
            call_minutes=17.5,
        )
        for k in range(3)
    ]


def sample_windows() -> list[OwnWindowsDocument]:
    """Return what the exposure windows of two phones say."""
    return [
        OwnWindowsDocument(
            participant="p0417",
            windows=11,
            narrow_minutes=24.5,
            narrow_day="2026-11-03",
            wide_minutes=61.0,
            wide_day="2026-11-03",
        ),
        OwnWindowsDocument(
            participant="p101-w",
            windows=1,
            narrow_minutes=0.0,
            narrow_day=None,
            wide_minutes=2.5,
            wide_day="2026-11-04",
        ),
    ]
