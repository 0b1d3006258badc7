"""Hold traces against the truth of a simulated town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.errors import QuestionError
from fortnight.simulate.buildings import SETTINGS
from fortnight.simulate.evaluation import (
    NONE,
    RULES,
    Calibration,
    Evaluation,
    RuleScores,
    Score,
    Split,
)
from fortnight.simulate.intervals import Intervals, gather, most_in_a_day
from fortnight.simulate.known import (
    CaseFixes,
    People,
    Truth,
    read_case_fixes,
    read_people,
    read_truth,
)
from fortnight.simulate.meetings import CLOSE, KINDS, NEAR, NEAR_M, PLACE, ROOM
from fortnight.simulate.phones import PHONE_KINDS
from fortnight.simulate.sensing import SOURCES
from fortnight.simulate.traces import Found, TraceLike, read_traces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fortnight.parameters import Parameters
    from fortnight.simulate.arrays import Bools, Floats, Ints

MIN_MINUTES: Final = 15.0
_TRUTHS: Final = (NEAR, PLACE, ROOM, CLOSE)
_BINS: Final = 10
_TOLERANCE: Final = 1e-6  # minutes; sums of many intervals are not exact


def evaluate(
    town: Path,
    traces: Mapping[str, TraceLike],
    *,
    parameters: Parameters,
    min_minutes: float = MIN_MINUTES,
    window: tuple[int, int] | None = None,
) -> Evaluation:
    """Hold the traces of some cases against what a simulated town knows.

    A pair is truly near (in the same place, room, close) where it was so for at least
    `min_minutes` in some 24 hours. It is found by the rule *minimum* where expected minutes
    reach as much in some 24 hours, by *with presumed* where presumed time (x its probability)
    is added, by *listed* where the trace names the contact at all. An episode's minutes are
    spread evenly over it.

    Parameters
    ----------
    town
        Folder that `simulate` wrote, with its truth.
    traces
        The trace of each case, by participant.
    parameters
        Those of the traces; the radius must be the 25 m of the truth.
    min_minutes
        What counts as a contact, minutes.
    window
        Start and end of what the traces looked at, milliseconds since 1970; all of the town's
        days where it is not given.

    Raises
    ------
    QuestionError
        Where there is no case, or the radius is another than the truth's.
    InputError
        Where the folder is no town, or a trace names somebody who does not live there.

    """
    if not traces:
        raise QuestionError("There is no trace to evaluate: give at least one case.")
    if parameters.radius_m != NEAR_M:
        raise QuestionError(
            f"The traces ask who was within {parameters.radius_m:g} m, a town's truth knows who "
            f"was within {NEAR_M:g} m: trace with that radius.",
        )
    people = read_people(town)
    cases = sorted(traces)
    pairs = _pair_up(
        people,
        read_truth(town, people, cases),
        read_traces(people, traces),
        window or people.window,
    )
    fixes = read_case_fixes(town, people, cases)
    by_rule = _found_by_rule(pairs, min_minutes)
    near = _truly(pairs, NEAR, min_minutes)
    labels = _label(pairs, fixes)
    errors = _Errors.of(pairs)
    return Evaluation(
        cases=tuple(cases),
        window=pairs.window,
        min_minutes=min_minutes,
        radius_m=parameters.radius_m,
        rules=tuple(
            RuleScores(
                rule, tuple(_score(KINDS[k], _truly(pairs, k, min_minutes), found) for k in _TRUTHS)
            )
            for rule, found in zip(RULES, by_rule, strict=True)
        ),
        overall=errors.calibration("all", np.ones(len(errors.claimed), dtype=np.bool_)),
        reliability=_reliability(errors),
        splits=tuple(_split(label, near, by_rule[0], errors) for label in labels),
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of a case and another person that truth or trace know, numbered from 0."""

    people: People
    truth: Truth
    found: Found
    window: tuple[int, int]
    count: int
    case: Ints
    other: Ints
    of_truth: Ints  # the pair of each period of truth
    of_listed: Ints
    of_episode: Ints


@dataclass(frozen=True, slots=True)
class _Labels:
    """One way to part pairs and episodes. Codes are indices into `names`."""

    by: str
    names: Sequence[str]
    of_pair: Ints
    of_episode: Ints


def _pair_up(people: People, truth: Truth, found: Found, window: tuple[int, int]) -> _Pairs:
    of_truth = truth.case * len(people.names) + truth.other
    parts = (of_truth, found.listed, found.pair)
    pairs, numbers = np.unique(np.concatenate(parts), return_inverse=True)
    cuts = np.cumsum([len(part) for part in parts])[:-1]
    return _Pairs(
        people,
        truth,
        found,
        window,
        len(pairs),
        pairs // len(people.names),
        pairs % len(people.names),
        *np.split(numbers, cuts),
    )


def _truth_intervals(pairs: _Pairs, chosen: Bools) -> Intervals:
    truth = pairs.truth
    ones = np.ones(int(np.sum(chosen)))
    return Intervals(pairs.of_truth[chosen], truth.start[chosen], truth.end[chosen], ones)


def _truly(pairs: _Pairs, kind: int, min_minutes: float) -> Bools:
    """Which pairs were truly together in one way for long enough."""
    intervals = _truth_intervals(pairs, pairs.truth.kind == kind)
    most = most_in_a_day(intervals, pairs.window, pairs.count)
    long_enough: Bools = most >= min_minutes - _TOLERANCE
    return long_enough


def _found_by_rule(pairs: _Pairs, min_minutes: float) -> tuple[Bools, Bools, Bools]:
    """Which pairs each of `RULES` finds."""
    found = pairs.found
    by_minutes = []
    for chosen in (~found.presumed, np.ones_like(found.presumed)):
        intervals = Intervals(
            pairs.of_episode[chosen],
            found.start[chosen],
            found.end[chosen],
            found.weight[chosen],
        )
        most = most_in_a_day(intervals, pairs.window, pairs.count)
        by_minutes.append(most >= min_minutes - _TOLERANCE)
    listed = np.zeros(pairs.count, dtype=np.bool_)
    listed[pairs.of_listed] = True
    return by_minutes[0], by_minutes[1], listed


def _score(label: str, true: Bools, found: Bools) -> Score:
    return Score(label, int(np.sum(true)), int(np.sum(found)), int(np.sum(true & found)))


def _label(pairs: _Pairs, fixes: CaseFixes) -> tuple[_Labels, ...]:
    """Part pairs and episodes by where they were near, by their phones, by the case's source."""
    phones = pairs.people.phone
    kinds = len(PHONE_KINDS)
    one, other = phones[pairs.case], phones[pairs.other]
    phone = np.minimum(one, other) * kinds + np.maximum(one, other)
    phone_names = [f"{first} + {second}" for first in PHONE_KINDS for second in PHONE_KINDS]
    near = pairs.truth.kind == NEAR
    by_setting = _Labels(
        "setting",
        (*SETTINGS, NONE),
        _largest(_near_minutes(pairs, near)),
        _largest(_episode_minutes(pairs, near)),
    )
    by_phones = _Labels("phones", phone_names, phone, phone[pairs.of_episode])
    in_episodes = fixes.count(pairs.case[pairs.of_episode], pairs.found.start, pairs.found.end)
    in_truth = fixes.count(pairs.truth.case, pairs.truth.start, pairs.truth.end)
    of_pair = np.zeros((pairs.count, len(SOURCES)), dtype=np.int64)
    np.add.at(of_pair, pairs.of_episode, in_episodes)
    np.add.at(of_pair, pairs.of_truth[near], in_truth[near])
    by_source = _Labels("source", (*SOURCES, NONE), _largest(of_pair), _largest(in_episodes))
    return by_setting, by_phones, by_source


def _largest(amounts: Floats | Ints) -> Ints:
    """Return the column with the largest amount, and one more than there are where all are 0."""
    largest = np.argmax(amounts, axis=1)
    found: Ints = np.where(np.sum(amounts, axis=1) > 0, largest, amounts.shape[1])
    return found


def _near_minutes(pairs: _Pairs, near: Bools) -> Floats:
    """Minutes truly near in each setting: pairs x settings."""
    minutes = np.zeros((pairs.count, len(SETTINGS)))
    low, high = (np.clip(time, *pairs.window) for time in (pairs.truth.start, pairs.truth.end))
    at = (pairs.of_truth[near], pairs.truth.setting[near])
    np.add.at(minutes, at, (high - low)[near].astype(np.float64))
    return minutes


def _episode_minutes(pairs: _Pairs, near: Bools) -> Floats:
    """Minutes of each episode truly near in each setting: episodes x settings."""
    found = pairs.found
    columns = []
    for setting in range(len(SETTINGS)):
        chosen = near & (pairs.truth.setting == setting)
        total = gather(_truth_intervals(pairs, chosen), pairs.window)
        columns.append(total.between(pairs.of_episode, found.start, found.end))
    # Sums over a long line of groups are not exact, and nothing must not count as something.
    return np.where(np.stack(columns, axis=1) > _TOLERANCE, np.stack(columns, axis=1), 0.0)


@dataclass(frozen=True, slots=True)
class _Errors:
    """Episodes that carry a probability, and what was true of them."""

    chosen: Bools  # of all episodes
    claimed: Floats  # of the chosen, as is all that follows
    near: Floats  # share of its minutes
    minutes: Floats

    @classmethod
    def of(cls, pairs: _Pairs) -> _Errors:
        found = pairs.found
        length = found.length
        chosen = ~found.presumed & ~np.isnan(found.probability) & (length > 0)
        total = gather(_truth_intervals(pairs, pairs.truth.kind == NEAR), pairs.window)
        near = total.between(pairs.of_episode, found.start, found.end)[chosen] / length[chosen]
        return cls(chosen, found.probability[chosen], np.clip(near, 0, 1), length[chosen])

    def calibration(self, label: str, which: Bools) -> Calibration:
        minutes = self.minutes[which]
        if not len(minutes):
            return Calibration(label, 0, 0.0, None, None, None)
        claimed, near = self.claimed[which], self.near[which]
        square = near * (1 - claimed) ** 2 + (1 - near) * claimed**2
        means = (float(np.average(value, weights=minutes)) for value in (claimed, near, square))
        return Calibration(label, len(minutes), float(np.sum(minutes)), *means)


def _reliability(errors: _Errors) -> tuple[Calibration, ...]:
    tenth = np.minimum((errors.claimed * _BINS).astype(np.int64), _BINS - 1)
    return tuple(
        errors.calibration(f"{low / _BINS:.1f} to {(low + 1) / _BINS:.1f}", tenth == low)
        for low in range(_BINS)
    )


def _split(labels: _Labels, true: Bools, found: Bools, errors: _Errors) -> Split:
    """Score every label that occurs."""
    of_episode = labels.of_episode[errors.chosen]
    scores, calibration = [], []
    for code, name in enumerate(labels.names):
        pairs, episodes = labels.of_pair == code, of_episode == code
        if np.any(pairs & (true | found)) or np.any(episodes):
            scores.append(_score(name, true & pairs, found & pairs))
            calibration.append(errors.calibration(name, episodes))
    return Split(labels.by, tuple(scores), tuple(calibration))
