"""A gateway that carries texts to a file: for the demo, and where a person sends them by hand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.notify.gateway import Text

_MODE: Final = 0o600  # it holds numbers


@dataclass(frozen=True, slots=True)
class FileGateway:
    """Appends one JSON object a line: at, id, number, words."""

    path: Path

    def send(self, text: Text) -> Answer:
        """Append a text; it outlives the machine once this returns."""
        line = json.dumps(
            {"at": text.at, "id": text.id, "number": text.number, "words": text.words},
            ensure_ascii=False,
        )
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
        try:
            _write(file, _mended(file) + line.encode() + b"\n")
            os.fsync(file)
            _settle(self.path.parent)
        finally:
            os.close(file)
        return Answer.TAKEN


def _settle(folder: Path) -> None:
    """Make the file's own entry outlive the machine too: it may have been made just now."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _mended(file: int) -> bytes:
    """Return what ends a line that a dying process left half written: else two would be one."""
    size = os.fstat(file).st_size
    whole = size == 0 or os.pread(file, 1, size - 1) == b"\n"
    return b"" if whole else b"\n"


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
