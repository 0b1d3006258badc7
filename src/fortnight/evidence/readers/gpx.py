"""GPX 1.0 and 1.1, as a stream of XML events, so that a file that is cut off is read up to there.

No document type is accepted: entities can make a small file huge or reach for other files, and
no GPX file needs one.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

import numpy as np

from fortnight.errors import InputError
from fortnight.evidence.batches import RawFixes, one_name, text_array
from fortnight.evidence.columns import source_code, spelling
from fortnight.evidence.times import instants
from fortnight.evidence.values import accuracies, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.evidence.reading import Reading
    from fortnight.evidence.source import Source

POINTS: Final = frozenset({"trkpt", "wpt", "rtept"})
_ACCURACY: Final = frozenset(
    {"accuracy", "acc", "hacc", "accuracyhorizontal", "horizontalaccuracy", "haccuracy"},
)
_CHUNK_POINTS: Final = 1 << 16
_ENCODING: Final = re.compile(rb"""encoding\s*=\s*["']([\w.-]+)""")
_MAX_TEXT: Final = 200  # characters of a time or an accuracy; no real one is longer


@dataclass(slots=True)
class Point:
    """One point as the file has it."""

    line: int
    lon: str | None
    lat: str | None
    time: str | None = None
    accuracy: str | None = None
    source: str | None = None


@dataclass(slots=True)
class Document:
    """What has been seen of the file so far."""

    track: list[Point] = field(default_factory=list)  # not yet handed on
    marks: list[Point] = field(default_factory=list)  # waypoints and route points
    tracked: int = 0  # track points so far
    depth: int = 0
    open: Point | None = None
    open_at: int = 0  # depth of the open point
    text: list[str] | None = None  # of the element that is being listened to


class Parser:
    """Expat with handlers that keep the points."""

    def __init__(self, source: Source) -> None:
        self.document = Document()
        # blank lines before the first tag are left out, which XML demands and writers forget
        blank = source.head[: len(source.head) - len(source.head.lstrip())]
        self._lines_before = blank.count(b"\n")
        self._expat = expat.ParserCreate("utf-8" if _is_utf8(source) else None)
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._expat.StartDoctypeDeclHandler = self._doctype

    def feed(self, block: bytes | None) -> tuple[str, str] | None:
        """Read on, to the end at None; return where and why the XML is broken, None if sound.

        Raises
        ------
        InputError
            If a document type is declared.
        """
        try:
            self._expat.Parse(block or b"", block is None)
        except (expat.ExpatError, LookupError, ValueError) as error:
            why = str(error).partition(":")[0]
            return f"line {self._line()}", f"not well-formed XML ({why})"
        return None

    def _line(self) -> int:
        return self._expat.CurrentLineNumber + self._lines_before

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        document = self.document
        document.depth += 1
        meaning = _meaning(name)
        if document.open is None:
            if meaning in POINTS:
                document.open = Point(self._line(), attributes.get("lon"), attributes.get("lat"))
                document.open_at = document.depth
        else:
            document.text = [] if meaning is not None else None

    def _characters(self, text: str) -> None:
        if self.document.text is not None:
            self.document.text.append(text)

    def _end(self, name: str) -> None:
        document = self.document
        point = document.open
        if point is not None:
            if document.depth == document.open_at:
                self._close(name, point)
            elif document.text is not None:
                text = "".join(document.text)[:_MAX_TEXT].strip()
                _note(point, _meaning(name), text, document.depth - document.open_at)
            document.text = None
        document.depth -= 1

    def _close(self, name: str, point: Point) -> None:
        """Keep a point that has come to its end."""
        document = self.document
        document.open = None
        if _meaning(name) == "trkpt":
            document.track.append(point)
            document.tracked += 1
        else:
            document.marks.append(point)

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"line {self._line()}: the file declares a document type, which can hide attacks "
            "and which no GPX file needs: remove it",
        )


@lru_cache(maxsize=4096)
def _meaning(name: str) -> str | None:
    """Return what an element says that is used, under any prefix; None for all others.

    hdop is not used: some write the dilution of precision there and others metres, so no number
    of metres can be made of it.
    """
    local = name.rpartition(":")[2]
    if local in POINTS or local in {"time", "src"}:
        return local
    return "accuracy" if spelling(local) in _ACCURACY else None


def _note(point: Point, meaning: str | None, text: str, depth: int) -> None:
    """Keep what an element inside a point says; time and source only of the point itself."""
    if meaning == "accuracy":
        point.accuracy = text
    elif depth == 1 and meaning == "time":
        point.time = text
    elif depth == 1 and meaning == "src":
        point.source = text


def read(reading: Reading) -> Iterator[RawFixes]:
    """Yield a file's track points; in a file that has none, its waypoints and route points.

    Beside a track those are refused as `not-a-location`: places that were marked or planned.
    """
    source, tally = reading.source, reading.tally
    parser = Parser(source)
    document = parser.document
    ended: tuple[str, str] | None = None
    for block in chain(_well_encoded(source), [None]):
        ended = parser.feed(block)
        if len(document.track) >= _CHUNK_POINTS or ended is not None or block is None:
            yield _rows(document.track, source.participant)
            document.track = []
        if ended is not None:
            break
    if document.tracked == 0:
        yield _rows(document.marks, source.participant)
    elif document.marks:
        mark = f"line {document.marks[0].line}"
        tally.refuse("not-a-location", mark, "a marked or planned place", len(document.marks))
    if document.open is not None:
        tally.refuse("damaged", f"line {document.open.line}", "the point has no end")
    if ended is not None:
        tally.stopped(*ended)


def _rows(points: list[Point], participant: str) -> RawFixes:
    """Return points as rows."""
    names, who = one_name(participant, len(points))
    return RawFixes(
        names,
        who,
        # GPX times are UTC by definition, also where a writer left out the Z
        instants(text_array([point.time for point in points]), naive_is_utc=True),
        numbers([point.lon for point in points]),
        numbers([point.lat for point in points]),
        accuracies([point.accuracy for point in points]),
        np.fromiter((source_code(point.source) for point in points), np.uint8, len(points)),
        lambda row: f"line {points[row].line}",
        lambda row: f"lat {points[row].lat}, lon {points[row].lon}, time {points[row].time}",
    )


def _well_encoded(source: Source) -> Iterator[bytes]:
    """Yield the file without blanks before its first tag, and in UTF-8 if it says it is.

    One byte in a title that is not UTF-8 should not cost the track after it.
    """
    blocks = iter(source.blocks())
    first = next(blocks, b"").lstrip()
    if not _is_utf8(source):
        yield first
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for block in chain([first], blocks):
        yield decoder.decode(block).encode()


def _is_utf8(source: Source) -> bool:
    """Tell whether the file's bytes are meant to be UTF-8."""
    declared = _ENCODING.search(source.head[:200])
    return source.was_utf16 or declared is None or declared[1].lower() in {b"utf-8", b"utf8"}
