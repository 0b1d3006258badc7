"""What stands on a lot: homes, and places of one hall and rooms behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.ground import Lots, front_to_y

if TYPE_CHECKING:
    from fortnight.simulate.arrays import Bools, Floats, Ints

SETTINGS: Final = ("school", "work", "venue", "bus", "street", "home")
SCHOOL, WORK, VENUE, BUS, STREET, HOME = range(6)

ROOMS_A_HOME: Final = 4  # a living room and three bedrooms
HOMES_A_FLATS: Final = 12  # three floors of four
HOMES_A_HOUSE: Final = 2  # semi-detached
_FLAT_M: Final = (9.0, 7.0)
_HOUSE_M: Final = (9.0, 11.0)


@dataclass(frozen=True, slots=True)
class Form:
    """A building's size by the lots it takes, and its grid of rooms on each floor."""

    width: float
    depth: float
    columns: int
    rows: int


FORMS: Final = {
    1: Form(18.0, 14.0, 3, 3),
    2: Form(38.0, 18.0, 6, 4),
    4: Form(80.0, 30.0, 10, 4),
}


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rectangles of floor. Floors lie above each other: height is not part of this world."""

    place: Ints
    x: Floats  # western edge, metres
    y: Floats  # southern edge
    width: Floats
    depth: Floats


def join_rooms(first: Rooms, second: Rooms) -> Rooms:
    """Put the rooms of two kinds of places behind each other."""
    return Rooms(
        place=np.concatenate((first.place, second.place)),
        x=np.concatenate((first.x, second.x)),
        y=np.concatenate((first.y, second.y)),
        width=np.concatenate((first.width, second.width)),
        depth=np.concatenate((first.depth, second.depth)),
    )


def home_rooms(lots: Lots, unit: Ints, in_flats: Bools) -> Rooms:
    """Lay out homes: a living room to the street side, three bedrooms behind.

    Parameters
    ----------
    lots
        The lot of each home's building.
    unit
        The home's number in its building.
    in_flats
        Whether that building is a block of flats (else a pair of houses).

    """
    homes = len(unit)
    width = np.where(in_flats, _FLAT_M[0], _HOUSE_M[0])
    depth = np.where(in_flats, _FLAT_M[1], _HOUSE_M[1])
    left = lots.x + width * (unit % 2)
    front = np.where(in_flats, depth * (unit // 2 % 2), 0.0)
    room = np.tile(np.arange(ROOMS_A_HOME), homes)
    home = np.repeat(np.arange(homes), ROOMS_A_HOME)
    bedroom = room > 0
    bedrooms = ROOMS_A_HOME - 1
    half = depth[home] / 2
    room_width = np.where(bedroom, width[home] / bedrooms, width[home])
    return Rooms(
        place=home,
        x=left[home] + np.where(bedroom, (room - 1) * room_width, 0.0),
        y=front_to_y(
            lots.street_y[home], lots.facing[home], front[home] + np.where(bedroom, half, 0.0), half
        ),
        width=room_width,
        depth=half,
    )


def hall_rooms(lots: Lots, spans: Ints, hall_rows: Ints, rooms: Ints, first_place: int) -> Rooms:
    """Lay out workplaces, schools and venues: a hall at the front, rooms behind and above.

    Parameters
    ----------
    lots
        The first lot of each place.
    spans
        Lots that each takes.
    hall_rows
        Rows of the floor's grid that the hall takes on the ground floor.
    rooms
        Rooms besides the hall.
    first_place
        Number of the first of these places.

    """
    place = np.repeat(np.arange(len(spans)), rooms + 1)
    number = np.arange(len(place)) - np.repeat(np.cumsum(rooms + 1) - rooms - 1, rooms + 1)
    columns, rows, wide, deep = (_of_form(name, spans)[place] for name in _FORM_FIELDS)
    hall = number == 0
    cell = np.where(hall, 0, (number - 1 + columns * hall_rows[place]) % (columns * rows))
    room_width, room_depth = wide / columns, deep / rows
    depth = np.where(hall, room_depth * hall_rows[place], room_depth)
    return Rooms(
        place=place + first_place,
        x=lots.x[place] + (cell % columns) * room_width,
        y=front_to_y(
            lots.street_y[place], lots.facing[place], (cell // columns) * room_depth, depth
        ),
        width=np.where(hall, wide, room_width),
        depth=depth,
    )


def widths(spans: Ints) -> Floats:
    """Return the width of buildings that take so many lots, metres."""
    return _of_form("width", spans)


_FORM_FIELDS: Final = ("columns", "rows", "width", "depth")


def _of_form(name: str, spans: Ints) -> Floats:
    by_span = np.zeros(max(FORMS) + 1)
    for span, form in FORMS.items():
        by_span[span] = getattr(form, name)
    return by_span[spans]
