"""Phones: which kind each person has, when it is off, and when it takes a fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.plans import DAY_S, SLOTS
from fortnight.simulate.travel import STAY

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Codes, Floats, Ints
    from fortnight.simulate.blocks import Block
    from fortnight.simulate.schedule import Schedule

PHONE_KINDS: Final = ("regular", "frequent", "movement")
REGULAR, FREQUENT, MOVEMENT = range(3)
KIND_SHARES: Final = (0.65, 0.07, 0.28)
REGULAR_S: Final = 300
FREQUENT_S: Final = (60, 120)
_JITTER: Final = (20.0, 10.0)  # seconds either way around the beat: regular, frequent
UNDER_CLAIMS: Final = 0.12  # of phones
UNDER_CLAIM_FACTOR: Final = (2.0, 3.0)

FLAT: Final = 0.06  # of days on which a battery runs flat
_FLAT_FROM_S: Final = (11 * 3_600, 21 * 3_600)
_FLAT_FOR_S: Final = (3_600, 6 * 3_600)
OFF_ALL_DAY: Final = 0.01
LOST: Final = 0.03  # of fixes that come to nothing
LOST_HOUR: Final = 0.02  # of hours in which all of them do
_HOUR_S: Final = 3_600
_HOURS: Final = 24

_MOVING_S: Final = 45  # a phone that reports movement does so this often
_LEAVING_S: Final = (5, 30)  # after getting up
_ARRIVED_S: Final = (5, 55)  # after sitting down


@dataclass(frozen=True, slots=True)
class Phones:
    """One phone a person of a block."""

    kind: Codes
    beat_s: Floats
    phase_s: Floats
    claim_factor: Floats  # 1 for honest phones: the true radius over the one it claims
    off_from: Ints  # of each row (a person's day): seconds of the day
    off_until: Ints


def draw_phones(block: Block, seed: int) -> Phones:
    """Draw everybody's phone, and when its battery is flat.

    Parameters
    ----------
    block
        Whose phones.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.PHONES, block.number)
    people, rows = block.people, len(block.person)
    kind = rng.choice(len(PHONE_KINDS), size=people, p=KIND_SHARES).astype(np.int8)
    beat = np.where(kind == FREQUENT, rng.uniform(*FREQUENT_S, people), REGULAR_S)
    factor = np.where(
        rng.random(people) < UNDER_CLAIMS, rng.uniform(*UNDER_CLAIM_FACTOR, people), 1.0
    )
    phase = rng.random(people) * beat
    chance = rng.random(rows)
    off_from = rng.integers(*_FLAT_FROM_S, rows)
    off_until = np.minimum(off_from + rng.integers(*_FLAT_FOR_S, rows), DAY_S)
    all_day = chance < OFF_ALL_DAY
    flat = chance < OFF_ALL_DAY + FLAT
    return Phones(
        kind=kind,
        beat_s=beat,
        phase_s=phase,
        claim_factor=factor,
        off_from=np.where(all_day, 0, np.where(flat, off_from, DAY_S)),
        off_until=np.where(all_day | ~flat, DAY_S, off_until),
    )


@dataclass(frozen=True, slots=True)
class FixTimes:
    """When fixes are taken: by person, then time, none twice."""

    person: Ints  # within the block
    second: Ints  # from the start of day 0


def draw_fix_times(schedule: Schedule, phones: Phones, seed: int) -> FixTimes:
    """Draw the whole seconds at which the phones of a block take fixes.

    Parameters
    ----------
    schedule
        What people do: phones that report movement depend on it.
    phones
        Their phones.
    seed
        The town's seed.

    """
    block = schedule.block
    rng = generator(seed, Stream.FIX_TIMES, block.number)
    span = block.days * DAY_S
    on_beat = _beats(rng, phones, span)
    on_move = _moves(rng, schedule, phones)
    # A person has one kind of phone, so each person's times come from one of the two.
    key = np.sort(np.concatenate((on_beat, on_move)))
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    person, second = key // span, key % span
    kept = _received(rng, phones, block, person, second)
    return FixTimes(person=person[kept], second=second[kept])


def _beats(rng: np.random.Generator, phones: Phones, span: int) -> Ints:
    """Return person x span + second for phones that keep a beat."""
    people = np.flatnonzero(phones.kind != MOVEMENT)
    counts = np.ceil((span - phones.phase_s[people]) / phones.beat_s[people]).astype(np.int64)
    person = np.repeat(people, counts)
    number = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
    jitter = np.where(phones.kind == FREQUENT, _JITTER[1], _JITTER[0])[person]
    aside = (2 * rng.random(len(person)) - 1) * jitter
    second = (phones.phase_s[person] + number * phones.beat_s[person] + aside).astype(np.int64)
    inside = (second >= 0) & (second < span)
    return (person * span + second)[inside]


def _moves(rng: np.random.Generator, schedule: Schedule, phones: Phones) -> Ints:
    """Return person x span + second for phones that wake on leaving, moving and arriving."""
    block = schedule.block
    moves = phones.kind[block.person - block.first_person] == MOVEMENT
    row, slot = np.nonzero((schedule.ways.mode != STAY) & moves[:, np.newaxis])
    leave, arrive = schedule.leave[row, slot], schedule.arrive[row, slot + 1]
    start = leave + rng.integers(*_LEAVING_S, len(row))
    counts = 1 + np.maximum(arrive - start, 0) // _MOVING_S
    way = np.repeat(np.arange(len(row)), counts)
    number = np.arange(len(way)) - np.repeat(np.cumsum(counts) - counts, counts)
    base = (block.person - block.first_person) * (block.days * DAY_S) + block.day * DAY_S
    under_way = base[row[way]] + start[way] + number * _MOVING_S
    arrived = base[row] + arrive + rng.integers(*_ARRIVED_S, len(row))
    return np.concatenate((under_way, arrived))


def _received(
    rng: np.random.Generator, phones: Phones, block: Block, person: Ints, second: Ints
) -> Bools:
    """Which fixes come to something: the phone is on, and neither fix nor hour is lost."""
    row = person * block.days + second // DAY_S
    of_day = second % DAY_S
    on = (of_day < phones.off_from[row]) | (of_day >= phones.off_until[row])
    lost_hours = rng.random(len(block.person) * _HOURS) < LOST_HOUR
    kept: Bools = on & ~lost_hours[row * _HOURS + of_day // _HOUR_S]
    kept &= rng.random(len(person)) >= LOST
    return kept


def stay_numbers(schedule: Schedule) -> Ints:
    """Give stays numbers, so that slots spent on one seat without leaving it share a number.

    Returns
    -------
    numpy.ndarray
        For each row x SLOTS + slot the first such index of its stay.

    """
    place, x, y = schedule.place.ravel(), schedule.x.ravel(), schedule.y.ravel()
    begins = np.ones(len(place), dtype=np.bool_)
    begins[1:] = (place[1:] != place[:-1]) | (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    # Nights hang together over midnight, but a person's first day begins anew.
    begins[:: schedule.block.days * SLOTS] = True
    return np.maximum.accumulate(np.where(begins, np.arange(len(place)), 0))
