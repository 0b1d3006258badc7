"""One's own day as a picture and a list: places get letters, which the picture and the list share.

There is no street map behind it: whoever serves streets would learn where somebody looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortnight.lake.one_person import OwnPart
    from fortnight.mine.track import OwnDay
    from fortnight.web.office.language import Speech

SIZE: Final = 320.0
_EDGE: Final = 28.0
_METRES_A_DEGREE: Final = 111_195.0
_SAME_PLACE_M: Final = 80.0
_SMALLEST_M: Final = 200.0
_GAP_MS: Final = 5 * 60_000
_NEAR: Final = 1.0
"""Points nearer to each other in the picture than this are drawn as one."""
_SCALES: Final = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
_WIDEST_SCALE: Final = 110.0
_KILOMETRE: Final = 1_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list; ``kind`` as of the words MOVES, ``place`` a letter or empty."""

    kind: str
    start: int
    end: int
    place: str


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the picture."""

    x: float
    y: float
    letter: str
    is_rough: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of a day, and its list; ``scale`` is how long its bar is."""

    lines: tuple[Line, ...]
    places: tuple[Place, ...]
    paths: tuple[str, ...]
    scale: float
    scale_words: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where places of the earth stand in the picture: flat, which is right to a few kilometres."""

    lon: float
    lat: float
    pixels_a_metre: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        east, north = _apart(self.lon, self.lat, lon, lat)
        middle = SIZE / 2
        return (
            round(middle + east * self.pixels_a_metre, 1),
            round(middle - north * self.pixels_a_metre, 1),
        )


def drawing(day: OwnDay, said: Speech) -> Drawing:
    """Return the picture and the list of a day."""
    stays = [one for one in day.parts if one.kind != "leg"]
    letters = _letters(stays)
    frame = _frame(day.parts)
    scale = _scale(frame.pixels_a_metre)
    seen: dict[str, Place] = {}
    for one in stays:
        letter = letters[one]
        place = Place(*frame.at(one.lon, one.lat), letter, one.kind == "area")
        seen.setdefault(letter, place)
    return Drawing(
        lines=_lines(day.parts, letters),
        places=tuple(seen.values()),
        paths=tuple(_paths(day.parts, frame)),
        scale=round(scale * frame.pixels_a_metre, 1),
        scale_words=_metres(scale, said),
    )


def _letters(stays: Sequence[OwnPart]) -> dict[OwnPart, str]:
    """Return the letter of each stay: the same for stays at one place."""
    places: list[OwnPart] = []
    letters: dict[OwnPart, str] = {}
    for one in stays:
        near = (
            number
            for number, place in enumerate(places)
            if math.hypot(*_apart(place.lon, place.lat, one.lon, one.lat)) < _SAME_PLACE_M
        )
        number = next(near, len(places))
        if number == len(places):
            places.append(one)
        letters[one] = _letter(number)
    return letters


def _letter(number: int) -> str:
    again, place = divmod(number, len(_LETTERS))
    return f"{_LETTERS[place]}{again + 1 if again else ''}"


def _lines(parts: Sequence[OwnPart], letters: dict[OwnPart, str]) -> tuple[Line, ...]:
    """Return the list: moves that follow each other are one, and what is unknown is said."""
    lines: list[Line] = []
    for one in parts:
        if lines and one.start - lines[-1].end >= _GAP_MS:
            lines.append(Line("gap", lines[-1].end, one.start, ""))
        line = Line(one.kind, one.start, one.end, letters.get(one, ""))
        if lines and (lines[-1].kind, lines[-1].place) == (line.kind, line.place):
            line = Line(line.kind, lines.pop().start, line.end, line.place)
        lines.append(line)
    return tuple(lines)


def _paths(parts: Sequence[OwnPart], frame: _Frame) -> list[str]:
    """Return moves as lines; points that would fall on each other are left out."""
    paths: list[str] = []
    last, end = (0.0, 0.0), -1
    for one in parts:
        if one.kind != "leg":
            continue
        begin, stop = frame.at(one.lon, one.lat), frame.at(one.end_lon, one.end_lat)
        if one.start != end or not paths:
            paths.append(f"M{begin[0]:g} {begin[1]:g}")
            last = begin
        if math.dist(last, stop) >= _NEAR:
            paths[-1] += f"L{stop[0]:g} {stop[1]:g}"
            last = stop
        end = one.end
    return [path for path in paths if "L" in path]


def _frame(parts: Sequence[OwnPart]) -> _Frame:
    if not parts:
        return _Frame(0.0, 0.0, (SIZE - 2 * _EDGE) / _SMALLEST_M)
    first = parts[0]
    spots = [
        _apart(first.lon, first.lat, lon, lat)
        for one in parts
        for lon, lat in ((one.lon, one.lat), (one.end_lon, one.end_lat))
    ]
    (west, east), (south, north) = ((min(side), max(side)) for side in zip(*spots, strict=True))
    wide = max(east - west, north - south, _SMALLEST_M)
    middle_east, middle_north = (west + east) / 2, (south + north) / 2
    across = _METRES_A_DEGREE * max(math.cos(math.radians(first.lat)), 0.01)
    return _Frame(
        first.lon + middle_east / across,
        first.lat + middle_north / _METRES_A_DEGREE,
        (SIZE - 2 * _EDGE) / wide,
    )


def _apart(lon: float, lat: float, other_lon: float, other_lat: float) -> tuple[float, float]:
    """Return how many metres another place lies to the east and to the north."""
    across = _METRES_A_DEGREE * max(math.cos(math.radians(lat)), 0.01)
    turned = (other_lon - lon + 180) % 360 - 180  # no seam where degrees begin again
    return turned * across, (other_lat - lat) * _METRES_A_DEGREE


def _scale(pixels_a_metre: float) -> int:
    fitting = [metres for metres in _SCALES if metres * pixels_a_metre <= _WIDEST_SCALE]
    return fitting[-1] if fitting else _SCALES[0]


def _metres(metres: int, said: Speech) -> str:
    if metres < _KILOMETRE:
        return said.gettext("{metres} m").format(metres=said.number(metres))
    return said.gettext("{kilometres} km").format(kilometres=said.number(metres // _KILOMETRE))
