"""Exposure windows of the Google/Apple system, as apps and trials write them in JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from fortnight.evidence.batches import text_array
from fortnight.evidence.readers.records import records
from fortnight.evidence.schema import WINDOWS
from fortnight.evidence.signs import NOBODY, RawSigns
from fortnight.evidence.times import NO_OFFSET, instant_of
from fortnight.evidence.values import number
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fortnight.evidence.reading import Reading
    from fortnight.evidence.tally import Tally

    Object = Mapping[str, Any]

ARRAYS: Final = ("participants", "testCases", "exposureWindows")
"""Values of the root object that hold windows, or what windows are in."""

TYPICAL: Final = ("typicalAttenuationDb", "typicalAttenuation")
MINIMUM: Final = ("minAttenuationDb", "minAttenuation", "minimumAttenuation")
_MOST_DB: Final = 255.0
_LEAST_DB: Final = -40.0
_MOST_SECONDS: Final = 86_400
_DAYS_AT_MOST: Final = 1_000_000
# What a window says by number or by name, and what is taken where it says nothing: the least
# that can be meant, but a standard infectiousness, as the system's own servers assume.
_NAMES: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "reportType": (0, (
        "unknown", "confirmedtest", "confirmedclinicaldiagnosis", "selfreport", "recursive",
        "revoked",
    )),
    "infectiousness": (1, ("none", "standard", "high")),
    "calibrationConfidence": (0, ("lowest", "low", "medium", "high")),
}  # fmt: skip


@dataclass(slots=True)
class Windows:
    """Windows gathered one by one."""

    names: dict[str, int] = field(default_factory=dict)
    who: list[int] = field(default_factory=list)
    other: list[int] = field(default_factory=list)
    day: list[int | None] = field(default_factory=list)
    levels: list[tuple[int | None, ...]] = field(default_factory=list)
    scans: list[list[dict[str, float | int | None]] | None] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def add(self, owner: object, other: object, window: Object, day: int | None, at: str) -> None:
        """Take one window; `day` counts from 1970."""
        self.who.append(self._place(owner))
        self.other.append(self._place(other))
        self.day.append(day)
        self.levels.append(tuple(_level(window.get(name), name) for name in _NAMES))
        self.scans.append(_scans(window.get("scanInstances")))
        self.where.append(at)

    def _place(self, name: object) -> int:
        """Return the place of a person among the names."""
        text = str(name).strip() if isinstance(name, (str, int)) else ""
        return self.names.setdefault(text, len(self.names)) if text else NOBODY

    def rows(self) -> RawSigns:
        """Return what was gathered as rows."""
        undated = np.array([day is None for day in self.day], dtype=np.bool_)
        days = np.array([day or 0 for day in self.day], dtype=np.int64)
        unreadable = np.array([None in one for one in self.levels], dtype=np.bool_)
        broken = np.array([one is None for one in self.scans], dtype=np.bool_)
        levels = np.array([[one or 0 for one in row] for row in self.levels], dtype=np.int8)
        levels = levels.reshape(-1, len(_NAMES))
        scans = [one or [] for one in self.scans]
        return RawSigns(
            "windows",
            text_array(list(self.names)),
            np.array(self.who, dtype=np.int32),
            np.array(self.other, dtype=np.int32),
            days * MILLISECONDS_A_DAY,
            days * MILLISECONDS_A_DAY + MILLISECONDS_A_DAY - 1,
            {
                "day": pa.array(days.astype(np.int32)),
                "report_type": pa.array(levels[:, 0]),
                "infectiousness": pa.array(levels[:, 1]),
                "confidence": pa.array(levels[:, 2]),
                "scans": pa.array(scans, WINDOWS.field("scans").type),
            },
            self.where.__getitem__,
            self._shown,
            {"no-date": undated, "bad-kind": unreadable, "bad-scan": broken},
        )

    def _shown(self, row: int) -> str:
        """Say what the file said of one window."""
        day, scans = self.day[row], self.scans[row]
        told = "no date" if day is None else f"day {np.datetime64(day, 'D')}"
        return f"{told}, {'no scans' if scans is None else f'{len(scans)} scans'}"


def read(reading: Reading) -> Iterator[RawSigns]:
    """Yield the windows of a file; what is no window where one should be is `damaged`."""
    for part in records(reading, dict, *ARRAYS):
        found = Windows()
        for row, record in enumerate(part.items):
            _take(found, part.key, record, part.where(row), reading)
        if found.who:
            yield found.rows()


def _take(found: Windows, key: str, record: Object, at: str, reading: Reading) -> None:
    """Take the windows of one record, whichever of the layouts it is of."""
    tally, name = reading.tally, reading.source.participant
    if key == "participants":
        for owner, other, window, place in _of_trial(record, at, tally):
            found.add(owner, other, window, day_of(window), place)
    elif "exposureWindows" in record:
        today = _day(record.get("referenceDate", record.get("date")))
        for window, place in _objects(record, "exposureWindows", at, tally):
            found.add(name, None, window, day_of(window, today), place)
    else:
        owner = record.get("participant", name)
        found.add(owner, record.get("other"), record, day_of(record), at)


def _of_trial(
    record: Object, at: str, tally: Tally
) -> Iterator[tuple[object, object, Object, str]]:
    """Yield owner, the other's device, window and place of a trial's participant."""
    for result, where in _objects(record, "results", at, tally):
        for counterpart, within in _objects(result, "counterparts", where, tally):
            for window, place in _objects(counterpart, "exposureWindows", within, tally):
                yield record.get("deviceName"), counterpart.get("deviceName"), window, place


def _objects(record: Object, key: str, at: str, tally: Tally) -> Iterator[tuple[Object, str]]:
    """Yield the objects of a list, and where each is; refuse what is none."""
    held = record.get(key)
    if held is None:
        return
    if not isinstance(held, list):
        tally.refuse("damaged", f"{at}.{key}", "no list")
        return
    for place, one in enumerate(held):
        where = f"{at}.{key}[{place}]"
        if isinstance(one, dict):
            yield one, where
        else:
            tally.refuse("damaged", where, "no object")


def day_of(window: Object, today: int | None = None) -> int | None:
    """Return the UTC day of a window, counted from 1970, or None where nothing says it.

    Parameters
    ----------
    window : mapping
        As the file has it.
    today : int, optional
        The day from which ages count.
    """
    for name in ("dateMillisSinceEpoch", "date", "day"):
        if window.get(name) is not None:
            return _day(window[name])
    age = number(window.get("ageInDays"))
    if today is None or not age.is_integer() or not 0 <= age <= _DAYS_AT_MOST:
        return None
    return today - int(age)


def _day(value: object) -> int | None:
    """Return the UTC day, counted from 1970, of a date or an instant."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()).toordinal() - date(1970, 1, 1).toordinal()
        except ValueError:
            pass
    moment = instant_of(value, naive_is_utc=True)
    return moment // MILLISECONDS_A_DAY if moment > NO_OFFSET else None


def _level(value: object, name: str) -> int | None:
    """Return what a window says of its kind as a number, None where that cannot be read."""
    default, words = _NAMES[name]
    if value is None:
        return default
    if isinstance(value, str) and not value.strip().isdecimal():
        word = "".join(letter for letter in value.lower() if letter.isalnum())
        return words.index(word) if word in words else None
    level = number(value)
    return int(level) if level.is_integer() and 0 <= level < len(words) else None


def _scans(held: object) -> list[dict[str, float | int | None]] | None:
    """Return the scans of a window, None where one cannot be read.

    A scan that took less than no time (the clock was set back) says nothing and is left out.
    """
    if not isinstance(held, list):
        return None
    scans = []
    for one in held:
        scan = _scan(one) if isinstance(one, dict) else None
        if scan is None:
            return None
        if scan["seconds"] is not None and scan["seconds"] >= 0:
            scans.append(scan)
    return scans


def _scan(one: Object) -> dict[str, float | int | None] | None:
    """Return one scan, None where it cannot be read."""
    typical = number(_first(one, TYPICAL))
    least = _first(one, MINIMUM)
    minimum = typical if least is None else number(least)
    seconds = number(one.get("secondsSinceLastScan"))
    if not (_LEAST_DB <= typical <= _MOST_DB and _LEAST_DB <= minimum <= _MOST_DB):
        return None
    if not abs(seconds) <= _MOST_SECONDS:
        return None
    return {
        "typical": typical,
        "minimum": None if least is None else minimum,
        "seconds": int(seconds),
    }


def _first(one: Object, names: tuple[str, ...]) -> object:
    """Return the value of the first of some names that an object has."""
    return next((one[name] for name in names if name in one), None)
