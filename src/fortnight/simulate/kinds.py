"""Kinds of evidence held against the truth, side by side: what each finds, and what it claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.claims import CLAIMS, counted_once, read_claims
from fortnight.simulate.evaluation import Score
from fortnight.simulate.intervals import Intervals, most_in_a_day
from fortnight.simulate.known import read_kinds, read_people, read_truth
from fortnight.simulate.meetings import CLOSE, KINDS, NEAR, ROOM
from fortnight.simulate.ranking import Tenth, area_under_curve, brier, tenths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.claims import Claims
    from fortnight.simulate.known import People, Truth
    from fortnight.simulate.traces import ContactsLike

FIXES: Final = "fixes"
BLUETOOTH: Final = "Bluetooth"
CHECK_INS: Final = "check-ins"
ALL: Final = "all together"
PLAIN: Final = "plain rule"
SINGLE: Final = (FIXES, BLUETOOTH, CHECK_INS)
FIXES_EVERYBODY: Final = "fixes, everybody ranked"
PLAIN_EVERYBODY: Final = "plain rule, everybody ranked"

MIN_MINUTES: Final = 15.0
_TOLERANCE: Final = 1e-6  # minutes; sums of many intervals are not exact


@dataclass(frozen=True, slots=True)
class Ranked:
    """What one kind of evidence finds of one kind of truth."""

    score: Score  # of those that it lists; labelled with the kind of evidence
    area: float  # under the curve of precision over recall


@dataclass(frozen=True, slots=True)
class Found:
    """What every kind of evidence finds of one kind of truth."""

    truth: str  # one of KINDS
    rows: tuple[Ranked, ...]

    def area(self, label: str) -> float | None:
        """Return the area of one row; none where there is no such row."""
        return next((row.area for row in self.rows if row.score.label == label), None)

    @property
    def fusing_gains(self) -> float | None:
        """Area of all together less that of the best single source; none with one source."""
        together = self.area(ALL)
        if together is None:
            return None
        return together - max(row.area for row in self.rows if row.score.label in SINGLE)

    @property
    def beats_plain(self) -> float | None:
        """Area of all there is less that of the plain rule."""
        together = self.area(ALL)
        ours = self.area(FIXES) if together is None else together
        plain = self.area(PLAIN)
        return None if ours is None or plain is None else ours - plain

    @property
    def beats_plain_everybody(self) -> float | None:
        """The same of fixes alone, where either ranks everybody and lists nobody."""
        ours, plain = self.area(FIXES_EVERYBODY), self.area(PLAIN_EVERYBODY)
        return None if ours is None or plain is None else ours - plain


@dataclass(frozen=True, slots=True)
class Claimed:
    """How far one kind of probability can be believed, by one kind of evidence."""

    kind: str
    claim: str  # `probability_contact_of`
    count: int
    brier: float
    tenths: tuple[Tenth, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every kind of evidence, and all together, against the truth."""

    cases: tuple[str, ...]
    window: tuple[int, int]  # milliseconds since 1970
    min_minutes: float
    found: tuple[Found, ...]
    said_room: tuple[Score, ...]  # "same room" as the traces say it, by kind of evidence
    claimed: tuple[Claimed, ...]


def compare(
    town: Path,
    cases: tuple[str, ...],
    traces: Mapping[str, Mapping[str, ContactsLike]],
    *,
    min_minutes: float = MIN_MINUTES,
) -> Comparison:
    """Hold the traces of the same cases by several kinds of evidence against what is known.

    A town knows who was in one room, within 25 m and face to face; a gathering of badges knows
    the last alone. A pair was so where it was for `min_minutes` in some 24 hours.

    Parameters
    ----------
    town
        Folder that ``fortnight simulate`` wrote.
    cases
        Whom the truth is about: a case of whom some evidence knows nothing still counts.
    traces
        By kind of evidence (`FIXES`, `BLUETOOTH`, `CHECK_INS`, `ALL`, and `PLAIN` for positions
        with nobody left out), then by case.
    min_minutes
        What counts as a contact, minutes.

    Raises
    ------
    InputError
        Where the folder is no town, or a trace is none of its own.
    """
    people = read_people(town)
    truth = read_truth(town, people, sorted(cases))
    known = set(read_kinds(town))
    claims = {kind: read_claims(people, by_case) for kind, by_case in traces.items()}
    true = {kind: true_pairs(people, truth, kind, min_minutes) for kind in known}
    ranked = [kind for kind in (ROOM, NEAR, CLOSE) if kind in known]
    said = {kind: one.pair[one.same_room] for kind, one in claims.items() if kind != PLAIN}
    return Comparison(
        cases=tuple(sorted(cases)),
        window=people.window,
        min_minutes=min_minutes,
        found=tuple(_found(claims, kind, true[kind], min_minutes) for kind in ranked),
        said_room=tuple(
            _score(kind, pairs, true[ROOM]) for kind, pairs in said.items() if ROOM in known
        ),
        claimed=tuple(_claimed(claims, true, len(people.names))),
    )


def true_pairs(people: People, truth: Truth, kind: int, min_minutes: float = MIN_MINUTES) -> Ints:
    """Return the pairs that were truly together in one way for long enough, sorted."""
    of = truth.kind == kind
    key = truth.case[of] * len(people.names) + truth.other[of]
    pairs, place = np.unique(key, return_inverse=True)
    spans = Intervals(place, truth.start[of], truth.end[of], np.ones(int(of.sum())))
    most = most_in_a_day(spans, people.window, len(pairs))
    return pairs[most >= min_minutes - _TOLERANCE]


def _score(label: str, found: Ints, true: Ints) -> Score:
    return Score(label, len(true), len(found), int(np.isin(found, true).sum()))


def _found(claims: Mapping[str, Claims], kind: int, true: Ints, min_minutes: float) -> Found:
    rows = [
        _ranked(label, one.pair, one.score(kind), true)
        for label, one in claims.items()
        if label != PLAIN
    ]
    everybody = claims.get(PLAIN)
    if everybody is not None:
        rule = everybody.minutes >= min_minutes
        pair, minutes = everybody.pair, everybody.minutes
        rows += [
            _ranked(PLAIN, pair[rule], minutes[rule], true),
            _ranked(FIXES_EVERYBODY, pair, everybody.score(kind), true),
            _ranked(PLAIN_EVERYBODY, pair, minutes, true),
        ]
    return Found(KINDS[kind], tuple(rows))


def _ranked(label: str, pair: Ints, score: Floats, true: Ints) -> Ranked:
    area = area_under_curve(score, np.isin(pair, true), len(true))
    return Ranked(_score(label, pair, true), area)


def _claimed(claims: Mapping[str, Claims], true: Mapping[int, Ints], people: int) -> list[Claimed]:
    """Hold every probability to the truth that it is about, where that is known.

    Of two cases who list each other one row counts.
    """
    rows = []
    for label, one in claims.items():
        for claim, kind in CLAIMS.items():
            chosen: Bools = (one.about == kind) & ~np.isnan(one.probability)
            if label == PLAIN or kind not in true or not chosen.any():
                continue
            once = np.flatnonzero(chosen)[counted_once(one.pair[chosen], people)]
            probability = one.probability[once]
            hit = np.isin(one.pair[once], true[kind])
            score = brier(probability, hit)
            parts = tenths(probability, hit)
            rows.append(Claimed(label, claim, len(hit), score, parts))
    return rows
