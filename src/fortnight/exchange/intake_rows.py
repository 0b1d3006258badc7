"""What a row of an upload says: a case to open, or the reason why not. Pure.

Nothing is guessed. A date that can be read in two ways is refused, and so is a number without its
country. Reasons never repeat a cell: where columns are shifted, any cell may hold a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from fortnight.case.cases import NewCase
from fortnight.errors import InputError
from fortnight.risk.disease import diseases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "token": ("token", "laboratory token", "lab token", "case token", "токен"),
        "number": (
            "number",
            "phone",
            "phone number",
            "mobile",
            "mobile number",
            "telephone",
            "tel",
            "msisdn",
            "номер",
            "телефон",
            "номер телефона",
        ),
        "disease": ("disease", "pathogen", "condition", "diagnosis", "болезнь", "диагноз"),
        "onset": (
            "onset",
            "onset date",
            "onset day",
            "symptom onset",
            "date of onset",
            "первые симптомы",
            "начало симптомов",
        ),
        "test_date": (
            "test date",
            "test day",
            "test",
            "date of test",
            "дата теста",
            "дата анализа",
        ),
        "sample": (
            "sample",
            "sample time",
            "sample date",
            "sampled at",
            "specimen",
            "collected",
            "collected at",
            "проба",
            "дата пробы",
            "взятие пробы",
        ),
    }
)
"""How each column may be headed; capitals, blanks, hyphens and underscores do not count."""
NEEDED: Final = ("token", "number", "disease", "test_date")
_BY_SPELLING: Final = {word: name for name, words in SPELLINGS.items() for word in words}
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_POINTED_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MOMENT: Final = re.compile(
    r"(?P<day>\S+?)[T ](?P<clock>\d{2}:\d{2}(:\d{2})?)(\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST_YEAR: Final = 2000
_MOST_CELL: Final = 200


class RowError(Exception):
    """A row that opens no case; its text is the reason, and repeats no cell."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each column stands in a row."""

    place: Mapping[str, int]
    width: int

    def cell(self, row: Sequence[object], name: str) -> object:
        """Return a cell without blanks around it; None for an empty one, or without a column."""
        place = self.place.get(name)
        value = None if place is None else row[place]
        return (value.strip() or None) if isinstance(value, str) else value


def columns_of(header: Sequence[object]) -> Columns:
    """Return where a header's columns stand. Raises InputError for one missing or twice there."""
    names = [_BY_SPELLING.get(_plain(cell)) for cell in header]
    found = [name for name in names if name is not None]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise InputError(f"Two columns are {' and '.join(twice)}: keep one of each.")
    if missing := [name for name in NEEDED if name not in found]:
        raise InputError(
            f"The first row names no column {' and no '.join(missing)}. It has to name token, "
            "number, disease and test_date; onset and sample where they are known."
        )
    width = max(place for place, cell in enumerate(header) if _plain(cell)) + 1
    return Columns({name: place for place, name in enumerate(names) if name}, width)


def is_header(row: Sequence[object]) -> bool:
    """Tell whether a row names columns: it cannot be one that is about a case."""
    return any(_plain(cell) in _BY_SPELLING for cell in row)


def _plain(cell: object) -> str:
    text = cell if isinstance(cell, str) else ""
    return " ".join(re.sub(r"[\s_\-\ufeff]+", " ", text).lower().split())


def case_of(row: Sequence[object], columns: Columns, zone: ZoneInfo) -> NewCase:
    """Return the case that a row asks to open.

    Parameters
    ----------
    zone : ZoneInfo
        In which a sample's time is told that names no offset from UTC.

    Raises
    ------
    RowError
        With the first reason why it opens none.
    """
    _check_width(row, columns)
    test_day = _day(_needed(row, columns, "test_date"), "test_date")
    onset, sample = columns.cell(row, "onset"), columns.cell(row, "sample")
    return NewCase(
        token=_text(_needed(row, columns, "token"), "token"),
        number=_text(_needed(row, columns, "number"), "number"),
        disease=_disease(_text(_needed(row, columns, "disease"), "disease")),
        onset_day=None if onset is None else _day(onset, "onset"),
        test_day=test_day,
        sample_at=_moment(_date_of(test_day) if sample is None else sample, zone),
    )


def _check_width(row: Sequence[object], columns: Columns) -> None:
    if len(row) < columns.width:
        raise RowError("The row has fewer cells than the first row names: it may be cut off.")
    if any(cell not in (None, "") for cell in row[columns.width :]):
        raise RowError("The row has more cells than the first row names: check its delimiters.")


def _needed(row: Sequence[object], columns: Columns, name: str) -> object:
    value = columns.cell(row, name)
    if value is None:
        raise RowError(f"There is no {name}.")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        # A spreadsheet that took a number for a quantity has lost its + and maybe its last digits.
        raise RowError(f"The {name} is no text: a spreadsheet may have changed it. Format as text.")
    if len(value) > _MOST_CELL:
        raise RowError(f"The {name} is longer than {_MOST_CELL} characters.")
    return value


def _disease(text: str) -> str:
    wanted = "-".join(text.lower().replace("_", "-").split())
    if wanted not in _diseases():
        raise RowError(f"The disease is none of {', '.join(_diseases())}.")
    return wanted


@cache
def _diseases() -> tuple[str, ...]:
    return diseases()  # it lists a folder: not for each of a million rows


def _day(value: object, name: str) -> int:
    """Return a date as days since 1970."""
    if isinstance(value, datetime):
        return value.date().toordinal() - _EPOCH
    if isinstance(value, date):
        return value.toordinal() - _EPOCH
    found = _written_day(value) if isinstance(value, str) else None
    if found is None:
        raise RowError(f"The {name} is no date such as 2026-03-01 or 01.03.2026.")
    return found.toordinal() - _EPOCH


def _written_day(text: str) -> date | None:
    """Return a date in one of the two ways that mean one thing only; None for all others."""
    if iso := _ISO_DAY.fullmatch(text):
        parts = (int(iso[1]), int(iso[2]), int(iso[3]))
    elif pointed := _POINTED_DAY.fullmatch(text):
        parts = (int(pointed[3]), int(pointed[2]), int(pointed[1]))
    else:
        return None
    try:
        found = date(*parts)
    except ValueError:
        return None
    return found if found.year >= _FIRST_YEAR else None


def _date_of(day: int) -> date:
    return date.fromordinal(day + _EPOCH)


def _moment(value: object, zone: ZoneInfo) -> int:
    """Return when the sample was taken, ms since 1970.

    A day without a time is its beginning: evidence received on that day is then marked as late,
    which asks for a look where there may be no need, never the other way round.
    """
    if isinstance(value, datetime):
        return _ms(value if value.tzinfo else value.replace(tzinfo=zone))
    if isinstance(value, date):
        return _ms(datetime.combine(value, time(), zone))
    text = value if isinstance(value, str) else ""
    if (day := _written_day(text)) is not None:
        return _ms(datetime.combine(day, time(), zone))
    found = _MOMENT.fullmatch(text)
    day = None if found is None else _written_day(found["day"])
    if found is None or day is None:
        raise RowError("The sample is no date or time such as 2026-03-01 08:15 or 01.03.2026.")
    try:
        clock = time.fromisoformat(found["clock"])
        offset = zone if found["zone"] is None else _offset(found["zone"])
    except ValueError as error:
        raise RowError("The sample's time or offset does not exist.") from error
    return _ms(datetime.combine(day, clock, offset))


def _offset(text: str) -> timezone:
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
    if not isinstance(zone, timezone):
        raise ValueError(text)  # noqa: TRY004 - a text that is no offset is a value that is wrong
    return zone


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
