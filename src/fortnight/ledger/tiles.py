"""The tree as files that anybody may fetch and keep for ever (C2SP tlog-tiles).

A tile holds 256 neighbouring hashes of one level, a bundle the 256 entries under a tile of level
0. A file's bytes follow from its name and the log: writing it again writes the same.
"""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fortnight.errors import DatabaseError
from fortnight.ledger.tree import HASH_BYTES, leaf_hash, levels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fortnight.ledger.tree import Nodes

WIDTH: Final = 256
_HEIGHT: Final = 8
_KEPT_TILES: Final = 1_024  # in memory; about 40 KB each
_LENGTH_BYTES: Final = 2
_DIGITS: Final = 3
_PARTIAL: Final = ".p"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return where the tile of a level is, below the log's folder; ``width`` under 256: partial."""
    return f"tile/{level}/{_numbered(index, width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Return where the bundle of entries is, below the log's folder."""
    return f"tile/entries/{_numbered(index, width)}"


def _numbered(index: int, width: int) -> str:
    parts = f"{index:,}".split(",")
    folders = [f"x{part.zfill(_DIGITS)}/" for part in parts[:-1]]
    return (
        "".join(folders)
        + parts[-1].zfill(_DIGITS)
        + ("" if width == WIDTH else f"{_PARTIAL}/{width}")
    )


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of a bundle; an entry has at most 65,535."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def unbundle(content: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises DatabaseError where it was cut."""
    entries, place = list[bytes](), 0
    while place < len(content):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(content[place:start], "big")
        entries.append(content[start:place])
    if place != len(content):
        raise DatabaseError("a bundle of the log's entries was cut: restore it from a copy.")
    return entries


def grown_files(old: int, entries: Sequence[bytes], nodes: Nodes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file that changes when the tree grows.

    Parameters
    ----------
    old : int
        Entries in the tree that the files show now.
    entries : sequence of bytes
        Of the grown tree, from the last multiple of 256 at or under ``old`` on.
    nodes : Nodes
        The complete nodes of the tree that the files show now.
    """
    first = old // WIDTH
    for index, part in _slices(first, entries):
        yield bundle_path(index, len(part)), bundle(part)
    level, hashes = 0, [leaf_hash(entry) for entry in entries]
    while hashes:
        full = list[bytes]()
        for index, part in _slices(first, hashes):
            yield tile_path(level, index, len(part)), b"".join(part)
            if len(part) == WIDTH:
                full.append(levels(part)[-1][0])
        level, below = level + 1, first
        first = below // WIDTH
        kept = [nodes(level * _HEIGHT, place) for place in range(first * WIDTH, below)]
        hashes = kept + full if full else []


def _slices(first: int, items: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    for number, start in enumerate(range(0, len(items), WIDTH)):
        yield first + number, items[start : start + WIDTH]


class Tiles:
    """The files of a log in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = lru_cache(maxsize=_KEPT_TILES)(self._read_rows)

    def forget(self) -> None:
        """Read every file anew: one of them was damaged, and may be put right by now."""
        self._rows.cache_clear()

    def nodes(self, size: int) -> Nodes:
        """Return the complete nodes of the tree of ``size`` entries, read as they are asked for.

        They raise DatabaseError where a tile is missing or cut.
        """

        def node(height: int, place: int) -> bytes:
            level, above = divmod(height, _HEIGHT)
            index, offset = divmod(place << above, WIDTH)
            width = min(WIDTH, (size >> level * _HEIGHT) - index * WIDTH)
            return self._rows(level, index, width)[above][offset >> above]

        return node

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries from ``start``, a multiple of 256, to ``end`` from their bundles."""
        found = list[bytes]()
        for first in range(start, end, WIDTH):
            width = min(WIDTH, end - first)
            index = first // WIDTH
            names = bundle_path(index, width), bundle_path(index)
            found += unbundle(self._read(*names))[:width]
        return found

    def _read_rows(self, level: int, index: int, width: int) -> list[list[bytes]]:
        content = self._read(tile_path(level, index, width), tile_path(level, index))
        if len(content) < width * HASH_BYTES:
            raise DatabaseError(f"the log's {tile_path(level, index, width)} was cut.")
        ends = range(HASH_BYTES, width * HASH_BYTES + 1, HASH_BYTES)
        return levels([content[end - HASH_BYTES : end] for end in ends])

    def _read(self, name: str, full: str) -> bytes:
        """Read a file; the full one holds what the partial one held, which goes then."""
        for wanted in (name, full):
            try:
                return (self._folder / wanted).read_bytes()
            except FileNotFoundError:
                continue
        raise DatabaseError(
            f"{self._folder / name} is not there: remove {self._folder / 'checkpoint'}, and the "
            "log's next turn writes every file anew from the database."
        )

    def grow(self, old: int, entries: Sequence[bytes]) -> None:
        """Write what changes when the tree of ``old`` entries grows by entries of the database.

        ``entries`` begin at the last multiple of 256. Durable when it returns; what was written
        before a failure is written again, the same, by the next call.
        """
        grown = grown_files(old, entries, self.nodes(old))
        written = [(self._folder / name, content) for name, content in grown]
        folders: set[Path] = set()
        for path, content in written:
            # Died here: this file is missing. No checkpoint speaks of it yet.
            folders |= write_file(path, content)
        # Died here: names of files may be lost. No checkpoint speaks of them yet.
        settle(folders)
        for path, _ in written:
            if path.parent.suffix != _PARTIAL:
                # Died here: partial tiles stay beside the full one, until this is done again.
                shutil.rmtree(path.with_name(path.name + _PARTIAL), ignore_errors=True)


def write_file(path: Path, content: bytes) -> set[Path]:
    """Write a file whole or not at all, and return the folders whose names have to settle."""
    changed = {path.parent}
    for folder in (path.parent, *path.parents):
        if folder.is_dir():
            break
        changed.add(folder.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        # Without it the new name could outlive the machine with no bytes behind it.
        os.fsync(file.fileno())
    fresh.replace(path)
    return changed


def settle(folders: set[Path]) -> None:
    """Make the names in these folders outlive the machine."""
    for folder in sorted(folders):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
