"""Records of a JSON file in blocks: decoded together where all are sound, else one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from fortnight.evidence.jsonsplit import Run, Splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fortnight.evidence.reading import Reading
    from fortnight.evidence.source import Source
    from fortnight.evidence.tally import Tally

_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Records(Generic[T]):
    """Decoded records of one array, and where each stands in the file."""

    key: str
    items: list[T]
    where: Callable[[int], str]

    def only(self, places: list[int]) -> Records[T]:
        """Return the records at `places`."""
        if len(places) == len(self.items):
            return self
        items = [self.items[place] for place in places]
        return Records(self.key, items, lambda row: self.where(places[row]))


def records(reading: Reading, kind: type[T], *arrays: str) -> Iterator[Records[T]]:
    """Yield the records of a file as `kind`; those that are not are refused as `damaged`.

    Parameters
    ----------
    arrays : str
        Which values of the root object hold records. A file that is one array or one record a
        line needs none.
    """
    if reading.level is None:
        yield from _by_line(reading.source, reading.tally, kind)
    else:
        keys = frozenset({"", *arrays})
        yield from _by_bracket(reading.source, reading.tally, reading.level, kind, keys)


def _by_bracket(
    source: Source, tally: Tally, level: int, kind: type[T], keys: frozenset[str]
) -> Iterator[Records[T]]:
    """Yield the records that brackets mark out, and note where that came to an end."""
    splitter = Splitter(source.blocks(), level)
    many = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type] # a type at run time only
    one = msgspec.json.Decoder(kind)
    for run in splitter:
        if run.key not in keys:
            continue
        items = _all_sound(run, many)
        if items is not None:
            yield Records(run.key, items, run.where)
        else:
            yield from _one_by_one(run, tally, one)
    if splitter.cut_off is not None and splitter.cut_off.partition("[")[0] in keys:
        tally.refuse("damaged", splitter.cut_off, "cut off by the end of the file")
    if splitter.damage is not None:
        where, why = splitter.damage
        tally.stopped(where, source.damage or why)


def _all_sound(run: Run, decoder: msgspec.json.Decoder[list[T]]) -> list[T] | None:
    """Return all records of a run, or None where one is not sound or something lies between."""
    try:
        items = decoder.decode(run.array())
    except _NOT_JSON:
        return None
    return items if len(items) == len(run.bounds) else None


def _one_by_one(run: Run, tally: Tally, decoder: msgspec.json.Decoder[T]) -> Iterator[Records[T]]:
    """Yield the sound records of a run and refuse the others."""
    items: list[T] = []
    places: list[int] = []
    for place in range(len(run.bounds)):
        text = run.record(place)
        try:
            items.append(decoder.decode(text))
            places.append(place)
        except _NOT_JSON as error:
            tally.refuse("damaged", run.where(place), str(error))
    yield Records(run.key, items, lambda row: run.where(places[row]))


def _by_line(source: Source, tally: Tally, kind: type[T]) -> Iterator[Records[T]]:
    """Yield the records of a file that has one on each line, after a time stamp or alone."""
    decoder = msgspec.json.Decoder(kind)
    for first, lines in source.lines():
        items: list[T] = []
        numbers: list[int] = []
        for number, line in enumerate(lines, start=first):
            text = line.strip(b" \t\r\x1e")
            if not text:
                continue
            try:
                items.append(decoder.decode(text[max(text.find(b"{"), 0) :]))
                numbers.append(number)
            except _NOT_JSON as error:
                tally.refuse("damaged", f"line {number}", str(error))
        yield Records("", items, _line_of(numbers))


def _line_of(numbers: list[int]) -> Callable[[int], str]:
    """Return what says on which line a record stands."""
    return lambda row: f"line {numbers[row]}"
