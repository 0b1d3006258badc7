"""Contacts of wearable sensors as SocioPatterns publishes them: `t i j`, twenty seconds a line."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from fortnight.evidence.batches import text_array
from fortnight.evidence.signs import RawSigns, two_people
from fortnight.evidence.source import decoded
from fortnight.evidence.times import EARLIEST, LATEST, NOT_A_TIME, iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fortnight.evidence.batches import Column
    from fortnight.evidence.reading import Reading
    from fortnight.evidence.tally import Tally

SENSED_MS: Final = 20_000
"""A line says that the two faced each other in the twenty seconds that ended then."""
_COLUMNS: Final = 3


def read(reading: Reading) -> Iterator[RawSigns]:
    """Yield the contacts of a file; lines of fewer than three words are `damaged`."""
    for first, block in reading.source.line_blocks():
        found = _plain(block) or _careful(block, first, reading.tally)
        time, one, two, numbers = found
        if len(time):
            yield _rows(time, one, two, numbers, first)


_Found = tuple["NDArray[np.int64]", "Column", "Column", "Sequence[int] | None"]


def _plain(block: bytes) -> _Found | None:
    """Return a block in which nothing is out of order, read by Arrow; None where something is."""
    head = block[: block.find(b"\n") + 1] or block
    delimiter = "\t" if b"\t" in head else " "
    width = len(head.rstrip(b"\n").split(delimiter.encode()))
    names = [str(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            BytesIO(block),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=len(block) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char=False, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={**dict.fromkeys(names, pa.string()), "0": pa.int64()},
                include_columns=names[:_COLUMNS],
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    if width < _COLUMNS or table.num_rows != count:
        return None
    time: Any = table.column(0).combine_chunks().to_numpy(zero_copy_only=False)
    return time, table.column(1).combine_chunks(), table.column(2).combine_chunks(), None


def _careful(block: bytes, first: int, tally: Tally) -> _Found:
    """Cut lines into words one by one; blank lines and comments are passed over."""
    times: list[int] = []
    pairs: list[tuple[str, str]] = []
    numbers: list[int] = []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), start=first):
        words = decoded(line).split()
        if not words or words[0].startswith(("#", "%")):
            continue
        if len(words) < _COLUMNS:
            tally.refuse("damaged", f"line {number}", decoded(line))
            continue
        times.append(_second(words[0]))
        pairs.append((words[1], words[2]))
        numbers.append(number)
    one, two = ([pair[place] for pair in pairs] for place in (0, 1))
    return np.array(times, dtype=np.int64), text_array(one), text_array(two), numbers


def _second(word: str) -> int:
    """Return a count of seconds, NOT_A_TIME where it is none."""
    try:
        return max(min(int(float(word)), LATEST), NOT_A_TIME)
    except (ValueError, OverflowError):
        return NOT_A_TIME


def _rows(
    time: NDArray[np.int64], one: Column, two: Column, numbers: Sequence[int] | None, first: int
) -> RawSigns:
    """Return lines as encounters; a line's number is in `numbers`, else counts from `first`."""
    known = (time >= EARLIEST // 1_000 + SENSED_MS) & (time <= LATEST // 1_000)
    end = np.where(known, np.where(known, time, 0) * 1_000, NOT_A_TIME)
    names, who, other = two_people(one.dictionary_encode(), two.dictionary_encode())
    count = len(time)
    return RawSigns(
        "encounters",
        names,
        who,
        other,
        np.where(known, end - SENSED_MS, NOT_A_TIME),
        end,
        {
            "attenuation": pa.nulls(count, pa.float32()),
            "kind": pa.array(np.full(count, "sensor"), pa.string()),
        },
        lambda row: f"line {first + row if numbers is None else numbers[row]}",
        lambda row: iso(int(end[row])),
    )
