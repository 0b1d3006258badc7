"""What a phone makes of a true position: an error, a source, and the radius that it claims.

Errors of one phone in one place are not independent. A share of their variance belongs to the
phone in that place (the same bias every day), a share to the stay, and only the rest is drawn
anew for every fix. Each share is normal on both axes, so their sum is too, and 68 % of all
errors lie within 1.515 standard deviations of an axis (Rayleigh).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.movement import IN_BUS, INDOORS
from fortnight.simulate.phones import UNDER_CLAIM_FACTOR, stay_numbers
from fortnight.simulate.plans import DAY_S, SLOTS

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Codes, Floats, Ints
    from fortnight.simulate.movement import Located
    from fortnight.simulate.phones import FixTimes, Phones
    from fortnight.simulate.schedule import Schedule
    from fortnight.simulate.town import Town

SIGMA_PER_RADIUS: Final = 1.515
SOURCES: Final = ("gnss", "wifi", "cell")
GNSS, WIFI, CELL = range(3)

INDOOR_M: Final = (20.0, 60.0)  # radius that holds 68 % of a phone's errors in a place
OUTDOOR_M: Final = (5.0, 12.0)
BUS_M: Final = (8.0, 20.0)
CELL_M: Final = (500.0, 3_000.0)

PLACE_SHARE: Final = 0.50  # of the variance indoors: the phone in this place
STAY_SHARE: Final = 0.15  # this stay; the rest is drawn for each fix
WAY_SHARE: Final = 0.40  # of the variance outdoors: this way
TOWER_SHARE: Final = 0.80  # of a cell fix: the run of fixes from one tower

WIFI_STAYS: Final = 0.70  # stays whose fixes are by wifi rather than gnss
OTHER_SOURCE: Final = 0.10  # fixes within a stay that come from the other one
CELL_STAYS: Final = 0.05  # stays of which a part has nothing but cell towers
CELL_PART: Final = (0.2, 1.0)
CLAIM_SPREAD: Final = 0.10  # an honest claim is off by up to so much
UNDER_CLAIMED: Final = 0.02  # fixes of honest phones that claim a half or a third
JUMPS: Final = 0.0015  # fixes that land somewhere else and say nothing
JUMP_M: Final = (200.0, 800.0)
NO_ACCURACY: Final = 0.015


@dataclass(frozen=True, slots=True)
class Sensed:
    """What phones report. Metres in the town's plane."""

    x: Floats
    y: Floats
    accuracy: Floats  # NaN where the phone claims none
    source: Codes


@dataclass(frozen=True, slots=True)
class _Surround:
    """What the fixes of one slot share: a stay's when indoors, a way's when outdoors."""

    radius: Floats  # indoors
    bias: Floats  # indoors, 2 x slots, in standard deviations
    source: Codes
    cell_from: Ints  # seconds of the day; none where the run is empty
    cell_until: Ints
    tower_radius: Floats
    tower_bias: Floats
    way: Floats  # outdoors: 0 to 1 between the finest and the coarsest radius
    way_bias: Floats


def sense(
    town: Town,
    schedule: Schedule,
    phones: Phones,
    fixes: FixTimes,
    located: Located,
    seed: int,
) -> Sensed:
    """Turn true positions into what phones report.

    Parameters
    ----------
    town, schedule, phones
        The block's people.
    fixes
        When fixes are taken.
    located
        Where their phones truly are then.
    seed
        The town's seed.

    """
    rng = generator(seed, Stream.FIX_ERRORS, schedule.block.number)
    around = _draw_surrounds(rng, town, schedule)
    indoors = located.surroundings == INDOORS
    of_day = fixes.second % DAY_S
    slot = located.slot
    by_cell = indoors & (of_day >= around.cell_from[slot]) & (of_day < around.cell_until[slot])
    radius = _radius(around, located, indoors, by_cell)
    error = _errors(rng, around, slot, indoors, by_cell) * (radius / SIGMA_PER_RADIUS)
    _jump(rng, error)
    return Sensed(
        x=located.x + error[0],
        y=located.y + error[1],
        accuracy=_claims(rng, phones.claim_factor[fixes.person], radius, by_cell),
        source=_sources(rng, around.source[slot], indoors, by_cell),
    )


def _draw_surrounds(rng: np.random.Generator, town: Town, schedule: Schedule) -> _Surround:
    home_radius, home_bias = _of_person(rng, schedule)
    main_radius, main_bias = _of_person(rng, schedule)
    slots = schedule.place.size
    stay = stay_numbers(schedule)
    main = town.main.room[schedule.block.person]
    main_place = np.where(main < 0, -1, town.rooms.place[np.maximum(main, 0)])
    at_main = (schedule.place == main_place[:, np.newaxis]).ravel()
    at_home = (schedule.place == schedule.block.household[:, np.newaxis]).ravel()
    radius = np.select(
        (at_home, at_main), (home_radius, main_radius), rng.uniform(*INDOOR_M, slots)[stay]
    )
    of_place = np.select((at_home, at_main), (home_bias, main_bias), _normal(rng, slots)[:, stay])
    bias = np.sqrt(PLACE_SHARE) * of_place + np.sqrt(STAY_SHARE) * _normal(rng, slots)[:, stay]
    cell_from, cell_until = _draw_cell_runs(rng, schedule)
    low, high = np.log(CELL_M)
    return _Surround(
        radius=radius,
        bias=bias,
        source=np.where(rng.random(slots) < WIFI_STAYS, WIFI, GNSS).astype(np.int8)[stay],
        cell_from=cell_from,
        cell_until=cell_until,
        tower_radius=np.exp(rng.uniform(low, high, slots)),
        tower_bias=np.sqrt(TOWER_SHARE) * _normal(rng, slots),
        way=rng.random(slots),
        way_bias=np.sqrt(WAY_SHARE) * _normal(rng, slots),
    )


def _normal(rng: np.random.Generator, count: int) -> Floats:
    return rng.standard_normal((2, count))


def _of_person(rng: np.random.Generator, schedule: Schedule) -> tuple[Floats, Floats]:
    """Draw radius and bias of each phone in a place it comes back to; spread over all slots."""
    block = schedule.block
    radius = rng.uniform(*INDOOR_M, block.people)
    bias = _normal(rng, block.people)
    return (
        np.repeat(radius, block.days * SLOTS),
        np.repeat(bias, block.days * SLOTS, axis=1),
    )


def _draw_cell_runs(rng: np.random.Generator, schedule: Schedule) -> tuple[Ints, Ints]:
    """Draw the part of a stay in which a phone sees nothing but cell towers."""
    arrive, leave = schedule.arrive.ravel(), schedule.leave.ravel()
    chosen = rng.random(len(arrive)) < CELL_STAYS
    length = ((leave - arrive) * rng.uniform(*CELL_PART, len(arrive))).astype(np.int64)
    first = arrive + ((leave - arrive - length) * rng.random(len(arrive))).astype(np.int64)
    return first, np.where(chosen, first + length, first)


def _radius(around: _Surround, located: Located, indoors: Bools, by_cell: Bools) -> Floats:
    """Radius that truly holds 68 % of the errors of each fix."""
    slot = located.slot
    in_bus = located.surroundings == IN_BUS
    low = np.where(in_bus, BUS_M[0], OUTDOOR_M[0])
    high = np.where(in_bus, BUS_M[1], OUTDOOR_M[1])
    outside = low + around.way[slot] * (high - low)
    radius = np.where(indoors, around.radius[slot], outside)
    return np.where(by_cell, around.tower_radius[slot], radius)


def _errors(
    rng: np.random.Generator, around: _Surround, slot: Ints, indoors: Bools, by_cell: Bools
) -> Floats:
    """Draw errors of unit variance on both axes: what is shared, and what is the fix's own."""
    own_share = np.where(indoors, 1 - PLACE_SHARE - STAY_SHARE, 1 - WAY_SHARE)
    own_share[by_cell] = 1 - TOWER_SHARE
    error = _normal(rng, len(slot)) * np.sqrt(own_share)
    for axis in range(2):
        shared = np.where(indoors, around.bias[axis][slot], around.way_bias[axis][slot])
        shared[by_cell] = around.tower_bias[axis][slot[by_cell]]
        error[axis] += shared
    return error


def _jump(rng: np.random.Generator, error: Floats) -> None:
    """Throw a few fixes hundreds of metres away; their claims stay as they are."""
    thrown = np.flatnonzero(rng.random(error.shape[1]) < JUMPS)
    far = rng.uniform(*JUMP_M, len(thrown))
    towards = rng.uniform(0, 2 * np.pi, len(thrown))
    error[0, thrown] += far * np.cos(towards)
    error[1, thrown] += far * np.sin(towards)


def _claims(
    rng: np.random.Generator, phone_factor: Floats, radius: Floats, by_cell: Bools
) -> Floats:
    """Claim the radius, nearly; some phones and some fixes claim a half or a third of it."""
    count = len(radius)
    claim = radius * (1 + CLAIM_SPREAD * (2 * rng.random(count) - 1))
    factor = np.array(phone_factor)
    boasts = np.flatnonzero((rng.random(count) < UNDER_CLAIMED) & (factor == 1))
    factor[boasts] = rng.uniform(*UNDER_CLAIM_FACTOR, len(boasts))
    claim /= factor
    claim[by_cell] = radius[by_cell]
    claim[rng.random(count) < NO_ACCURACY] = np.nan
    return np.round(claim, 1)


def _sources(rng: np.random.Generator, of_stay: Codes, indoors: Bools, by_cell: Bools) -> Codes:
    other = rng.random(len(of_stay)) < OTHER_SOURCE
    inside = np.where(other, WIFI + GNSS - of_stay, of_stay)
    source: Codes = np.where(by_cell, CELL, np.where(indoors, inside, GNSS)).astype(np.int8)
    return source
