"""Numbers and names out of text columns and JSON values, whole columns at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.batches import text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column, DictionaryColumn

NOT_AN_ACCURACY: Final = -math.inf
"""Stands for an accuracy that is claimed and is no number; refused as `bad-accuracy`."""

_NOT_CLAIMED: Final = frozenset({"", "nan", "null", "none", "na", "n/a", "-"})


def number(value: object) -> float:
    """Return a JSON value as a float, NaN where it is none. Numbers may stand as text."""
    if isinstance(value, str):
        text = value.strip()
        if "_" in text:  # Python would read 1_000
            return math.nan
        try:
            return float(text)
        except ValueError:
            return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def accuracy(value: object) -> float:
    """Return a claimed accuracy, NaN where none is claimed, NOT_AN_ACCURACY where it is none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOT_CLAIMED):
        return math.nan
    metres = number(value)
    if math.isnan(metres):
        return math.nan if isinstance(value, float) else NOT_AN_ACCURACY
    return metres


def numbers(values: Sequence[object]) -> NDArray[np.float64]:
    """Return JSON values as floats, NaN where they are none."""
    quick = _all_numbers(values)
    if quick is not None:
        return quick
    return np.fromiter(map(number, values), np.float64, len(values))


def accuracies(values: Sequence[object]) -> NDArray[np.float32]:
    """Return claimed accuracies, see :func:`accuracy`."""
    quick = _all_numbers(values)
    if quick is not None:
        return narrow_accuracies(quick)
    return narrow_accuracies(np.fromiter(map(accuracy, values), np.float64, len(values)))


def text_numbers(texts: pa.StringArray) -> NDArray[np.float64]:
    """Return a column of text as floats, NaN where it is null or no number."""
    try:
        return pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return np.fromiter(map(number, texts.to_pylist()), np.float64, len(texts))


def text_accuracies(texts: pa.StringArray) -> NDArray[np.float32]:
    """Return a column of text as claimed accuracies, see :func:`accuracy`."""
    claimed = blank_as_null(texts)
    try:
        return narrow_accuracies(pc.cast(claimed, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        metres = np.fromiter(map(accuracy, texts.to_pylist()), np.float64, len(texts))
        return narrow_accuracies(metres)


def trimmed(texts: Column) -> pa.StringArray:
    """Return a column of text without blanks around each."""
    return cast("pa.StringArray", pc.utf8_trim_whitespace(texts))


def blank_as_null(texts: pa.StringArray) -> pa.StringArray:
    """Return text with null in place of nothing."""
    blank = pc.equal(texts, pa.scalar("", pa.string()))
    filled: pa.StringArray = pc.if_else(blank, pa.scalar(None, pa.string()), texts)
    return filled


def decimal_points(texts: pa.StringArray) -> pa.StringArray:
    """Return text numbers that use a decimal comma with a decimal point."""
    return pc.replace_substring(texts, pattern=",", replacement=".")


def encoded_names(column: DictionaryColumn) -> tuple[pa.StringArray, NDArray[np.int32]]:
    """Return ``names`` and ``who`` of a dictionary column; blank and null names become -1."""
    names = [_clean(value) for value in column.dictionary.cast(pa.string()).to_pylist()]
    who = column.indices
    if who.null_count:
        who = who.fill_null(-1)
    codes = who.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    blank = np.array([not name for name in names], dtype=bool)
    if blank.any():
        codes = np.where((codes >= 0) & ~blank[np.maximum(codes, 0)], codes, np.int32(-1))
    return text_array(names), codes


def _clean(name: str | None) -> str:
    """Return a name without blanks around it; "" for null."""
    return name.strip() if name else ""


def narrow_accuracies(metres: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return accuracies in single precision; what overflows there is refused anyway."""
    with np.errstate(over="ignore"):
        return metres.astype(np.float32)


def _all_numbers(values: Sequence[object]) -> NDArray[np.float64] | None:
    """Return values that are all numbers, or all text of numbers, as floats; NaN for None."""
    if bool in set(map(type, values)):  # which Arrow would take for 0 and 1
        return None
    for kind in (pa.float64(), pa.string()):
        try:
            column = pc.cast(pa.array(values, kind), pa.float64())
        except (pa.ArrowException, TypeError, OverflowError):
            continue
        return column.to_numpy(zero_copy_only=False)
    return None
