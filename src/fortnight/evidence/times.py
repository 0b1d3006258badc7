"""Instants: ISO 8601 text and epoch numbers to milliseconds since 1970 UTC, rounded down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column

NOT_A_TIME: Final = -(2**63)
NO_OFFSET: Final = NOT_A_TIME + 1
"""Marks in place of an instant: nothing readable, and a clock time that names no offset."""

EARLIEST: Final = -62_135_596_800_000  # 0001-01-01
LATEST: Final = 253_402_300_799_999  # 9999-12-31

# An epoch number tells its unit by its size: as seconds the first limit is the year 5138, as
# milliseconds it is 1973, and so on. The limits are three orders apart, like the units.
_MICROSECONDS_BY_LIMIT: Final = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0))
_NANOSECOND: Final = 1e-3
_UNITS: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": _NANOSECOND}

_ISO: Final = re.compile(
    r"\s*(\d{4})([-/]?)(\d\d)\2(\d\d)(?:[Tt_ ]\s*(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)"
    r"\s*(Z|z|UTC|GMT|[+\-\u2212]\d\d(?::?\d\d)?)?\s*",
)
_EPOCH_TEXT: Final = re.compile(r"\s*[+-]?\d{1,20}(?:\.\d*)?\s*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def instant(text: str, *, naive_is_utc: bool = False) -> int:
    """Return the instant that ISO 8601 `text` names, or one of the two marks.

    Text that names no offset is an instant only where `naive_is_utc` says that the format means
    UTC by definition, as GPX does.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return NOT_A_TIME
    year, _, month, day, hour, minute, second, fraction, zone = match.groups()
    if zone is None and not naive_is_utc:
        return NO_OFFSET
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return NOT_A_TIME
    thousandths = int((fraction or "0")[:3].ljust(3, "0"))
    return (moment - _EPOCH) // _MILLISECOND + thousandths - _offset_ms(zone)


def _offset_ms(zone: str | None) -> int:
    """Return how far the clock of `zone` is ahead of UTC."""
    if zone is None or zone[0] not in "+-\u2212":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return minutes * 60_000 * (1 if zone[0] == "+" else -1)


def instants(texts: pa.StringArray, *, naive_is_utc: bool = False) -> NDArray[np.int64]:
    """Return the instants of a column of ISO 8601 text; null and unreadable text get marks."""
    try:
        microseconds = pc.cast(pc.cast(texts, pa.timestamp("us", "UTC")), pa.int64())
    except pa.ArrowInvalid:
        return np.fromiter(
            (
                NOT_A_TIME if text is None else instant(text, naive_is_utc=naive_is_utc)
                for text in texts.to_pylist()
            ),
            dtype=np.int64,
            count=len(texts),
        )
    whole = microseconds.fill_null(NOT_A_TIME).to_numpy(zero_copy_only=False)
    return np.where(whole == NOT_A_TIME, NOT_A_TIME, whole // 1_000)


def epoch_scale(values: NDArray[np.float64]) -> float:
    """Return how many microseconds one unit of an epoch column is, judged by its median."""
    known = np.abs(values[np.isfinite(values)])
    return _scale_of(float(np.median(known)) if len(known) else 0.0)


def _scale_of(size: float) -> float:
    """Return how many microseconds one unit is of an epoch number of that size."""
    return next((scale for limit, scale in _MICROSECONDS_BY_LIMIT if size < limit), _NANOSECOND)


def from_epoch(values: NDArray[np.float64], scale: float) -> NDArray[np.int64]:
    """Return instants of epoch numbers in units of `scale` microseconds.

    Rounded to whole microseconds before the floor, so that 1440395361.123 s, which no float
    holds exactly, does not lose its last millisecond.
    """
    microseconds = values * scale
    fit = (microseconds >= EARLIEST * 1e3) & (microseconds <= LATEST * 1e3)
    rounded = np.rint(np.where(fit, microseconds, 0.0)).astype(np.int64)
    return np.where(fit, rounded // 1_000, NOT_A_TIME)


def from_whole_epoch(
    values: NDArray[np.int64], missing: NDArray[np.bool_] | None, scale: float
) -> NDArray[np.int64]:
    """Return instants of whole epoch numbers in units of `scale` microseconds, exactly."""
    if scale >= 1e3:  # noqa: PLR2004 - milliseconds or coarser
        factor = int(scale / 1e3)
        times = values if factor == 1 else values * factor  # overflow is caught by the limits
        limit = LATEST // factor
        outside = (values < EARLIEST // factor) | (values > limit)
    else:
        times = values // int(1e3 / scale)
        outside = (times < EARLIEST) | (times > LATEST)
    if missing is not None:
        outside |= missing
    return np.where(outside, NOT_A_TIME, times) if outside.any() else times


def from_timestamps(column: Column) -> NDArray[np.int64]:
    """Return instants of an Arrow column of timestamps, which count since 1970.

    A column with no time zone is read as UTC: unlike text it holds a count, not a clock's digits.
    """
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    whole = column.cast(pa.int64())
    values = (whole.fill_null(0) if column.null_count else whole).to_numpy(zero_copy_only=False)
    return from_whole_epoch(values, missing, _UNITS[column.type.unit])


def instant_of(value: object, *, naive_is_utc: bool = False) -> int:
    """Return the instant of one JSON value: an epoch number, that number as text, or ISO 8601."""
    if isinstance(value, str):
        if not _EPOCH_TEXT.fullmatch(value):
            return instant(value, naive_is_utc=naive_is_utc)
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return NOT_A_TIME
    scale = _scale_of(abs(value))
    if isinstance(value, int):
        coarse = scale >= 1e3  # noqa: PLR2004 - milliseconds or coarser
        milliseconds = value * int(scale / 1e3) if coarse else value // int(1e3 / scale)
    else:
        milliseconds = round(value * scale) // 1_000
    return milliseconds if EARLIEST <= milliseconds <= LATEST else NOT_A_TIME


def instants_of(values: Sequence[object], *, naive_is_utc: bool = False) -> NDArray[np.int64]:
    """Return the instants of JSON values, all text or of mixed kinds."""
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        texts = None
    if texts is not None and _looks_iso(values):
        return instants(texts, naive_is_utc=naive_is_utc)
    return np.fromiter(
        (instant_of(value, naive_is_utc=naive_is_utc) for value in values),
        dtype=np.int64,
        count=len(values),
    )


def _looks_iso(values: Sequence[object]) -> bool:
    """Tell whether the first text among `values` is a date rather than an epoch number."""
    first = next((value for value in values if isinstance(value, str)), "")
    return not _EPOCH_TEXT.fullmatch(first)


def iso(milliseconds: int) -> str:
    """Return an instant as ISO 8601 in UTC, for people."""
    if milliseconds in {NOT_A_TIME, NO_OFFSET}:
        return "no time"
    return f"{np.datetime64(milliseconds, 'ms')}Z"
