"""Signed notes: a text, a blank line, and lines that say who signed it (C2SP signed-note).

Anybody's tools for transparency logs read them, and so does a person.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fortnight.errors import InputError, SettingsError

SEED_BYTES: Final = 32
_ED25519: Final = b"\x01"
_MOST_BYTES: Final = 16_384  # a note is a few lines; whoever sends more wants something else
_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The key that a note is checked against, and the name it signs by."""

    name: str
    key: bytes

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read ``name+id+base64``. Raises InputError where it is no such key."""
        name, _, rest = text.strip().partition("+")
        stated, _, encoded = rest.partition("+")
        decoded = _decoded(encoded)
        public = cls(name, decoded[1:])
        if decoded[:1] != _ED25519 or len(public.key) != SEED_BYTES or public.id.hex() != stated:
            raise InputError(f"the key {text.strip()!r} is not name+id+base64 of an Ed25519 key.")
        return public

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature says which key made it."""
        named = self.name.encode() + b"\n" + _ED25519 + self.key
        return sha256(named).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.key).decode()}"

    def open(self, note: str) -> str:
        """Return the text that this key signed. Raises InputError where it did not."""
        text, blank, signatures = note.rpartition("\n\n")
        if not blank or len(note) > _MOST_BYTES:
            raise InputError("this is no signed note: a text, a blank line, signatures.")
        signed = f"{text}\n"
        for line in signatures.split("\n"):
            signature = self._own(line)
            if signature is not None:
                self._check(signed, signature)
                return signed
        raise InputError(f"the note is not signed by {self}.")

    def _own(self, line: str) -> bytes | None:
        """Return the signature of a line that says it is by this key."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        decoded = _decoded(encoded)
        ours = line.startswith(_DASH) and name == self.name and decoded[:_ID_BYTES] == self.id
        return decoded[_ID_BYTES:] if ours else None

    def _check(self, text: str, signature: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature as error:
            raise InputError(f"the note's signature by {self} is not of its text.") from error


class Signer:
    """Signs notes with a key made from a seed of 32 bytes, which it never shows."""

    __slots__ = ("_private", "public")

    def __init__(self, name: str, seed: bytes) -> None:
        """Raise SettingsError for a name that cannot stand in a note, or a seed of another size."""
        if not name or "+" in name or any(letter.isspace() for letter in name):
            raise SettingsError(
                f"log_name is {name!r}: give a name without spaces and plus signs, such as the "
                "address of the log without https://."
            )
        if len(seed) != SEED_BYTES:
            raise SettingsError(f"the log's seed has {len(seed)} bytes: it needs {SEED_BYTES}.")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(name, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return the signed note of a text that ends with a line's end."""
        signature = b64encode(self.public.id + self._private.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.public.name} {signature}\n"


def _decoded(text: str) -> bytes:
    """Return the bytes, or none where the text is not the one base64 of any bytes."""
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        return b""
    return decoded if b64encode(decoded).decode() == text else b""
