"""Sealing with AES-256-GCM: nobody reads it without the key, and nobody changes it unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fortnight.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable

_NONCE_BYTES: Final = 12


def seal(key: bytes, plaintext: bytes, label: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return the plaintext sealed under a key of 32 bytes: nonce, then ciphertext and tag.

    ``label`` says what it is, such as ``b"arrival"``: a value moved to another column does not
    open there.
    """
    nonce = random(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, label)


def unseal(key: bytes, sealed: bytes, label: bytes) -> bytes:
    """Return what `seal` sealed.

    Raises DatabaseError where it was sealed under another key or label, or is damaged.
    """
    return opener(key)(sealed, label)


def opener(key: bytes) -> Callable[[bytes, bytes], bytes]:
    """Return what unseals many values under one key, as `unseal` does each."""
    cipher = AESGCM(key)

    def opened(sealed: bytes, label: bytes) -> bytes:
        if len(sealed) < _NONCE_BYTES:
            raise DatabaseError("A sealed value is cut short: restore it from a backup.")
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label)
        except InvalidTag as error:
            raise DatabaseError(
                "A sealed value does not open: it was changed, or sealed under another key or "
                "label. Restore it from a backup, with the keys of that time."
            ) from error

    return opened
