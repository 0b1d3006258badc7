"""What an operator says it delivers, before it does: each file, its rows and its hash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.arrivals.json_rows import NOT_JSON
from fortnight.errors import ConflictError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.arrivals.bounds import Bounds

MOST_FILES: Final = 64
_BATCH: Final = re.compile(r"[\x21-\x7e]{1,64}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Promised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file to come."""

    name: str
    rows: int
    sha256: str

    def check(self, data: bytes) -> None:
        """Raise ConflictError for bytes that have another hash than was promised."""
        found = sha256(data).hexdigest()
        if found != self.sha256:
            raise ConflictError(
                f"{self.name}: its SHA-256 is {found}, and the manifest says {self.sha256}. "
                "Nothing was imported; send the delivery again."
            )

    def check_rows(self, found: int) -> None:
        """Raise ConflictError for another number of rows than was promised."""
        if found != self.rows:
            raise ConflictError(
                f"{self.name}: it has {found} rows, and the manifest says {self.rows}. "
                "Nothing was imported; send the delivery again."
            )


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    batch: str
    files: list[Promised]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole delivery, as promised."""

    batch: str
    files: Mapping[str, Promised]
    sha256: str  # of its content, however it was spaced

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files.values())


def read_manifest(data: bytes, bounds: Bounds) -> Manifest:
    """Return the manifest of a delivery. Raises RefusedError for one that cannot be used."""
    bounds.check_json(data)
    try:
        document = msgspec.json.decode(data, type=_Document)
    except NOT_JSON as error:
        raise RefusedError(
            'The manifest is not {"batch": "…", "files": [{"name", "rows", "sha256"}, …]}: '
            f"{error}."
        ) from error
    files = {file.name: file for file in document.files}
    if not _BATCH.fullmatch(document.batch):
        raise RefusedError("The manifest's batch has to be 1 to 64 printable ASCII characters.")
    if not 1 <= len(files) == len(document.files) <= MOST_FILES:
        raise RefusedError(f"The manifest has to name 1 to {MOST_FILES} files, each once.")
    for file in document.files:
        _check(file, bounds)
    ordered = sorted(document.files, key=lambda file: file.name)
    content = msgspec.json.encode(_Document(document.batch, ordered))
    return Manifest(document.batch, files, sha256(content).hexdigest())


def _check(file: Promised, bounds: Bounds) -> None:
    if not _NAME.fullmatch(file.name):
        raise RefusedError("A file's name has to be letters, digits, '.', '_' and '-' alone.")
    if not _HASH.fullmatch(file.sha256):
        raise RefusedError(f"{file.name}: sha256 has to be 64 hexadecimal digits in lower case.")
    if file.rows < 0:
        raise RefusedError(f"{file.name}: a file cannot have {file.rows} rows.")
    bounds.check_rows(file.rows)
