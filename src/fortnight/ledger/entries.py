"""What the log holds of each event: its kind, its hour, and two commitments. Nobody's name.

A commitment is SHA-256 over 32 random bytes and the canonical JSON of what it stands for. Who
holds both can show what the entry says; who holds neither learns nothing, not even by guessing.
The person holds the opening of the first, the office that of the second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from fortnight.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Detail = Mapping[str, str | int]

KINDS: Final = (
    "grant",
    "withdrawal",
    "look",
    "resolve",
    "trace",
    "message",
    "deletion",
    "erasure",
    "parameters",
    "settings",
    "alarm",
    "case",
    "delivery",
)
"""Everything that the log may say has happened."""
SALT_BYTES: Final = 32
_HOUR_MS: Final = 3_600_000
_VERSION: Final = 1
_ID_BYTES: Final = 16
_WRITER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
"""Made once: to make one takes longer than to write an entry."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry, and what opens its commitments.

    Attributes
    ----------
    id : str
        32 hexadecimal digits; its name in our tables, not in the log.
    entry : bytes
        What the tree takes in and everybody may read.
    salt, office_salt : bytes
        32 random bytes each, for whoever may open the commitment. The log never holds them.
    """

    id: str
    kind: str
    entry: bytes
    salt: bytes
    office_salt: bytes


def make_leaf(
    kind: str,
    at_ms: int,
    detail: Detail,
    office: Detail | None,
    random: Callable[[int], bytes],
    *,
    salt: bytes | None = None,
) -> Leaf:
    """Make the entry of an event at ``at_ms``, milliseconds since 1970, told to the hour only.

    ``detail`` is the person's side, ``office`` the side that the person is not told. ``salt`` is
    that of the person's side where it follows from a secret of ours, so that the entry can be
    found again; otherwise it is random. Raises RefusedError for a kind that is not in the closed
    list.
    """
    if kind not in KINDS:
        raise RefusedError(f"{kind!r} is no kind of entry of the log: it holds {', '.join(KINDS)}.")
    salt, office_salt = salt or random(SALT_BYTES), random(SALT_BYTES)
    entry = canonical(
        {
            "commitment": commitment(salt, detail),
            "hour": at_ms // _HOUR_MS,
            "kind": kind,
            "office": commitment(office_salt, office or {}),
            "v": _VERSION,
        }
    )
    return Leaf(random(_ID_BYTES).hex(), kind, entry, salt, office_salt)


def public_id(detail: Detail) -> str:
    """Return the id of the one entry of kind ``deletion`` that says this to everybody."""
    return sha256(b"deletion" + canonical(detail)).hexdigest()[: 2 * _ID_BYTES]


def canonical(document: Detail) -> bytes:
    """Return the one JSON text of a document: sorted keys, no spaces, ASCII."""
    return _WRITER.encode(document).encode("ascii")


def commitment(salt: bytes, detail: Detail) -> str:
    """Return the commitment to a document in 64 hexadecimal digits."""
    return sha256(salt + canonical(detail)).hexdigest()


def opens(entry: bytes, salt: bytes, detail: Detail) -> bool:
    """Return whether the salt and the person's side are what the entry commits to."""
    return _holds(entry, "commitment", commitment(salt, detail))


def opens_office(entry: bytes, office_salt: bytes, office: Detail) -> bool:
    """Return whether the salt and the office's side are what the entry commits to."""
    return _holds(entry, "office", commitment(office_salt, office))


def _holds(entry: bytes, field: str, expected: str) -> bool:
    try:
        document = json.loads(entry)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get(field) == expected
