"""One input file as a stream of bytes: unpacked, in UTF-8, without a byte-order mark."""

from __future__ import annotations

import codecs
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, TYPE_CHECKING, Final, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD_BYTES: Final = 1 << 20
BLOCK_BYTES: Final = 4 << 20
MAX_LINE_BYTES: Final = 16 << 20
_GZIP: Final = b"\x1f\x8b"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Openable(Protocol):
    """What is read like a file: one in memory, or one in an archive."""

    @property
    def name(self) -> str:
        """Its name, by which whoever it is of is called where its content names nobody."""

    def open(self, mode: str, /) -> IO[bytes]:
        """Return it opened for reading."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """A file that is held in memory, and was on no disk."""

    name: str
    content: bytes = field(repr=False)

    def open(self, _mode: str) -> BytesIO:
        """Return it opened for reading."""
        return BytesIO(self.content)


class Source:
    """A file opened for reading once, from its head to its end.

    Gzip is unpacked, UTF-16 with a byte-order mark becomes UTF-8. `damage` says why the bytes
    ended early, where they did; what came before is still delivered.
    """

    def __init__(self, path: Path | Openable, on_read: Callable[[int], None] | None = None) -> None:
        self.path = path
        self.participant = participant_of(path)  # for formats that name nobody
        self.damage: str | None = None
        self.was_packed = False
        self.was_utf16 = False
        self._on_read = on_read
        self._file = path.open("rb")
        with ExitStack() as unless_read:
            unless_read.callback(self._file.close)
            self._blocks = self._without_mark(self._unpacked())
            self.head = b""
            while len(self.head) < HEAD_BYTES and (block := next(self._blocks, b"")):
                self.head += block
            unless_read.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole content, head included, in blocks of some megabytes."""
        yield self.head
        yield from self._blocks

    def head_lines(self, count: int) -> list[bytes]:
        """Return the first lines, at most `count`."""
        return _unified(self.head, self.head).split(b"\n", count)[:count]

    def line_blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield blocks of whole lines, each with its end, and the number of their first (from 1).

        A line of more than 16 MB is cut there: no location file has one.
        """
        number, rest = 1, b""
        for block in self.blocks():
            text = _unified(rest + block, self.head)
            cut = text.rfind(b"\n") + 1
            if len(text) - cut > MAX_LINE_BYTES:
                cut = len(text)
            rest = text[cut:]
            if cut:
                yield number, text[:cut]
                number += text.count(b"\n", 0, cut)
        if rest:
            yield number, rest

    def lines(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield runs of lines without their ends, and the number of the first (from 1)."""
        for number, block in self.line_blocks():
            yield number, block.removesuffix(b"\n").split(b"\n")

    def _unpacked(self) -> Iterator[bytes]:
        """Yield the file's bytes, unpacked where they are gzip."""
        first = self._file.read(BLOCK_BYTES)
        if first.startswith(_GZIP):
            yield from self._inflated(first)
            return
        while first:
            self._report()
            yield first
            first = self._file.read(BLOCK_BYTES)

    def _inflated(self, packed: bytes) -> Iterator[bytes]:
        """Yield the unpacked bytes of one or several gzip members; stop at damage and say so."""
        self.was_packed = True
        inflater = zlib.decompressobj(wbits=31)
        while packed := packed or self._file.read(BLOCK_BYTES):
            self._report()
            if inflater.eof:
                inflater = zlib.decompressobj(wbits=31)
            try:
                block = inflater.decompress(packed, BLOCK_BYTES)
            except zlib.error:
                self.damage = "the compressed data is damaged"
                return
            # some tools fill the last block with zeros
            after = inflater.unused_data.lstrip(b"\x00")
            packed = after if inflater.eof else inflater.unconsumed_tail
            if block:
                yield block
        yield inflater.flush()
        if not inflater.eof:
            self.damage = "the compressed data ends early"

    def _without_mark(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks in UTF-8 without a byte-order mark."""
        first = next(blocks, b"")
        if first.startswith(_UTF16):
            self.was_utf16 = True
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
            yield decoder.decode(first).encode("utf-8", "replace")
            for block in blocks:
                yield decoder.decode(block).encode("utf-8", "replace")
            return
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from blocks

    def _report(self) -> None:
        """Tell how many bytes of the file itself were read."""
        if self._on_read is not None:
            self._on_read(self._file.tell())


def participant_of(path: Path | Openable) -> str:
    """Return a file's name without its ending, and without .gz before that."""
    name = path.name
    if name.lower().endswith(".gz") and len(name) > len(".gz"):
        name = name[: -len(".gz")]
    stem, dot, _ = name.rpartition(".")
    return (stem if dot and stem else name).strip() or path.name


def decoded(line: bytes) -> str:
    """Return a line as text: UTF-8, else what Windows wrote, else Latin-1. Never fails.

    Replacing what is not UTF-8 by a question mark would make two people's names one.
    """
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _unified(block: bytes, head: bytes) -> bytes:
    """Return the block with one kind of line end, also where a line ends with a bare return."""
    if b"\r" in head and b"\n" not in head:
        return block.replace(b"\r", b"\n")
    return block.replace(b"\r\n", b"\n")
