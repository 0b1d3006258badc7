"""The contacts of a trace as documents: what all evidence says, what follows, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from fortnight.contact.observed import gaps, person_slots
from fortnight.contact.weighing import anchor_of
from fortnight.report.document import (
    AssessmentDocument,
    ContactDocument,
    CurvePointDocument,
    DeadlineDocument,
    EpisodeDocument,
    OwnWindowsDocument,
    ProbabilityDocument,
    TogetherDocument,
    VisitDocument,
)
from fortnight.report.explain import explain
from fortnight.report.instants import instant, interval, iso
from fortnight.report.local_time import local_clock, parse
from fortnight.risk.explanation import explain_row
from fortnight.risk.exposure_windows import arrange
from fortnight.risk.windows_gaen import NARROW_NET, WIDE_NET, gaen_risks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.contact.trace import Trace
    from fortnight.report.document import Interval
    from fortnight.risk.explanation import Assessment

_TOGETHER = (
    "evidence",
    "together_minutes",
    "together_minutes_24h",
    "likely_minutes_low",
    "likely_minutes_high",
    "heard_minutes",
    "face_minutes",
    "visit_minutes",
    "linger_minutes",
    "same_room",
)
_FOLLOWS = (
    "dose",
    "transmission",
    "transmission_low",
    "transmission_high",
    "last_exposure",
    "test_day",
    "follow_up_end",
    "stay_home_until",
)


def contacts_of(trace: Trace) -> list[ContactDocument]:
    """Return the listed contacts in rank order."""
    episodes: dict[str, list[EpisodeDocument]] = {}
    for row in iso(trace.episodes, "start", "end"):
        episodes.setdefault(row.pop("participant"), []).append(EpisodeDocument(**row))
    rows = iso(trace.contacts.drop_columns(["presumed_only"]), "first", "last")
    return [_contact(trace, place, row, episodes) for place, row in enumerate(rows)]


def _contact(
    trace: Trace, place: int, row: dict[str, Any], episodes: Mapping[str, list[EpisodeDocument]]
) -> ContactDocument:
    name = row["participant"]
    said = {key: row.pop(key) for key in _TOGETHER}
    for key in _FOLLOWS:
        row.pop(key)
    who = trace.index.tracks.number_of(name)
    slots = person_slots(trace.index.tracks, -1 if who is None else who, trace.window)
    unknown = [interval(a, b) for a, b in gaps(slots, trace.window)]
    together = _together(trace, -1 if who is None else who, said)
    return ContactDocument(
        **row,
        gaps=unknown,
        together=together,
        assessment=_assessment(trace, place),
        explanation=explain(
            together,
            row["probability_contact"],
            row["probability_contact_of"],
            _between(unknown, row["first"], row["last"]),
            local_clock(trace.window.zone),
        ),
        episodes=episodes.get(name, []),
    )


def _between(unknown: list[Interval], first: str, last: str) -> list[Interval]:
    """Return the gaps that lie between the first and the last meeting."""
    start, end = parse(first), parse(last)
    return [gap for gap in unknown if parse(gap.end) > start and parse(gap.start) < end]


def _together(trace: Trace, who: int, said: dict[str, Any]) -> TogetherDocument:
    visits, names = trace.fused.visits, trace.index.sign_index.visits
    return TogetherDocument(
        evidence=said["evidence"],
        minutes=said["together_minutes"],
        minutes_24h=said["together_minutes_24h"],
        low=said["likely_minutes_low"],
        high=said["likely_minutes_high"],
        heard_minutes=said["heard_minutes"],
        face_minutes=said["face_minutes"],
        visit_minutes=said["visit_minutes"],
        linger_minutes=said["linger_minutes"],
        same_room=said["same_room"],
        visits=[
            VisitDocument(
                venue=names.venues[int(visits.venue[k])],
                room=names.rooms[int(visits.room[k])] if visits.room[k] >= 0 else None,
                start=instant(float(visits.start[k])),
                end=instant(float(visits.end[k])),
                presumed=bool(visits.presumed[k]),
            )
            for k in np.flatnonzero(visits.other == who).tolist()
        ],
    )


def _assessment(trace: Trace, place: int) -> AssessmentDocument:
    """Return what follows for one contact, with all its words."""
    weighed, disease = trace.weighed, trace.question.disease
    found = explain_row(disease, anchor_of(trace), weighed.contacts, weighed.assessments, place)
    home = found.home_if_not_immune or (None, None)
    return AssessmentDocument(
        dose=round(found.dose, 4),
        tier_reason=found.tier_reason,
        transmission=_probability(found),
        transmission_words=found.transmission_words,
        first_exposure=_day(found.first_exposure),
        last_exposure=_day(found.last_exposure),
        test_day=_day(found.test_day),
        test_words=found.test_words,
        follow_up_end=_day(found.follow_up_end),
        stay_home_until=_day(found.stay_home_until),
        not_immune_home_from=_day(home[0]),
        not_immune_home_until=_day(home[1]),
        questions=list(found.questions),
        deadlines=[
            DeadlineDocument(remedy=one.remedy, by=one.by.isoformat()) for one in found.deadlines
        ],
        curve=[
            CurvePointDocument(
                day=point.day.isoformat(),
                detectable=None if point.detectable is None else round(point.detectable, 4),
                ill=round(point.ill, 4),
            )
            for point in found.curve
        ],
    )


def _probability(found: Assessment) -> ProbabilityDocument | None:
    if found.transmission is None:
        return None
    chance = found.transmission
    return ProbabilityDocument(
        value=round(chance.value, 5), low=round(chance.low, 5), high=round(chance.high, 5)
    )


def _day(day: Any) -> str | None:  # noqa: ANN401 - a date, or none
    return None if day is None else str(day.isoformat())


def own_windows(trace: Trace) -> list[OwnWindowsDocument]:
    """Score the exposure windows that the phones of the case and its contacts recorded."""
    shown = {trace.case.participant, *trace.contacts["participant"].to_pylist()}
    last = trace.window.last
    owners, windows = arrange(trace.index.signs.windows, last)
    if not owners:
        return []
    narrow, wide = (gaen_risks(windows, net, len(owners)) for net in (NARROW_NET, WIDE_NET))
    counts = np.bincount(windows.owner, minlength=len(owners))

    def day(age: int | None) -> str | None:
        return None if age is None else (last - timedelta(days=age)).isoformat()

    return [
        OwnWindowsDocument(
            participant=owner,
            windows=int(counts[k]),
            narrow_minutes=round(narrow[k].maximum_minutes, 2),
            narrow_day=day(narrow[k].age_of_maximum),
            wide_minutes=round(wide[k].maximum_minutes, 2),
            wide_day=day(wide[k].age_of_maximum),
        )
        for k, owner in enumerate(owners)
        if owner in shown
    ]
