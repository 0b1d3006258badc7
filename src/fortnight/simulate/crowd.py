"""Phones on top of badges: how far apart people of one gathering were at any time.

Badges tell who was face to face. About everybody else at the gathering they say nothing but that
it was not face to face; so that contact does not stand out in what phones hear, they are put
somewhere between 2 and 20 m, and stay about there. All of this is chosen:

- face to face: 0.5 to 1.5 m, one distance a spell;
- between two spells of one pair that are at most 5 minutes apart: 2 to 4 m;
- otherwise 2 + 18 s metres with s = 1 / (1 + exp(-1.7 z + c)), where z is standard normal, half
  of its variance the pair's own on all days and half drawn anew every 20 minutes; c is 1.5 for
  two of one community (median 5 m) and 0 for others (median 11 m);
- who is in different halls hears each other only face to face.

A community is what label propagation over the seconds of contact finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.proximity import Overlaps, spread
from fortnight.simulate.sociopatterns import STEP_S, Together, together

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.badges import Badges

FACE_M: Final = (0.5, 1.5)
PAUSE_M: Final = (2.0, 4.0)
PAUSE_S: Final = 300
HALL_M: Final = (2.0, 20.0)
BLOCK_S: Final = 1_200
NEARER: Final = 1.5
_STEEPNESS: Final = 1.7  # makes the logistic curve about the normal one
_ROUNDS: Final = 20
_DAY_S: Final = 86_400
_SPAN: Final = 1 << 26  # seconds of one pair on the common clock: two years
_PAIRS_NUMBER: Final = 2


@dataclass(frozen=True, slots=True)
class Crowd:
    """A gathering: who is in which hall and community, when, and who was face to face."""

    people: int
    spells: Together  # bridged by no more than `STEP_S`
    hall: Ints
    community: Ints
    own: Floats  # of each pair (see `_pair`): its share of z on all days

    @property
    def days(self) -> int:
        """Days from the first contact's to the last one's, those without any included."""
        return int(self.spells.start.max()) // _DAY_S + 1 if len(self.spells.start) else 0


def make_crowd(badges: Badges, seed: int) -> Crowd:
    """Make a gathering of badges' contacts."""
    people = len(badges.wearers)
    spells = together(badges.contacts, STEP_S)
    _, hall = np.unique([wearer.hall for wearer in badges.wearers], return_inverse=True)
    rng = generator(seed, Stream.CROWD, _PAIRS_NUMBER)
    return Crowd(
        people=people,
        spells=spells,
        hall=hall,
        community=_communities(people, spells),
        own=rng.standard_normal(people * people),
    )


def _communities(people: int, spells: Together) -> Ints:
    """Let everybody take the label that most of their time is spent with, until none changes."""
    seconds = np.zeros((people, people))
    np.add.at(seconds, (spells.first, spells.second), spells.end - spells.start)
    seconds += seconds.T
    label = np.arange(people)
    for _ in range(_ROUNDS):
        before = label.copy()
        for person in range(people):
            if seconds[person].any():
                label[person] = np.argmax(np.bincount(label, seconds[person], people))
        if np.array_equal(label, before):
            break
    return label


@dataclass(frozen=True, slots=True)
class Present:
    """When people were there on one day, from their first contact to their last; seconds."""

    person: Ints
    start: Ints
    end: Ints


def present_on(crowd: Crowd, day: int) -> Present:
    """Return who was there on one day."""
    spells = _of_day(crowd.spells, day)
    start = np.full(crowd.people, (day + 1) * _DAY_S)
    end = np.full(crowd.people, day * _DAY_S)
    for person in (spells.first, spells.second):
        np.minimum.at(start, person, spells.start)
        np.maximum.at(end, person, spells.end)
    there = np.flatnonzero(end > start)
    return Present(there, start[there], end[there])


def _of_day(spells: Together, day: int) -> Together:
    """Return the spells that begin on one day, cut at its end."""
    chosen = spells.start // _DAY_S == day
    end = np.minimum(spells.end[chosen], (day + 1) * _DAY_S)
    return Together(spells.first[chosen], spells.second[chosen], spells.start[chosen], end)


def overlaps_on(crowd: Crowd, day: int, takes_part: Bools, seed: int) -> Overlaps:
    """Return how far everybody was from everybody on one day.

    Parameters
    ----------
    crowd
        The gathering.
    day
        Which day, from 0.
    takes_part
        Whose phones do, one flag a person.
    seed
        Same seed, same distances.

    """
    rng = generator(seed, Stream.CROWD, (day + 1) << 8)
    spells = _of_day(crowd.spells, day)
    pair, start, end = _pieces(crowd, present_on(crowd, day), spells, takes_part)
    first, second = pair // crowd.people, pair % crowd.people
    spell = _within(_clock(crowd, spells), pair, start)
    pause = _within(_pauses(_clock(crowd, spells)), pair, start)
    kept = np.flatnonzero((spell >= 0) | (crowd.hall[first] == crowd.hall[second]))
    metres = _hall_metres(rng, crowd, pair)
    between = rng.uniform(*PAUSE_M, len(spells.start))
    face = rng.uniform(*FACE_M, len(spells.start))
    metres = np.where(pause >= 0, _take(between, pause), metres)
    metres = np.where(spell >= 0, _take(face, spell), metres)
    return Overlaps(
        first[kept], second[kept], start[kept], end[kept], metres[kept], np.zeros(len(kept))
    )


def _take(values: Floats, which: Ints) -> Floats:
    return values[which] if len(values) else np.zeros(len(which))


def _hall_metres(rng: np.random.Generator, crowd: Crowd, pair: Ints) -> Floats:
    z = (crowd.own[pair] + rng.standard_normal(len(pair))) / np.sqrt(2)
    one, other = crowd.community[pair // crowd.people], crowd.community[pair % crowd.people]
    share = 1 / (1 + np.exp(np.where(one == other, NEARER, 0.0) - _STEEPNESS * z))
    metres: Floats = HALL_M[0] + (HALL_M[1] - HALL_M[0]) * share
    return metres


@dataclass(frozen=True, slots=True)
class _Clock:
    """Periods of pairs on one line, sorted; pairs do not overlap there, nor do their periods."""

    start: Ints
    end: Ints
    order: Ints  # the spell of each


def _clock(crowd: Crowd, spells: Together) -> _Clock:
    base = (spells.first * crowd.people + spells.second) * _SPAN
    order = np.argsort(base + spells.start, kind="stable")
    return _Clock((base + spells.start)[order], (base + spells.end)[order], order)


def _pauses(clock: _Clock) -> _Clock:
    """Return the short silences between two spells of one pair; each is its first spell's."""
    short = np.flatnonzero(clock.start[1:] - clock.end[:-1] <= PAUSE_S)
    return _Clock(clock.end[short], clock.start[short + 1], clock.order[short])


def _within(clock: _Clock, pair: Ints, start: Ints) -> Ints:
    """Return the spell in whose period each pair is at some time; -1 where in none."""
    if not len(clock.start):
        return np.full(len(pair), -1)
    now = pair * _SPAN + start
    at = np.maximum(np.searchsorted(clock.start, now, side="right") - 1, 0)
    inside = (clock.start[at] <= now) & (now < clock.end[at])
    return np.where(inside, clock.order[at], -1)


def _pieces(
    crowd: Crowd, present: Present, spells: Together, takes_part: Bools
) -> tuple[Ints, Ints, Ints]:
    """Cut the time that each pair was there into pieces of one distance: pair, start and end."""
    chosen = takes_part[present.person]
    person, begin, finish = present.person[chosen], present.start[chosen], present.end[chosen]
    one, other = np.triu_indices(len(person), 1)
    start, end = np.maximum(begin[one], begin[other]), np.minimum(finish[one], finish[other])
    met = end > start
    pair = (person[one] * crowd.people + person[other])[met]
    start, end = start[met], end[met]
    row, number = spread(-(-end // BLOCK_S) - start // BLOCK_S)
    blocks = np.maximum((start[row] // BLOCK_S + number) * BLOCK_S, start[row])
    both = takes_part[spells.first] & takes_part[spells.second]
    own = (spells.first * crowd.people + spells.second)[both] * _SPAN
    edges = (
        pair[row] * _SPAN + blocks,
        pair * _SPAN + end,
        own + spells.start[both],
        own + spells.end[both],
    )
    line = np.unique(np.concatenate(edges))
    low, high = line[:-1], line[1:]
    same = low // _SPAN == high // _SPAN
    low, high = low[same], high[same]
    return low // _SPAN, low % _SPAN, high % _SPAN
