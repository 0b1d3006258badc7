"""From a check-in at a venue to the ten-minute intervals that the Corona-Warn-App warned of.

What a person breathed out stays in the room: their stay is lengthened by a linear function of
its length, and is then aligned to intervals of ten minutes, on the side where more of an interval
is covered. Follows cwa-app-ios ``Checkin.derivingWarningTimeInterval``.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from fortnight.ranges import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row: TypeAlias = dict[str, Any]

INTERVAL_S: Final = 600
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_START: Final = "expStartDate"
_END: Final = "expEndDate"


class DurationFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Drop a stay whose whole minutes fall in the range."""

    drop_if_minutes_in_range: Range


class AerosoleDecay(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How long the air stays infectious: ``slope`` times the stay + ``intercept`` minutes."""

    minutes_range: Range
    slope: float = 0.0
    intercept: float = 0.0


class CheckInConfiguration(msgspec.Struct, frozen=True, rename="camel"):
    """Which stays are too short, and how long each is lengthened; the first range decides."""

    duration_filters: tuple[DurationFilter, ...] = ()
    aerosole_decay_linear_functions: tuple[AerosoleDecay, ...] = ()

    def decay_s(self, duration_s: int) -> float:
        """Return by how many seconds a stay of ``duration_s`` is lengthened; by default none."""
        minutes = duration_s // 60
        for one in self.aerosole_decay_linear_functions:
            if one.minutes_range.contains(minutes):
                return one.slope * duration_s + one.intercept * 60
        return 0.0


CORONA_WARN_APP: Final = CheckInConfiguration(
    duration_filters=(DurationFilter(Range(min=0, max=10, max_exclusive=True)),),
    aerosole_decay_linear_functions=(
        AerosoleDecay(minutes_range=Range(min=0, max=30), slope=1.0),
        AerosoleDecay(minutes_range=Range(min=30, max=9_999, min_exclusive=True), intercept=30.0),
    ),
)
"""As published (cwa-server ``presence-tracing-parameters.yaml``): as long again, at most 30 min."""


def derive_interval(
    start_ms: int, end_ms: int, configuration: CheckInConfiguration = CORONA_WARN_APP
) -> tuple[int, int] | None:
    """Return the aligned start and end of a stay in milliseconds since 1970, None if dropped.

    The number of intervals is that of the lengthened stay, rounded; a stay that ends before it
    begins is one of no length.
    """
    start, end = start_ms // 1_000, end_ms // 1_000
    duration = max(0, end - start)
    filters = configuration.duration_filters
    if any(one.drop_if_minutes_in_range.contains(duration // 60) for one in filters):
        return None
    decay = configuration.decay_s(duration)
    length = _rounded((duration + decay) / INTERVAL_S) * INTERVAL_S
    end += int(decay)
    first, last = start - start % INTERVAL_S, end - end % INTERVAL_S
    if end - last > first + INTERVAL_S - start:
        return (last + INTERVAL_S - length) * 1_000, (last + INTERVAL_S) * 1_000
    return first * 1_000, (first + length) * 1_000


def _rounded(value: float) -> int:
    """Round half away from zero, as C and Swift do, and Python does not."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


class _Case(msgspec.Struct, frozen=True, rename="camel"):
    start_date: str
    end_date: str
    description: str | None = None
    configuration: CheckInConfiguration | None = None


def read_check_in_configuration(text: bytes | msgspec.Raw) -> CheckInConfiguration:
    """Return a configuration of the layout of ``defaultConfiguration``.

    Raises
    ------
    msgspec.DecodeError
        It is no such configuration; the error says which field.
    """
    return msgspec.json.decode(text, type=CheckInConfiguration)


def derive_cases(cases: Sequence[msgspec.Raw], default: CheckInConfiguration) -> list[Row]:
    """Return one row a case: its description and interval, or why it is refused.

    Times keep the offset from UTC in which they were given; a dropped stay has none.
    """
    return [_derived(text, default) for text in cases]


def _derived(text: msgspec.Raw, default: CheckInConfiguration) -> Row:
    row: Row = {"description": None}
    try:
        found = msgspec.json.decode(text)
        described = found.get("description") if isinstance(found, dict) else None
        row["description"] = described if isinstance(described, str) else None
        case = msgspec.convert(found, _Case)
        start, end = _moment(case.start_date, "startDate"), _moment(case.end_date, "endDate")
        interval = derive_interval(_ms(start), _ms(end), case.configuration or default)
        shown = (None, None) if interval is None else interval
        row |= {_START: _written(shown[0], case.start_date, start)}
        row |= {_END: _written(shown[1], case.end_date, end)}
    except OverflowError:
        row = {"description": row["description"], "refused": "the interval is outside the calendar"}
    except (msgspec.DecodeError, ValueError) as error:
        row["refused"] = str(error).rstrip(".")
    return row


def _moment(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{name}` {text!r} is no time like 2021-03-04T06:21+01:00") from error
    if moment.tzinfo is None:
        raise ValueError(f"`{name}` {text!r} has no offset from UTC: write +01:00 or Z")
    return moment


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _written(ms: int | None, as_given: str, moment: datetime) -> str | None:
    """Write an instant in the style of the text it came from: same offset, seconds if it had."""
    if ms is None:
        return None
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(moment.tzinfo)
    had_seconds = as_given.count(":") - (as_given[-3:-2] == ":") > 1
    text = local.isoformat(timespec="seconds" if had_seconds else "minutes")
    return text.removesuffix("+00:00") + "Z" if as_given[-1:] in {"Z", "z"} else text
