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
from fortnight.contact.filing import rows_of
from fortnight.contact.fusing import F_EXPECTED, F_EXPECTED_24H, F_FACE, F_HEARD, MINUTE_MS
from fortnight.contact.fusion import likely_minutes
from fortnight.contact.hearing import BY_BADGE, BY_SCAN, IN_ROOM
from fortnight.contact.silence import silences
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
_LIKELY: Final = 0.5


@dataclass(frozen=True)
class Weighed:
    """A row of each of these for each listed contact, in rank order; minutes of the whole window.

    ``probability`` is calibrated, and about what ``probability_of`` says; ``low`` and ``high``
    hold the minutes together with 80 %. ``contacts`` is what was assessed: expected minutes of
    each local day, with air that the case left, and those in which one phone heard the other.
    """

    kinds: Longs  # bits of risk.kinds
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
    contacts: Contacts
    assessments: Assessments

    @cached_property
    def evidence(self) -> list[list[str]]:
        """The kinds of evidence behind each contact, by name."""
        return [[name for name, bit in KINDS.items() if bits & bit] for bits in self.kinds.tolist()]


def weigh(trace: Trace) -> Weighed:
    """Weigh every listed contact of a trace."""
    fused, who = trace.fused, trace.exposure_rows[:, X_WHO].astype(np.int64)
    row = fused.row_of(who)
    sums, days, heard_days, left = (
        rows_of(part, row) for part in (fused.sums, fused.days, fused.heard_days, fused.left_days)
    )
    low, high = likely_minutes(sums)
    visited, in_room = _visited(trace, row)
    how, in_windows = np.append(fused.how, 0)[row], heard_days.sum(axis=1)
    kinds, scanned_room = _kinds(trace, who, how, in_windows), (how & IN_ROOM) > 0
    linger = left.sum(axis=1)
    kinds |= (visited > 0.0) * KINDS["visit"] | in_room * KINDS["visit-room"]
    kinds |= (linger > 0.0) * KINDS["air"]
    circle = np.append(circles(fused.heard_days), 1.0)[row]
    chance = _probabilities(trace, kinds, sums, circle)
    apart = ((kinds & KINDS["bluetooth"]) > 0) & (chance < _LIKELY)
    exposed = days + left
    contacts = Contacts(
        first=trace.window.first,
        minutes=exposed,
        evidence=kinds | apart * NOT_CLOSE,
        close_minutes=np.minimum(heard_days, exposed),
    )
    return Weighed(
        kinds=kinds,
        minutes=sums[:, F_EXPECTED],
        most_24h=_most_24h(trace, row, sums),
        low=low,
        high=high,
        heard=np.maximum(sums[:, F_HEARD], in_windows),
        face=sums[:, F_FACE],
        visited=visited,
        linger=linger,
        apart=apart,
        probability=chance,
        probability_of=[
            FACE_TO_FACE if by_face else WITHIN_RADIUS for by_face in _radio(kinds).tolist()
        ],
        same_room=[
            BY_BLUETOOTH if heard else BY_CHECK_IN if room else None
            for heard, room in zip(scanned_room.tolist(), in_room.tolist(), strict=True)
        ],
        contacts=contacts,
        assessments=assess_all(trace.question.disease, anchor_of(trace), contacts),
    )


def anchor_of(trace: Trace) -> Anchor:
    """Return the date that a trace's windows hang on, and what it is."""
    return Anchor(trace.case.anchor, trace.case.dated_by)


def _most_24h(trace: Trace, row: Longs, sums: Floats) -> Floats:
    """Return the most expected minutes in any 24 hours, as who is listed is decided by."""
    by_positions: Floats = trace.exposure_rows[:, X_EXPECTED_24H] / MINUTE_MS
    signed = (row >= 0) & np.append(trace.fused.signed, False)[row]
    return np.where(signed, np.maximum(sums[:, F_EXPECTED_24H], by_positions), by_positions)


def _visited(trace: Trace, row: Longs) -> tuple[Floats, Bools]:
    """Return minutes checked in at one venue, and whether in one room, of each contact."""
    fused, visits = trace.fused, trace.fused.visits
    place = fused.row_of(visits.other)
    minutes, in_room = np.zeros(len(fused.who) + 1), np.zeros(len(fused.who) + 1, dtype=np.bool_)
    np.add.at(minutes, place, (visits.end - visits.start) / MINUTE_MS)
    in_room[place[visits.room >= 0]] = True
    return minutes[row], in_room[row]


def _kinds(trace: Trace, who: Longs, how: Longs, in_windows: Floats) -> Longs:
    """Return which kinds of evidence there is of each contact, but for check-ins."""
    ties = trace.index.sign_index.ties.of(trace.who, trace.window.start, trace.window.end)
    phones = ((how & BY_SCAN) > 0) | ((in_windows > 0.0) & (how == 0))
    kinds = (trace.exposure_rows[:, X_EPISODES] > 0) * KINDS["fixes"]
    kinds |= phones * KINDS["bluetooth"]
    kinds |= ((how & BY_BADGE) > 0) * KINDS["sensor"]
    if len(ties):
        kinds |= np.isin(who, ties.other) * KINDS["ties"]
    return kinds.astype(np.int64, copy=False)


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
    by_number = silences(trace.index.took_part, trace.who, trace.episode_rows, people)
    silent: Floats = by_number[np.searchsorted(people, who)]
    return silent
