"""The files in a zip archive, such as Google Takeout gives: read as streams, and within bounds.

Nothing is unpacked to a disk. What an archive says of its files is not trusted further than it
binds the reader: more than the declared size is never read of any.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from fortnight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fortnight.evidence.source import InMemory
    from fortnight.evidence.tally import Tally

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
OTHER: Final = "zip-other-file"
DAMAGED: Final = "zip-damaged"
DAMAGE: Final = (
    OSError, EOFError, UnicodeDecodeError, ValueError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What reading a damaged file in an archive raises."""
NONE: Final = "a zip archive without a location file (or a spreadsheet: save the sheet as CSV)"
_LOCKED: Final = 1  # of the general purpose flags
_HEADER: Final = b"PK\x01\x02"
_PACKED: Final = (
    *MAGIC, b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"Rar!",
)  # fmt: skip
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RATIO: Final = 200
_SMALL: Final = 1 << 20
"""Bytes up to which any ratio is taken: a short file of one repeated line packs well."""


class Bounds(NamedTuple):
    """How much of an archive is read: so many files, and bytes of all of them, unpacked."""

    files: int
    unpacked: int


ON_DISK: Final = Bounds(100_000, 64 << 30)
"""For files that whoever runs the command chose."""
SENT: Final = Bounds(10_000, 512 << 20)
"""For what somebody sends over a network: it is in memory while it is read."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, opened as a file on a disk is.

    Attributes
    ----------
    name : str
        The archive's own: files in it name nobody.
    where : str
        Its number, from 1.
    """

    name: str
    where: str
    archive: zipfile.ZipFile = field(repr=False)
    info: zipfile.ZipInfo = field(repr=False)

    def open(self, _mode: str) -> IO[bytes]:
        """Return it opened for reading."""
        return self.archive.open(self.info)


def members(file: Path | InMemory, tally: Tally, bounds: Bounds) -> Iterator[Member]:
    """Yield the files of an archive that may be read; the others are counted as refused rows.

    Raises InputError where the archive is damaged, or holds too many files.
    """
    with file.open("rb") as opened:
        _check_count(opened, bounds)
        try:
            archive = zipfile.ZipFile(opened)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise InputError("a damaged zip archive") from error
        with archive:
            left = bounds.unpacked
            for number, info in enumerate(archive.infolist(), 1):
                if info.is_dir():
                    continue
                one = Member(file.name, f"file {number}", archive, info)
                fault = _fault(one, left) or _begins_badly(one)
                if fault is not None:
                    tally.refuse(fault[0], one.where, fault[1])
                    continue
                left -= info.file_size
                yield one


def _check_count(opened: IO[bytes], bounds: Bounds) -> None:
    """Raise InputError for too many files, before a list of them is made."""
    count, last = 0, b""
    while block := opened.read(1 << 22):
        count += (last + block).count(_HEADER)
        last = block[1 - len(_HEADER) :]
        if count > bounds.files:
            raise InputError(f"a zip archive of more than {bounds.files} files: unpack it first")
    opened.seek(0)


def _fault(one: Member, left: int) -> tuple[str, str] | None:
    """Return why a file is not read, as a reason and in words; None where it may be."""
    info = one.info
    if info.flag_bits & _LOCKED:
        return "zip-locked", "it is locked with a password"
    if info.compress_type not in _METHODS:
        return DAMAGED, "it is packed in a way that is not read"
    if info.file_size > left:
        return "zip-too-large", "the archive unpacks to too much"
    if info.file_size > _SMALL and info.file_size > _RATIO * info.compress_size:
        return "zip-too-large", "it unpacks to far more than any location file does"
    return None


def _begins_badly(one: Member) -> tuple[str, str] | None:
    """Return why a file is not read whose first bytes say so."""
    try:
        with one.open("rb") as opened:
            head = opened.read(max(map(len, _PACKED)))
    except (*DAMAGE, RuntimeError):
        return DAMAGED, "it cannot be unpacked"
    if head.startswith(_PACKED):
        return "zip-archive", "an archive inside the archive"
    return None
