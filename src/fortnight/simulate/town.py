"""The town: where everybody lives, works and learns, and where they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate import buildings
from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.ground import LOT_WIDTH_M, STREET_PITCH_M, Lots, allot, blocks_a_side
from fortnight.simulate.households import (
    ADULT_AGE,
    OLDER_AGE,
    SCHOOL_AGE,
    Households,
    make_households,
)

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Codes, Floats, Ints
    from fortnight.simulate.buildings import Rooms

EMPLOYED: Final = 0.75
CLASS_SIZE: Final = 24
CLASSES_A_SCHOOL: Final = 10
DESKS_AN_OFFICE: Final = 5
IN_FLATS: Final = 0.48
HAS_CAR: Final = 0.55
_MEAN_LOG_STAFF: Final = float(np.log(8.0))  # most workplaces are small, a few large
_SPREAD_LOG_STAFF: Final = 1.0
_STAFF_LIMITS: Final = (2, 150)
_SPAN_STAFF: Final = (30, 80)  # above these a workplace takes two lots, four lots

NO_ROLE, WORKER, PUPIL = range(3)


@dataclass(frozen=True, slots=True)
class VenueKind:
    """One kind of venue: how many, how large, how many work there, how long people stay."""

    name: str
    per_1000: float
    span: int
    rooms: int
    staff: int
    stay_min: tuple[int, int]


VENUE_KINDS: Final = (
    VenueKind("shop", 8.0, 1, 1, 3, (5, 25)),
    VenueKind("supermarket", 1.0, 2, 2, 10, (10, 40)),
    VenueKind("restaurant", 4.0, 1, 1, 5, (40, 110)),
    VenueKind("gym", 0.8, 1, 2, 3, (45, 90)),
    VenueKind("leisure", 1.5, 2, 6, 5, (45, 150)),
    VenueKind("clinic", 1.0, 1, 5, 6, (20, 70)),
)
_VENUE_HALL_ROWS: Final = 2
_SCHOOL_HALL_ROWS: Final = 2
_WORK_HALL_ROWS: Final = 1


@dataclass(frozen=True, slots=True)
class Seats:
    """One seat a person: a bed, a desk, a counter."""

    room: Ints  # -1: none
    x: Floats  # metres
    y: Floats


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that stands still. Places are numbered homes first; rooms likewise."""

    side_m: float
    households: Households
    rooms: Rooms
    setting: Codes  # of each place, an index into `buildings.SETTINGS`
    door_x: Floats
    door_y: Floats  # the middle of the street
    hall: Ints  # first room of each place: the living room, the canteen, the shop floor
    room_count: Ints
    venues: tuple[Ints, ...]  # places of each of `VENUE_KINDS`
    bed: Seats
    main: Seats  # the desk of workers and pupils
    role: Codes
    has_car: Bools  # of each household
    friend: Ints  # the household that each household visits


@dataclass(frozen=True, slots=True)
class _Plan:
    """The places besides homes before they have ground: venues, schools, workplaces."""

    setting: Codes
    span: Ints
    rooms: Ints
    hall_rows: Ints
    staff: Ints
    kind: Ints  # index into VENUE_KINDS, -1 for schools and workplaces


def build_town(people: int, seed: int) -> Town:
    """Build the town of so many people.

    Parameters
    ----------
    people
        At least 1.
    seed
        Same seed, same town.

    """
    rng = generator(seed, Stream.TOWN)
    households = make_households(rng, people)
    role = _roles(rng, households.age)
    plan = _plan_places(rng, people, int(np.sum(role == WORKER)), int(np.sum(role == PUPIL)))
    in_flats, building, unit, home_buildings = _home_buildings(rng, households.count)
    spans = np.concatenate((plan.span, np.ones(home_buildings, dtype=np.int64)))
    side = blocks_a_side(people, spans)
    lots = allot(rng, side, spans)
    home_lots = _take(lots, len(plan.span) + building)
    place_lots = _take(lots, np.arange(len(plan.span)))
    rooms = buildings.join_rooms(
        buildings.home_rooms(home_lots, unit, in_flats),
        buildings.hall_rooms(place_lots, plan.span, plan.hall_rows, plan.rooms, households.count),
    )
    counts = np.concatenate(
        (np.full(households.count, buildings.ROOMS_A_HOME, dtype=np.int64), plan.rooms + 1),
    )
    hall = np.cumsum(counts) - counts
    home_setting = np.full(households.count, buildings.HOME, dtype=np.int8)
    return Town(
        side_m=side * STREET_PITCH_M,
        households=households,
        rooms=rooms,
        setting=np.concatenate((home_setting, plan.setting)),
        door_x=np.concatenate(
            (home_lots.x + LOT_WIDTH_M / 2, place_lots.x + buildings.widths(plan.span) / 2),
        ),
        door_y=np.concatenate((home_lots.street_y, place_lots.street_y)),
        hall=hall,
        room_count=counts,
        venues=tuple(
            np.flatnonzero(plan.kind == kind) + households.count for kind in range(len(VENUE_KINDS))
        ),
        bed=_beds(households, rooms),
        main=_main_seats(rng, households, role, plan, hall[households.count :], rooms),
        role=role,
        has_car=rng.random(households.count) < HAS_CAR,
        friend=rng.integers(0, households.count, households.count),
    )


def _take(lots: Lots, which: Ints) -> Lots:
    return Lots(lots.x[which], lots.street_y[which], lots.facing[which])


def _roles(rng: np.random.Generator, age: Ints) -> Codes:
    pupil = (age >= SCHOOL_AGE) & (age < ADULT_AGE)
    worker = (age >= ADULT_AGE) & (age < OLDER_AGE) & (rng.random(len(age)) < EMPLOYED)
    return np.where(pupil, PUPIL, np.where(worker, WORKER, NO_ROLE)).astype(np.int8)


def _plan_places(rng: np.random.Generator, people: int, workers: int, pupils: int) -> _Plan:
    counts = [max(1, round(kind.per_1000 * people / 1_000)) for kind in VENUE_KINDS]
    venue = np.repeat(np.arange(len(VENUE_KINDS)), counts)
    classes = -(-pupils // CLASS_SIZE)
    schools = -(-classes // CLASSES_A_SCHOOL)
    teachers = np.full(schools, CLASSES_A_SCHOOL, dtype=np.int64)
    venue_staff = np.array([kind.staff for kind in VENUE_KINDS])[venue]
    offices = _workplace_sizes(rng, workers - int(teachers.sum() + venue_staff.sum()))
    of_venue = [
        np.array([getattr(kind, name) for kind in VENUE_KINDS])[venue] for name in ("span", "rooms")
    ]
    sizes = (len(venue), schools, len(offices))
    return _Plan(
        setting=np.repeat((buildings.VENUE, buildings.SCHOOL, buildings.WORK), sizes).astype(
            np.int8
        ),
        span=np.concatenate((of_venue[0], np.full(schools, 4), _work_spans(offices))),
        rooms=np.concatenate(
            (of_venue[1], np.full(schools, CLASSES_A_SCHOOL), -(-offices // DESKS_AN_OFFICE)),
        ),
        hall_rows=np.repeat((_VENUE_HALL_ROWS, _SCHOOL_HALL_ROWS, _WORK_HALL_ROWS), sizes),
        staff=np.concatenate((venue_staff, teachers, offices)),
        kind=np.concatenate((venue, np.full(schools + len(offices), -1))),
    )


def _workplace_sizes(rng: np.random.Generator, desks: int) -> Ints:
    """Draw workplaces until there are enough desks; the last may keep some empty."""
    draws = rng.lognormal(_MEAN_LOG_STAFF, _SPREAD_LOG_STAFF, max(desks, 0))
    sizes = np.clip(np.round(draws), *_STAFF_LIMITS).astype(np.int64)
    return sizes[: np.searchsorted(np.cumsum(sizes), desks) + 1]


def _work_spans(staff: Ints) -> Ints:
    return np.array((1, 2, 4))[np.searchsorted(_SPAN_STAFF, staff)]


def _home_buildings(rng: np.random.Generator, homes: int) -> tuple[Bools, Ints, Ints, int]:
    """Return for each home: is it a flat, its building, its number there; and the buildings."""
    order = rng.permutation(homes)
    flats = round(homes * IN_FLATS)
    in_flats = order < flats
    flat_buildings = -(-flats // buildings.HOMES_A_FLATS)
    among = np.where(in_flats, order, order - flats)
    each = np.where(in_flats, buildings.HOMES_A_FLATS, buildings.HOMES_A_HOUSE)
    building = among // each + np.where(in_flats, 0, flat_buildings)
    return in_flats, building, among % each, flat_buildings + -(-(homes - flats) // 2)


def _beds(households: Households, rooms: Rooms) -> Seats:
    """Two to a bedroom, a metre apart."""
    bedroom = 1 + np.minimum(households.rank // 2, buildings.ROOMS_A_HOME - 2)
    room = households.of_person * buildings.ROOMS_A_HOME + bedroom
    side = households.rank % 2 - 0.5
    return Seats(
        room=room,
        x=rooms.x[room] + rooms.width[room] / 2 + side,
        y=rooms.y[room] + rooms.depth[room] / 2,
    )


def _main_seats(
    rng: np.random.Generator,
    households: Households,
    role: Codes,
    plan: _Plan,
    hall: Ints,
    rooms: Rooms,
) -> Seats:
    people = len(role)
    room = np.full(people, -1, dtype=np.int64)
    number = np.zeros(people, dtype=np.int64)
    workers = np.flatnonzero(role == WORKER)
    job_room, job_number = _jobs(plan, hall)
    job = rng.permutation(len(job_room))[: len(workers)]
    room[workers], number[workers] = job_room[job], job_number[job]
    pupils = np.flatnonzero(role == PUPIL)
    room[pupils], number[pupils] = _desks(
        households, pupils, hall[plan.setting == buildings.SCHOOL]
    )
    x, y = _seat_positions(rooms, np.maximum(room, 0), number)
    return Seats(room, np.where(room < 0, 0.0, x), np.where(room < 0, 0.0, y))


def _jobs(plan: _Plan, hall: Ints) -> tuple[Ints, Ints]:
    """Return room and seat of every job: the shop floor, one teacher a class, five to an office."""
    place = np.repeat(np.arange(len(plan.staff)), plan.staff)
    number = np.arange(len(place)) - np.repeat(np.cumsum(plan.staff) - plan.staff, plan.staff)
    setting = plan.setting[place]
    behind = np.where(setting == buildings.SCHOOL, number, number // DESKS_AN_OFFICE)
    room = np.where(setting == buildings.VENUE, hall[place], hall[place] + 1 + behind)
    seat = np.select(
        (setting == buildings.SCHOOL, setting == buildings.WORK),
        (np.full_like(number, CLASS_SIZE), number % DESKS_AN_OFFICE),
        number,
    )
    return room, seat


def _desks(households: Households, pupils: Ints, halls: Ints) -> tuple[Ints, Ints]:
    """Fill classes with children of one age; schools take the children as they come."""
    school = np.arange(len(pupils)) // (CLASS_SIZE * CLASSES_A_SCHOOL)
    by_age = np.lexsort((households.age[pupils], school))
    within = np.arange(len(pupils)) - school * CLASS_SIZE * CLASSES_A_SCHOOL
    room = np.empty(len(pupils), dtype=np.int64)
    desk = np.empty(len(pupils), dtype=np.int64)
    room[by_age] = halls[school] + 1 + within // CLASS_SIZE
    desk[by_age] = within % CLASS_SIZE
    return room, desk


SEAT_PITCH_M: Final = 1.5


def _seat_positions(rooms: Rooms, room: Ints, number: Ints) -> tuple[Floats, Floats]:
    """Seats stand in rows, 1.5 m apart, and begin again where the room is full."""
    columns = np.maximum((rooms.width[room] / SEAT_PITCH_M).astype(np.int64), 1)
    rows = np.maximum((rooms.depth[room] / SEAT_PITCH_M).astype(np.int64), 1)
    column, row = number % columns, number // columns % rows
    return (
        rooms.x[room] + (column + 0.5) * rooms.width[room] / columns,
        rooms.y[room] + (row + 0.5) * rooms.depth[room] / rows,
    )
