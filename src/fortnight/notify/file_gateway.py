"""A gateway that carries texts to a file: for the demo, and where a person sends them by hand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Answer, Said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fortnight.notify.gateway import Text
    from fortnight.notify.reply_file import ReplyFile

_MODE: Final = 0o600  # it holds numbers


@dataclass(frozen=True, slots=True)
class FileGateway:
    """Appends one JSON object a line: at, id, number, words.

    ``replies`` is where whoever carries texts by hand puts what people said.
    """

    path: Path
    replies: ReplyFile | None = None

    @property
    def window(self) -> int:
        """How many texts it takes at once: a file has no use for more than one."""
        return 1

    def ready(self, now: int) -> bool:  # noqa: ARG002 - the port's
        """Return True: a file always is."""
        return True

    def turn(self, now: int) -> None:
        """Read what people said."""
        if self.replies is not None:
            self.replies.read(now)

    def close(self) -> None:
        """Nothing is open."""

    def send(self, texts: Sequence[Text]) -> Sequence[Said]:
        """Append texts; they outlive the machine once this returns."""
        for text in texts:
            self._append(text)
        return [Said(Answer.TAKEN)] * len(texts)

    def _append(self, text: Text) -> None:
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
