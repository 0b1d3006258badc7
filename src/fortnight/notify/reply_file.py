"""Replies that somebody hands over in a file, one JSON object a line: number, words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fortnight.notify.gateway import Incoming

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.notify.gateway import Heard


class _Line(msgspec.Struct, frozen=True):
    """One reply."""

    number: str
    words: str


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A file that is read, taken in, and blanked.

    It is moved aside first, so that whoever writes the next one never writes into what is read.
    Left behind by a crash it is read again: the same reply twice does no harm.
    """

    path: Path
    heard: Heard

    def read(self, now: int) -> int:
        """Take in what is there; return how many lines could not be read."""
        taken = self.path.with_suffix(".taken")
        if not taken.exists():
            if not self.path.exists():
                return 0
            self.path.rename(taken)
        refused = sum(not self._take(line, now) for line in taken.read_bytes().splitlines())
        _blank(taken)
        return refused

    def _take(self, line: bytes, now: int) -> bool:
        try:
            said = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            return not line.strip()
        self.heard.incoming(Incoming(said.number, said.words), now)
        return True


def _blank(path: Path) -> None:
    """Take the words off the disk, as far as a disk lets anyone say so."""
    with path.open("r+b") as file:
        file.write(b" " * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
