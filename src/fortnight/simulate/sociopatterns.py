"""Face-to-face contacts of real people, as SocioPatterns publishes them, turned into positions.

Badges heard each other within about 1.5 m, every 20 seconds; where in the building that was,
nobody wrote down. Here each group that was face to face gets a spot of its own on a floor, far
enough from the others' that no phone takes one for another, and each person a phone. What a
trace should find is then known from the badges.
"""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from fortnight.errors import InputError
from fortnight.evidence.schema import FIXES
from fortnight.simulate.geography import to_degrees

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fortnight.simulate.arrays import Bools, Floats, Ints

STEP_S: Final = 20
"""A row of the data says: face to face in the 20 seconds that end at t."""

CIRCLE_M: Final = 0.7
"""A group stands on a circle of this radius: nobody is farther than 1.4 m from anybody."""

SPOT_M: Final = 120.0
"""How far spots are apart: more than the distance at which two good fixes may still be near."""

_GOLDEN_ANGLE: Final = math.pi * (3.0 - math.sqrt(5.0))  # no two then stand on one point
_DAY_S: Final = 86_400
_SIGMA_PER_ACCURACY: Final = 1.515
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FaceToFace:
    """Pairs that were face to face in the 20 seconds up to ``time`` (seconds); ``first < second``.

    All arrays have one length; rows are sorted and none comes twice.
    """

    time: Ints
    first: Ints
    second: Ints

    @property
    def people(self) -> Ints:
        """The numbers of all who met anyone, ascending."""
        return np.unique(np.concatenate([self.first, self.second]))


@dataclass(frozen=True, slots=True)
class Together:
    """Periods in which pairs were together, seconds; all arrays of one length, sorted by pair."""

    first: Ints
    second: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Floor:
    """Who stood where in each 20 seconds.

    ``people`` has length p, ``times`` (the beginning of each step, seconds) length t; ``x`` and
    ``y`` are metres of shape (p, t), NaN where the person was not there that day at that time.
    """

    people: Ints
    times: Ints
    x: Floats
    y: Floats


def read_face_to_face(path: Path) -> FaceToFace:
    """Read lines ``t i j`` (and whatever follows), plain or gzipped.

    Raises
    ------
    InputError
        If a line has no three whole numbers, with the number of the line.

    """
    return parse_face_to_face(path, path.read_bytes())


def parse_face_to_face(path: Path, data: bytes) -> FaceToFace:
    """Make contacts of what a file holds; its path is for the words of an error."""
    text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("ascii", "replace")
    rows = [_numbers(path, place, line) for place, line in enumerate(text.splitlines(), 1) if line]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    pairs = np.sort(table[:, 1:], axis=1)
    table = np.unique(np.column_stack([table[:, 0], pairs])[pairs[:, 0] < pairs[:, 1]], axis=0)
    return FaceToFace(table[:, 0], table[:, 1], table[:, 2])


def _numbers(path: Path, place: int, line: str) -> list[int]:
    try:
        time, one, two = (int(word) for word in line.split()[:3])
    except ValueError as error:
        raise InputError(
            f"{path}, line {place}: {line[:40]!r} is not a time and two people (t i j)."
        ) from error
    return [time, one, two]


def together(contacts: FaceToFace, bridge_s: int = STEP_S) -> Together:
    """Return periods face to face: rows of one pair at most ``bridge_s`` seconds apart.

    20 joins what was never interrupted; with 60, up to two rows may be missing.
    """
    order = np.lexsort((contacts.time, contacts.second, contacts.first))
    time, first, second = contacts.time[order], contacts.first[order], contacts.second[order]
    begins = np.ones(len(time), dtype=np.bool_)
    same = (first[1:] == first[:-1]) & (second[1:] == second[:-1])
    begins[1:] = ~(same & (time[1:] - time[:-1] <= bridge_s))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(time)) - 1
    return Together(first[starts], second[starts], time[starts] - STEP_S, time[ends[: len(starts)]])


def stand(contacts: FaceToFace, bridge_s: int = 60) -> Floor:
    """Give everyone a place in every 20 seconds of each day between their first and last contact.

    Who is face to face, directly or by way of others, stands on one circle. A group keeps the
    spot at which most of it stands already, and who is left alone goes to a spot of their own.
    Rows up to ``bridge_s`` seconds apart count as one contact (see `together`): nobody walks off
    and comes back within a minute.
    """
    people = contacts.people
    spells = together(contacts, bridge_s)
    times = _steps(spells)
    spots = _Spots(len(people))
    pairs = _pairs_by_step(spells, people, times)
    place = np.array([spots.move(_groups(edges)) for edges in pairs], dtype=np.int64)
    place = place.reshape(len(times), len(people)).T
    there = _present(spells, people, times)
    side = math.ceil(math.sqrt(2 * len(people)))
    turn = np.arange(len(people)) * _GOLDEN_ANGLE
    x = place % side * SPOT_M + (CIRCLE_M * np.cos(turn))[:, None]
    y = place // side * SPOT_M + (CIRCLE_M * np.sin(turn))[:, None]
    return Floor(people, times, np.where(there, x, np.nan), np.where(there, y, np.nan))


def _steps(spells: Together) -> Ints:
    """Return the beginnings of all steps of each day, from its first contact to its last."""
    days = spells.start // _DAY_S
    parts = [
        np.arange(spells.start[days == day].min(), spells.end[days == day].max(), STEP_S)
        for day in np.unique(days)
    ]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts]))


def _pairs_by_step(spells: Together, people: Ints, times: Ints) -> list[list[tuple[int, int]]]:
    """Return which pairs (places in ``people``) are together in each step."""
    out: list[list[tuple[int, int]]] = [[] for _ in times]
    first = np.searchsorted(people, spells.first).tolist()
    second = np.searchsorted(people, spells.second).tolist()
    begin = np.searchsorted(times, spells.start).tolist()
    end = np.searchsorted(times, spells.end).tolist()
    for one, two, low, high in zip(first, second, begin, end, strict=True):
        for step in range(low, high):
            out[step].append((one, two))
    return out


def _groups(edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the connected groups of some pairs, the largest first, then by their first member."""
    group_of: dict[int, list[int]] = {}
    for one, two in edges:
        a, b = group_of.setdefault(one, [one]), group_of.setdefault(two, [two])
        if a is not b:
            a.extend(b)
            group_of.update(dict.fromkeys(b, a))
    distinct = {id(group): sorted(group) for group in group_of.values()}
    return sorted(distinct.values(), key=lambda group: (-len(group), group))


def _present(spells: Together, people: Ints, times: Ints) -> Bools:
    """Return who is there in each step (p, t): from their first contact of a day to its last."""
    out = np.zeros((len(people), len(times)), dtype=np.bool_)
    whose = np.searchsorted(people, np.concatenate([spells.first, spells.second]))
    start, end = np.tile(spells.start, 2), np.tile(spells.end, 2)
    days, day = np.unique(start // _DAY_S, return_inverse=True)
    key = whose * len(days) + day
    first = np.full(len(people) * len(days), times[-1] + 1, dtype=np.int64)
    last = np.full_like(first, -1)
    np.minimum.at(first, key, start)
    np.maximum.at(last, key, end)
    for own in np.flatnonzero(last >= 0).tolist():
        low, high = np.searchsorted(times, [first[own], last[own]])
        out[own // len(days), low:high] = True
    return out


class _Spots:
    """Who is at which spot; a spot holds one group, or one person who is alone."""

    def __init__(self, people: int) -> None:
        self._at = list(range(people))  # everyone begins at a spot of their own
        self._groups: list[list[int]] = []

    def move(self, groups: list[list[int]]) -> list[int]:
        """Put each group together and who left one apart; return where everyone is now."""
        if groups != self._groups:
            concerned = {person for group in (*groups, *self._groups) for person in group}
            alone = concerned - {person for group in groups for person in group}
            taken = {at for person, at in enumerate(self._at) if person not in concerned}
            for group in (*groups, *([person] for person in sorted(alone))):
                spot = self._spot_of(group, taken)
                taken.add(spot)
                for person in group:
                    self._at[person] = spot
            self._groups = groups
        return self._at.copy()

    def _spot_of(self, group: list[int], taken: set[int]) -> int:
        """Return the free spot at which most of a group is, else a member's own, else a spare."""
        held = [self._at[person] for person in group]
        likely = sorted(set(held), key=lambda spot: (-held.count(spot), spot))
        spares = range(len(self._at), 2 * len(self._at))
        spot: int = next(spot for spot in (*likely, *group, *spares) if spot not in taken)
        return spot


def phone_fixes(
    floor: Floor,
    *,
    start_ms: int,
    seed: int,
    every_s: tuple[float, float] = (20.0, 60.0),
    accuracy_m: tuple[float, float] = (5.0, 10.0),
) -> pa.Table:
    """Let everyone's phone write down where it is.

    Parameters
    ----------
    floor
        Where everyone stands.
    start_ms
        The instant (ms since 1970) at which the floor's time is 0.
    seed
        Seed of the times and the errors.
    every_s, accuracy_m
        Between which seconds the next fix comes, and between which metres its accuracy lies. The
        error is normal and as large as the accuracy says (68 % lie within it).

    Returns
    -------
    pa.Table
        Rows of ``evidence.schema.FIXES``, by participant and time; a participant is called by
        the badge's number.

    """
    chance = np.random.Generator(np.random.PCG64(seed))
    parts = [
        _one_phone(floor, row, chance, every_s, accuracy_m) for row in range(len(floor.people))
    ]
    who = np.repeat(floor.people, [len(part[0]) for part in parts])
    seconds, x, y, accuracy = (np.concatenate(column) for column in zip(*parts, strict=True))
    lon, lat = to_degrees(x, y)
    columns = [
        pa.array([str(number) for number in who.tolist()], pa.string()),
        pa.array(start_ms + np.rint(1_000 * seconds).astype(np.int64)).cast(
            FIXES.field("time").type
        ),
        pa.array(lon),
        pa.array(lat),
        pa.array(accuracy.astype(np.float32)),
        pa.array(["wifi"] * len(who)),
    ]
    return pa.Table.from_arrays(columns, schema=FIXES)


def _one_phone(
    floor: Floor,
    row: int,
    chance: np.random.Generator,
    every_s: tuple[float, float],
    accuracy_m: tuple[float, float],
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return seconds, x, y and accuracy of one person's fixes."""
    there = np.flatnonzero(np.isfinite(floor.x[row]))
    gaps = chance.uniform(*every_s, size=int(len(there) * STEP_S / every_s[0]) + 1)
    elapsed = np.cumsum(gaps)  # of the time that the person is there
    elapsed = elapsed[elapsed < len(there) * STEP_S]
    step = there[(elapsed // STEP_S).astype(np.int64)]
    seconds = floor.times[step] + elapsed % STEP_S
    accuracy = chance.uniform(*accuracy_m, size=len(seconds))
    error = chance.normal(size=(2, len(seconds))) * accuracy / _SIGMA_PER_ACCURACY
    return seconds, floor.x[row, step] + error[0], floor.y[row, step] + error[1], accuracy
