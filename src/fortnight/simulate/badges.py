"""Files of face-to-face contacts: SocioPatterns' lines ``t i j``, and its Kenyan households."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.errors import InputError
from fortnight.simulate.chance import Stream, generator
from fortnight.simulate.sociopatterns import STEP_S, FaceToFace, parse_face_to_face

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fortnight.simulate.arrays import Ints

MOST_PEOPLE: Final = 1_000
MOST_DAYS: Final = 366
_ZIP: Final = b"PK\x03\x04"
_COLUMNS: Final = ("h1", "m1", "h2", "m2", "age1", "age2", "duration", "day", "hour")
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_AGES: Final = ("0-5", "6-17", "6-17", "18-64", "65+")  # brackets 0-5, 6-14, 15-19, 20-49, 50+
_ANY_AGE: Final = "18-64"
_LAYOUT_NUMBER: Final = 1


@dataclass(frozen=True, slots=True)
class Wearer:
    """One who wore a badge."""

    name: str
    hall: str  # who is in different halls meets only face to face
    age_group: str


@dataclass(frozen=True, slots=True)
class Badges:
    """Contacts of wearers; a badge's number in the contacts is a place in `wearers`."""

    contacts: FaceToFace
    wearers: tuple[Wearer, ...]
    setting: str  # of `buildings.SETTINGS`


def read_badges(path: Path, setting: str, seed: int) -> Badges:
    """Read a file of contacts, plain, gzipped or zipped.

    The Kenyan households are published as seconds of contact in each hour, not as times: where
    in the hour they lie is drawn.

    Parameters
    ----------
    path
        Lines ``t i j``, or the archive of the Kenyan households.
    setting
        What the place is, for lines ``t i j``.
    seed
        For the households.

    Raises
    ------
    InputError
        Where the file is something else, with the line.

    """
    data = _bytes(path)
    members = _members(path, data) if data.startswith(_ZIP) else {}
    tables = {name: text for name, text in members.items() if name.endswith(".csv")}
    if tables:
        return _checked(path, _households(path, tables, seed))
    if len(members) > 1:
        raise InputError(f"{path} holds {len(members)} files: give one of contacts (t i j).")
    if members:
        data = next(iter(members.values()))
    return _checked(path, _plain(_contacts(path, data), setting))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): give a file.") from error


def _members(path: Path, data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX")]
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, OSError) as error:
        raise InputError(f"{path} is a broken archive ({error}): fetch it again.") from error


def _contacts(path: Path, data: bytes) -> FaceToFace:
    try:
        return parse_face_to_face(path, data)
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(f"{path} is a broken gzip file ({error}): fetch it again.") from error


def _checked(path: Path, badges: Badges) -> Badges:
    """Refuse what is no gathering, or more than the distances of all pairs leave room for."""
    time, people = badges.contacts.time, len(badges.wearers)
    if not len(time):
        raise InputError(f"{path} holds no contact.")
    days = int(time.max()) // _DAY_S + 1
    if people > MOST_PEOPLE or days > MOST_DAYS:
        raise InputError(
            f"{path} is about {people} people and {days} days: at most {MOST_PEOPLE} people and "
            f"{MOST_DAYS} days can be given phones.",
        )
    return badges


def _plain(contacts: FaceToFace, setting: str) -> Badges:
    people = contacts.people
    # Some files count from midnight, some from 1970: whole days before the first are left out.
    before = int(contacts.time[0] - STEP_S) // _DAY_S * _DAY_S if len(people) else 0
    numbered = FaceToFace(
        contacts.time - before,
        np.searchsorted(people, contacts.first),
        np.searchsorted(people, contacts.second),
    )
    wearers = tuple(Wearer(str(number), "hall", _ANY_AGE) for number in people.tolist())
    return Badges(numbered, wearers, setting)


@dataclass(frozen=True, slots=True)
class _HourRow:
    """Seconds of one contact of two members within one hour."""

    one: str
    two: str
    seconds: int
    hour: int  # beginning, seconds since the first day


def _households(path: Path, tables: Mapping[str, bytes], seed: int) -> Badges:
    ages: dict[str, str] = {}
    rows: list[_HourRow] = []
    for name in sorted(tables):
        _read_hours(f"{path}, {name}", tables[name].decode("utf-8", "replace"), rows, ages)
    names = sorted(ages, key=lambda member: (member[0], int(member[1:])))
    place = {name: number for number, name in enumerate(names)}
    wearers = tuple(Wearer(name, name[0], ages[name]) for name in names)
    return Badges(_lay_out(rows, place, seed), wearers, "home")


def _read_hours(where: str, text: str, rows: list[_HourRow], ages: dict[str, str]) -> None:
    table = csv.DictReader(io.StringIO(text))
    missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise InputError(f"{where} has no column {missing[0]}: it is no file of households.")
    for line, row in enumerate(table, 2):
        try:
            one, two = row["h1"] + row["m1"], row["h2"] + row["m2"]
            hour = (int(row["day"]) - 1) * _DAY_S + (int(row["hour"]) - 1) * _HOUR_S
            rows.append(_HourRow(min(one, two), max(one, two), int(row["duration"]), hour))
            ages[one], ages[two] = _AGES[int(row["age1"])], _AGES[int(row["age2"])]
        except (ValueError, IndexError, TypeError) as error:
            raise InputError(f"{where}, line {line}: {row} is not a contact ({error}).") from error


def _lay_out(rows: list[_HourRow], place: Mapping[str, int], seed: int) -> FaceToFace:
    """Give each contact a place in its hour: one pair's do not overlap, nor leave the hour."""
    rng = generator(seed, Stream.CROWD, _LAYOUT_NUMBER)
    by_hour: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for row in rows:
        by_hour[row.one, row.two, row.hour].append(-(-row.seconds // STEP_S))
    parts: list[Ints] = [np.empty((0, 3), dtype=np.int64)]
    for (one, two, hour), steps in sorted(by_hour.items()):
        times = hour + STEP_S * (1 + _within_hour(rng, np.array(steps)))
        pair = np.sort([place[one], place[two]])
        parts.append(np.column_stack([times, np.tile(pair, (len(times), 1))]))
    table = np.unique(np.concatenate(parts), axis=0)
    return FaceToFace(table[:, 0], table[:, 1], table[:, 2])


def _within_hour(rng: np.random.Generator, steps: Ints) -> Ints:
    """Spread contacts of so many steps over an hour, in their order; return the steps they take."""
    free = max(_HOUR_S // STEP_S - int(steps.sum()), 0)
    before = np.sort(rng.integers(0, free + 1, len(steps)))
    starts = before + np.cumsum(steps) - steps
    taken = np.concatenate([np.arange(a, a + n) for a, n in zip(starts, steps, strict=True)])
    inside: Ints = taken[taken < _HOUR_S // STEP_S]
    return inside
