"""What all evidence of a trace says of each listed contact, and what follows by the disease."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.contact.calibration import (
    FACE_TO_FACE,
    FITTED_FROM_MINUTES,
    WITHIN_RADIUS,
    badge_chance,
    face_chance,
    position_chance,
    unheard_chance,
)
from fortnight.contact.episodes import X_EPISODES, X_EXPECTED_24H, X_OBSERVED, X_WHO
from fortnight.contact.features import circles, position_features
from fortnight.contact.fusing import F_EXPECTED, F_EXPECTED_24H, F_FACE, F_HEARD, MINUTE_MS
from fortnight.contact.fusion import run_means, same_room
from fortnight.contact.silence import silent_shares
from fortnight.risk.assessment import Anchor, Contacts, assess_all
from fortnight.risk.kinds import KINDS, NOT_CLOSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fortnight.contact.trace import Trace
    from fortnight.risk.assessment import Assessments

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]

BY_BLUETOOTH: Final = "bluetooth"
BY_CHECK_IN: Final = "check-in"
_SURE_OF_ROOM: Final = 0.95
_LEAST_SCANS: Final = 3
_LIKELY: Final = 0.5


@dataclass(frozen=True)
class Weighed:
    """A row of each of these for each listed contact, in rank order; minutes of the whole window.

    ``probability`` is calibrated, and about what ``probability_of`` says; ``low`` and ``high``
    hold the minutes together with 80 %. ``exposed`` are expected minutes of each local day, with
    air that the case left, ``close`` those in which one phone heard the other.
    """

    kinds: Longs  # bits of risk.kinds
    exposed: Floats
    close: Floats
    minutes: Floats
    most_24h: Floats  # by all evidence, what the minimum is held against
    low: Floats
    high: Floats
    heard: Floats
    face: Floats
    visited: Floats
    linger: Floats
    apart: Bools  # heard by Bluetooth, and not likely face to face
    probability: Floats
    probability_of: list[str]
    same_room: list[str | None]
    assessments: Assessments

    @cached_property
    def evidence(self) -> list[list[str]]:
        """The kinds of evidence behind each contact, by name."""
        return [[name for name, bit in KINDS.items() if bits & bit] for bits in self.kinds.tolist()]


def weigh(trace: Trace) -> Weighed:
    """Weigh every listed contact of a trace."""
    fused, who = trace.fused, trace.exposure_rows[:, X_WHO].astype(np.int64)
    row = fused.row_of(who)
    known = row >= 0
    sums, days, heard_days, left = (
        np.concatenate((part, np.zeros((1, part.shape[1]))))[row]
        for part in (fused.sums, fused.days, fused.heard_days, fused.left_days)
    )
    low, high = (np.append(part, 0.0)[row] for part in fused.likely_minutes)
    visited, in_room = _visited(trace, who)
    kinds, scanned_room = _kinds(trace, who, heard_days), _heard_in_room(trace, who)
    kinds |= np.where(visited > 0.0, KINDS["visit"], 0) | np.where(in_room, KINDS["visit-room"], 0)
    kinds |= np.where(left.sum(axis=1) > 0.0, KINDS["air"], 0)
    circle = np.append(circles(fused.heard_days), 1.0)[row]
    chance = _probabilities(trace, kinds, sums, circle)
    apart = ((kinds & KINDS["bluetooth"]) > 0) & (chance < _LIKELY)
    exposed = days + left
    close = np.minimum(heard_days, exposed)
    return Weighed(
        kinds=kinds,
        exposed=exposed,
        close=close,
        minutes=np.where(known, sums[:, F_EXPECTED], 0.0),
        most_24h=_most_24h(trace, row, sums),
        low=low,
        high=high,
        heard=np.maximum(sums[:, F_HEARD], heard_days.sum(axis=1)),
        face=sums[:, F_FACE],
        visited=visited,
        linger=left.sum(axis=1),
        apart=apart,
        probability=chance,
        probability_of=[FACE_TO_FACE if by_face else WITHIN_RADIUS for by_face in _radio(kinds)],
        same_room=[
            BY_BLUETOOTH if heard else BY_CHECK_IN if room else None
            for heard, room in zip(scanned_room, in_room, strict=True)
        ],
        assessments=_assessments(trace, exposed, close, kinds | np.where(apart, NOT_CLOSE, 0)),
    )


def _most_24h(trace: Trace, row: Longs, sums: Floats) -> Floats:
    """Return the most expected minutes in any 24 hours, as who is listed is decided by."""
    by_positions: Floats = trace.exposure_rows[:, X_EXPECTED_24H] / MINUTE_MS
    signed = (row >= 0) & np.append(trace.fused.signed, False)[row]
    return np.where(signed, np.maximum(sums[:, F_EXPECTED_24H], by_positions), by_positions)


def _visited(trace: Trace, who: Longs) -> tuple[Floats, Bools]:
    """Return minutes checked in at one venue, and whether in one room, of each contact."""
    visits = trace.fused.visits
    order = np.argsort(who, kind="stable")
    place = np.searchsorted(who[order], visits.other)
    kept = np.isin(visits.other, who)
    row = order[place[kept]]
    minutes = (visits.end - visits.start)[kept] / MINUTE_MS
    in_room = np.bincount(row, visits.room[kept] >= 0, minlength=len(who)) > 0
    total = np.zeros(len(who))
    np.add.at(total, row, minutes)
    return total, in_room


def _kinds(trace: Trace, who: Longs, heard_days: Floats) -> Longs:
    """Return which kinds of evidence there is of each contact, but for check-ins."""
    heard = trace.fused.heard
    sensed = np.isnan(heard.attenuation)
    ties = trace.index.sign_index.ties.of(trace.who, trace.window.start, trace.window.end)
    radio = np.isin(who, heard.other[~sensed])
    windows = (heard_days.sum(axis=1) > 0.0) & ~np.isin(who, heard.other)
    kinds = np.where(trace.exposure_rows[:, X_EPISODES] > 0, KINDS["fixes"], 0)
    kinds |= np.where(radio | windows, KINDS["bluetooth"], 0)
    kinds |= np.where(np.isin(who, heard.other[sensed]), KINDS["sensor"], 0)
    kinds |= np.where(np.isin(who, ties.other), KINDS["ties"], 0)
    return kinds.astype(np.int64)


def _heard_in_room(trace: Trace, who: Longs) -> Bools:
    """Whether several scans place a contact in the room of the case, or a badge does."""
    heard = trace.fused.heard
    sensed = np.isnan(heard.attenuation)
    level, scans = run_means(heard)
    sure = ((same_room(level, scans) >= _SURE_OF_ROOM) & (scans >= _LEAST_SCANS)) | sensed
    return np.isin(who, heard.other[sure])


def _radio(kinds: Longs) -> Bools:
    """Whether what phones or badges heard says how near a contact was."""
    heard: Bools = (kinds & (KINDS["bluetooth"] | KINDS["sensor"])) > 0
    return heard


def _probabilities(trace: Trace, kinds: Longs, sums: Floats, circle: Floats) -> Floats:
    """Return the calibrated probability of each contact, NaN where there is no basis for one."""
    features = position_features(trace.episode_rows, trace.exposure_rows, trace.window)
    near = unheard_chance(position_chance(features), silence_of(trace))
    sensed = (kinds & KINDS["sensor"]) > 0
    face = np.where(sensed, badge_chance(sums), face_chance(sums, circle))
    # fitted on contacts of 15 expected minutes: who is listed by presumed time has no claim
    enough = trace.exposure_rows[:, X_EXPECTED_24H] >= FITTED_FROM_MINUTES * MINUTE_MS
    observed = enough & (trace.exposure_rows[:, X_OBSERVED] > 0.0)
    return np.where(_radio(kinds), face, np.where(observed, near, np.nan))


def silence_of(trace: Trace) -> Floats:
    """Return how silent each listed contact's phone and the case's were to each other."""
    who = trace.exposure_rows[:, X_WHO].astype(np.int64)
    if not len(trace.index.sign_index.sightings):
        return np.zeros(len(who))
    people = np.sort(who)
    shares = silent_shares(trace.index.took_part, trace.who, trace.episode_rows, people)
    silent: Floats = shares[np.searchsorted(people, who)]
    return silent


def _assessments(trace: Trace, exposed: Floats, close: Floats, kinds: Longs) -> Assessments:
    """Return dose, tier, probability and dates of each contact by the disease's own rules."""
    case = trace.case
    contacts = Contacts(
        first=trace.window.first,
        minutes=exposed,
        evidence=kinds,
        close_minutes=close,
    )
    return assess_all(trace.question.disease, Anchor(case.anchor, case.dated_by), contacts)
