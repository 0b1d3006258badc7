"""Cut a JSON file of any size into its records, without reading it whole.

Records are the objects directly inside one array: the root itself, or arrays that are values of
the root object. Where they begin and end is found from quotes and brackets alone, block by block
and with NumPy; what is inside is decoded by msgspec, a block of records at a time. So memory stays
bounded, and a file that is cut off or damaged somewhere still gives every record before that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

MAX_RECORD_BYTES: Final = 64 << 20
_QUOTE, _BACKSLASH, _OPEN, _CLOSE = 1, 2, 3, 4
_CLASS: Final = np.zeros(256, dtype=np.uint8)
_CLASS[[ord('"'), ord("\\"), ord("{"), ord("["), ord("}"), ord("]")]] = (
    _QUOTE, _BACKSLASH, _OPEN, _OPEN, _CLOSE, _CLOSE,
)  # fmt: skip
_KEY: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\Z')
_KEYS: Final = re.compile(rb'"((?:[^"\\]|\\.){1,80})"\s*:')
_KEY_SPAN: Final = 300  # bytes before a bracket in which its key is looked for


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring records of one array, as bytes, with the place of the first in that array."""

    key: str  # the array's key in the root object, "" for a root array
    first: int
    text: bytes  # the records with the commas between them
    bounds: NDArray[np.int64]  # (n, 2): where each record begins and ends in text

    def array(self) -> bytes:
        """Return the run as one JSON array."""
        return b"[" + self.text + b"]"

    def record(self, place: int) -> bytes:
        """Return one record as JSON."""
        begin, end = self.bounds[place].tolist()
        return self.text[begin:end]

    def where(self, place: int) -> str:
        """Say where in the file a record stands."""
        return f"{self.key}[{self.first + place}]"


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets outside of strings: where, and how deep before and after each."""

    at: NDArray[np.int64]
    opens: NDArray[np.bool_]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    in_string: bool  # whether the text ends inside a string


def brackets(text: bytes, depth: int) -> Brackets:
    """Return the brackets of `text`, which starts at `depth` and outside of any string."""
    classes = _CLASS[np.frombuffer(text, dtype=np.uint8)]
    at = np.flatnonzero(classes)
    kind = classes[at]
    if (kind == _BACKSLASH).any():
        at, kind = _unescaped(text, at, kind)
    inside = (np.cumsum(kind == _QUOTE) & 1).astype(bool)
    outside = (kind >= _OPEN) & ~inside
    opens = kind[outside] == _OPEN
    step = np.where(opens, 1, -1)
    after = depth + np.cumsum(step)
    ends_inside = bool(inside[-1]) if len(inside) else False
    return Brackets(at[outside], opens, after - step, after, ends_inside)


def _unescaped(
    text: bytes, at: NDArray[np.int64], kind: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Leave out backslashes, and quotes that an odd number of backslashes stands before."""
    keep = kind != _BACKSLASH
    quotes = np.flatnonzero(kind == _QUOTE)
    behind = quotes[(quotes > 0)]
    behind = behind[(kind[behind - 1] == _BACKSLASH) & (at[behind] - at[behind - 1] == 1)]
    for place in behind.tolist():
        position = int(at[place])
        run = position - len(text[max(0, position - 4096) : position].rstrip(b"\\"))
        run -= max(0, position - 4096)
        if run % 2:
            keep[place] = False
    return at[keep], kind[keep]


class Splitter:
    """Yield the records of a JSON stream as runs; afterwards `damage` says why it ended early.

    Parameters
    ----------
    blocks : iterable of bytes
        The file in UTF-8, in blocks of any size.
    level : int
        How many brackets stand around a record: 0 for objects one after another, 1 for a root
        array, 2 for arrays that are values of the root object.
    """

    def __init__(self, blocks: Iterable[bytes], level: int) -> None:
        self.damage: tuple[str, str] | None = None  # the line, and what is wrong there
        self.cut_off: str | None = None  # the record in which the file ends
        self._blocks = iter(blocks)
        self._level = level
        # What follows is true of the beginning of the text at hand, which lies in no string.
        self._depth = 0
        self._key: str | None = "" if level == 0 else None  # of the open array; None is outside
        self._count = 0  # records seen in that array
        self._line = 1

    def __iter__(self) -> Iterator[Run]:
        text = b""
        while more := self._more(len(text)):
            text += more
            found = brackets(text, self._depth)
            cut = 0
            for first, last in self._stretches(found):
                run, cut = self._records(text, found, slice(first, last), cut)
                if run is not None:
                    yield run
                if last < len(found.at):
                    cut = self._cross(text, found, last, cut)
                if self.damage is not None:
                    return
            self._line += text.count(b"\n", 0, cut)
            text = text[cut:]
            if len(text) > MAX_RECORD_BYTES:
                self._damaged(text, 0, "a record that begins here has no end within 64 MB")
                return
        self._finish(text)

    def _more(self, held: int) -> bytes:
        """Return the next blocks: at least as many bytes as are held, so work stays linear."""
        gathered: list[bytes] = []
        size = 0
        for block in self._blocks:
            gathered.append(block)
            size += len(block)
            if size >= max(held, 1):
                break
        return b"".join(gathered)

    def _stretches(self, found: Brackets) -> Iterator[tuple[int, int]]:
        """Yield runs of brackets at or below record level; between them the array changes."""
        first = 0
        crossings = np.flatnonzero(np.minimum(found.before, found.after) < self._level)
        for crossing in crossings.tolist():
            yield first, crossing
            first = crossing + 1
        yield first, len(found.at)

    def _records(
        self, text: bytes, found: Brackets, stretch: slice, cut: int
    ) -> tuple[Run | None, int]:
        """Return the whole records of a stretch, and up to where the text is done with."""
        at, opens = found.at[stretch], found.opens[stretch]
        begins = at[opens & (found.before[stretch] == self._level)]
        ends = at[~opens & (found.after[stretch] == self._level)] + 1
        whole = len(ends)
        run = None
        if whole and self._key is not None:
            bounds = np.column_stack((begins[:whole], ends))
            run = Run(self._key, self._count, text[begins[0] : ends[-1]], bounds - begins[0])
            self._count += whole
        if len(begins) > whole:
            return run, int(begins[-1])
        return run, int(ends[-1]) if whole else cut

    def _cross(self, text: bytes, found: Brackets, place: int, cut: int) -> int:
        """Enter or leave an array or the root; return the position after the bracket."""
        position = int(found.at[place])
        if found.opens[place]:
            self._enter(text, position, int(found.before[place]), cut)
        else:
            self._leave(text, position, int(found.after[place]))
        self._depth = int(found.after[place])
        return position + 1

    def _enter(self, text: bytes, position: int, depth: int, cut: int) -> None:
        """Note which array begins at an opening bracket above record level."""
        is_array = text[position] == ord("[")
        if depth == 0:
            if is_array != (self._level == 1):
                self._damaged(text, position, "something follows the end of the data")
            self._key, self._count = ("" if self._level == 1 else None), 0
            return
        match = _KEY.search(text, max(cut, position - _KEY_SPAN), position)
        if match is None:
            self._damaged(text, position, "a value without a name")
        elif is_array:
            self._key, self._count = match[1].decode("utf-8", "replace"), 0

    def _leave(self, text: bytes, position: int, depth: int) -> None:
        """Check that a closing bracket above record level closes what is open."""
        in_array = self._key is not None and self._level > 0
        expected = ord("]") if in_array else ord("}")
        if depth < 0 or text[position] != expected:
            self._damaged(text, position, "a closing bracket that closes nothing")
        self._key = None if self._level > 0 else ""

    def _finish(self, text: bytes) -> None:
        """Say what is missing where the file ended before its data did."""
        rest = text.strip(b" \t\r\n\x1e,")
        if self._key is not None and rest.startswith((b"{", b"[")):
            self.cut_off = f"{self._key}[{self._count}]"
            self._damaged(text, len(text), "the file ends inside a record")
        elif self._depth > 0:
            self._damaged(text, len(text), "the file ends before its last bracket")
        elif rest:
            self._damaged(text, 0, "something that is not JSON")

    def _damaged(self, text: bytes, position: int, why: str) -> None:
        """Keep the first damage, with the line it stands on."""
        if self.damage is None:
            line = self._line + text.count(b"\n", 0, position)
            self.damage = (f"line {line}", why)


def root_keys(head: bytes) -> list[str]:
    """Return the keys of the root object that begin within `head`, in their order."""
    found = brackets(head, 0)
    ends = [*found.at[1:].tolist(), len(head)]
    keys: list[str] = []
    for place in np.flatnonzero(found.after == 1).tolist():
        between = head[int(found.at[place]) + 1 : ends[place]]
        keys += [match.decode("utf-8", "replace") for match in _KEYS.findall(between)]
    return keys
