"""A checkpoint: how large the tree is and what its root is, signed (C2SP tlog-checkpoint)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortnight.errors import InputError

if TYPE_CHECKING:
    from fortnight.ledger.note import PublicKey, Signer

_TEXT: Final = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log has sworn to.

    Attributes
    ----------
    origin : str
        The log's name, which is that of its key.
    size : int
        Entries in the tree.
    root : bytes
        The tree's root, 32 bytes.
    note : str
        The signed text, as it is published.
    """

    origin: str
    size: int
    root: bytes
    note: str


def sign_checkpoint(signer: Signer, size: int, root: bytes) -> Checkpoint:
    """Swear to a tree. The same tree gives the same text to the last byte."""
    origin = signer.public.name
    note = signer.sign(f"{origin}\n{size}\n{b64encode(root).decode()}\n")
    return Checkpoint(origin, size, root, note)


def open_checkpoint(key: PublicKey, note: str) -> Checkpoint:
    """Read a checkpoint. Raises InputError where it is none, or not signed by this key."""
    found = _TEXT.fullmatch(key.open(note))
    if found is None or found["origin"] != key.name:
        raise InputError(f"the note is signed, but is no checkpoint of the log {key.name}.")
    return Checkpoint(found["origin"], int(found["size"]), b64decode(found["root"]), note)
