"""What people intend to do on a day: ten slots, each a seat and a time to leave it.

Bed, living room, the day's main thing, lunch, the main thing again, an errand, living room,
an evening out, living room, bed. Who has no work or school that day goes on errands instead,
and who does not go out stays in the living room. Times are local, which is UTC here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.outings import (
    AFTER_WORK,
    DAYTIME,
    EVENING,
    LUNCH,
    Outings,
    Taste,
    draw_outings,
    draw_spots,
    join,
)
from fortnight.simulate.town import PUPIL, WORKER

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints
    from fortnight.simulate.blocks import Block
    from fortnight.simulate.town import Town

SLOTS: Final = 10
(WAKE, MORNING, MAIN, LUNCHTIME, AFTERNOON, ERRAND, HOMECOMING, NIGHT_OUT, LATE, SLEEP) = range(
    SLOTS
)
DAY_S: Final = 86_400
SHORTEST_STAY_S: Final = 60

AT_WORK: Final = 0.82  # of workers on a weekday; the rest work from home, are ill or away
OUT_IN_DAYTIME: Final = 0.30
OUT_AFTER_WORK: Final = 0.30
OUT_IN_EVENING: Final = 0.08
TOGETHER_BY_DAY: Final = 0.35  # households that go out together on a weekend's day
TOGETHER_BY_NIGHT: Final = (0.15, 0.30)  # in the evening: weekday, weekend
JOINS: Final = 0.80
LUNCH_AT_DESK: Final = 0.20
LUNCH_OUT: Final = 0.15
ALONE_AGE: Final = 10  # younger children go out with their household only


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day that people keep: normal, cut at both ends. Hours."""

    mean: float
    spread: float
    earliest: float
    latest: float

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw so many times, in seconds after midnight."""
        hours = np.clip(rng.normal(self.mean, self.spread, count), self.earliest, self.latest)
        return (hours * 3_600).astype(np.int64)


_WAKE_BUSY: Final = Clock(6.8, 0.6, 5.0, 7.2)
_WAKE_FREE: Final = Clock(8.1, 0.8, 6.0, 10.0)
_TO_WORK: Final = Clock(7.8, 0.7, 5.5, 10.0)
_TO_SCHOOL: Final = Clock(7.55, 0.1, 7.3, 7.8)
_OUT_BY_DAY: Final = Clock(10.5, 1.0, 8.5, 12.5)
_LUNCH: Final = Clock(12.2, 0.4, 11.5, 13.2)
_AFTERNOON_OUT: Final = Clock(15.0, 1.0, 13.5, 17.0)
_FROM_WORK: Final = Clock(16.8, 0.8, 14.5, 19.5)
_EVENING_OUT: Final = Clock(18.8, 0.7, 17.0, 20.3)
_TO_BED: Final = Clock(22.5, 0.6, 21.0, 23.3)
_TO_BED_CHILD: Final = Clock(20.8, 0.4, 20.0, 21.5)
_SCHOOL_LUNCH_S: Final = 12 * 3_600
_SCHOOL_END_S: Final = 14 * 3_600 + 1_800
_SHIFT_S: Final = 900  # classes eat and end in three shifts
_SHIFTS: Final = 3
_CANTEEN_S: Final = 2_400
_CHILD: Final = 18


@dataclass(frozen=True, slots=True)
class Plans:
    """What every row intends, slot by slot. Arrays of rows x slots."""

    room: Ints
    x: Floats
    y: Floats
    leave: Ints  # not before this second of the day
    stay: Ints  # and not before so many seconds have been spent
    optional: Bools  # given up where it would end too late


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is known of each row before anything is drawn for its slots."""

    town: Town
    block: Block
    at_work: Bools
    at_school: Bools
    age: Ints
    shared: Ints  # the household's day, as a number
    households: Ints  # the household of each number of `shared`
    shared_weekend: Bools

    @property
    def busy(self) -> Bools:
        return self.at_work | self.at_school


def make_plans(rng: np.random.Generator, town: Town, block: Block) -> Plans:
    """Draw everybody's intentions for all days of a block."""
    rows = _know_rows(rng, town, block)
    plans = _stay_at_home(rng, rows)
    _plan_times(rng, rows, plans.leave)
    _plan_main(rng, rows, plans)
    _plan_lunch(rng, rows, plans)
    for slot in (MAIN, AFTERNOON):
        out = ~rows.busy & (rng.random(len(rows.age)) < OUT_IN_DAYTIME)
        together = rows.shared_weekend & (rng.random(len(rows.households)) < TOGETHER_BY_DAY)
        _plan_outing(rng, rows, plans, slot, DAYTIME, out, together[rows.shared] & ~rows.busy)
    errand = rows.busy & (rng.random(len(rows.age)) < OUT_AFTER_WORK)
    _plan_outing(rng, rows, plans, ERRAND, AFTER_WORK, errand, np.zeros_like(errand))
    evening = rng.random(len(rows.age)) < OUT_IN_EVENING
    share = np.where(rows.shared_weekend, TOGETHER_BY_NIGHT[1], TOGETHER_BY_NIGHT[0])
    together = rng.random(len(rows.households)) < share
    _plan_outing(rng, rows, plans, NIGHT_OUT, EVENING, evening, together[rows.shared])
    return plans


def _know_rows(rng: np.random.Generator, town: Town, block: Block) -> _Rows:
    role = town.role[block.person]
    goes = ~block.weekend & (town.main.room[block.person] >= 0)
    first = int(block.household[0])
    last = int(block.household[-1]) + 1
    weekend = block.weekend[: block.days]
    return _Rows(
        town=town,
        block=block,
        at_work=goes & (role == WORKER) & (rng.random(len(role)) < AT_WORK),
        at_school=goes & (role == PUPIL),
        age=town.households.age[block.person],
        shared=(block.household - first) * block.days + block.day,
        households=np.repeat(np.arange(first, last), block.days),
        shared_weekend=np.tile(weekend, last - first),
    )


def _stay_at_home(rng: np.random.Generator, rows: _Rows) -> Plans:
    """Begin with a day at home: the living room, another seat in the evening, and bed."""
    town, person = rows.town, rows.block.person
    shape = (len(person), SLOTS)
    room = np.repeat(town.hall[rows.block.household][:, np.newaxis], SLOTS, axis=1)
    x, y = np.empty(shape), np.empty(shape)
    for slots in (slice(WAKE, ERRAND), slice(ERRAND, SLOTS)):
        spot = draw_spots(rng, town, room[:, 0])
        x[:, slots], y[:, slots] = spot[0][:, np.newaxis], spot[1][:, np.newaxis]
    for slot in (WAKE, SLEEP):
        room[:, slot] = town.bed.room[person]
        x[:, slot], y[:, slot] = town.bed.x[person], town.bed.y[person]
    return Plans(
        room=room,
        x=x,
        y=y,
        leave=np.zeros(shape, dtype=np.int64),
        stay=np.full(shape, SHORTEST_STAY_S, dtype=np.int64),
        optional=np.zeros(shape, dtype=np.bool_),
    )


def _plan_times(rng: np.random.Generator, rows: _Rows, leave: Ints) -> None:
    """Write when people get up, leave for the day and go to bed; households go out together."""
    count, shared = len(rows.age), len(rows.households)
    by_day = _OUT_BY_DAY.draw(rng, shared)[rows.shared]
    leave[:, WAKE] = np.where(rows.busy, _WAKE_BUSY.draw(rng, count), _WAKE_FREE.draw(rng, count))
    leave[:, MORNING] = np.select(
        (rows.at_work, rows.at_school),
        (_TO_WORK.draw(rng, count), _TO_SCHOOL.draw(rng, count)),
        by_day,
    )
    leave[:, LUNCHTIME] = np.where(rows.busy, 0, _AFTERNOON_OUT.draw(rng, shared)[rows.shared])
    leave[:, HOMECOMING] = _EVENING_OUT.draw(rng, shared)[rows.shared]
    bedtime, early = _TO_BED.draw(rng, count), _TO_BED_CHILD.draw(rng, count)
    leave[:, LATE] = np.where(rows.age < _CHILD, early, bedtime)
    leave[:, SLEEP] = DAY_S


def _plan_main(rng: np.random.Generator, rows: _Rows, plans: Plans) -> None:
    """Seat workers and pupils at their desks until lunch and after it."""
    seats, person = rows.town.main, rows.block.person
    shift = seats.room[person] % _SHIFTS * _SHIFT_S
    lunch = np.where(rows.at_school, _SCHOOL_LUNCH_S + shift, _LUNCH.draw(rng, len(person)))
    end = np.where(rows.at_school, _SCHOOL_END_S + shift, _FROM_WORK.draw(rng, len(person)))
    for slot, until in ((MAIN, lunch), (AFTERNOON, end)):
        plans.room[:, slot] = np.where(rows.busy, seats.room[person], plans.room[:, slot])
        plans.x[:, slot] = np.where(rows.busy, seats.x[person], plans.x[:, slot])
        plans.y[:, slot] = np.where(rows.busy, seats.y[person], plans.y[:, slot])
        plans.leave[:, slot] = np.where(rows.busy, until, 0)


def _plan_lunch(rng: np.random.Generator, rows: _Rows, plans: Plans) -> None:
    """Send who works or learns to the canteen; some workers stay at the desk or go out."""
    town, block = rows.town, rows.block
    count = len(block.person)
    taste = rng.random(count)
    desk = rows.at_work & (taste < LUNCH_AT_DESK)
    out = rows.at_work & (taste >= 1 - LUNCH_OUT)
    main_place = town.rooms.place[np.maximum(town.main.room[block.person], 0)]
    canteen = town.hall[main_place]
    x, y = draw_spots(rng, town, canteen)
    away = draw_outings(rng, town, block.household, LUNCH)
    chosen = (
        (desk, plans.room[:, MAIN], plans.x[:, MAIN], plans.y[:, MAIN]),
        (out, away.room, away.x, away.y),
        (rows.busy & ~desk & ~out, canteen, x, y),
    )
    for who, room, seat_x, seat_y in chosen:
        plans.room[who, LUNCHTIME] = room[who]
        plans.x[who, LUNCHTIME] = seat_x[who]
        plans.y[who, LUNCHTIME] = seat_y[who]
    plans.stay[rows.busy, LUNCHTIME] = _CANTEEN_S


def _plan_outing(
    rng: np.random.Generator,
    rows: _Rows,
    plans: Plans,
    slot: int,
    taste: Taste,
    alone: Bools,
    together: Bools,
) -> None:
    """Write one slot's outings: with the household where it goes, else alone."""
    joins = together & (rng.random(len(alone)) < JOINS)
    own = draw_outings(rng, rows.town, rows.block.household, taste)
    shared = draw_outings(rng, rows.town, rows.households, taste)
    outings: Outings = join(rng, own, shared, rows.shared, joins)
    goes = joins | (alone & (rows.age >= ALONE_AGE))
    plans.room[goes, slot] = outings.room[goes]
    plans.x[goes, slot] = outings.x[goes]
    plans.y[goes, slot] = outings.y[goes]
    plans.stay[goes, slot] = outings.stay_s[goes]
    plans.optional[goes, slot] = True
