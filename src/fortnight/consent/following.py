"""What follows from a grant's id: what lets a later withdrawal be found in the log again.

A database that was put back from a backup shows grants that were withdrawn since. Their rows are
lost, and the log holds salted commitments alone. So the salt of a withdrawal follows from the id
of the grant that it ends, and the id of a grant that replaces another from that one's: whoever
holds the row of the backup can tell whether the log holds its withdrawal. An id is 128 random bits
that nobody is ever shown; without it a commitment says nothing, as with a random salt.
"""

from __future__ import annotations

import hmac
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLACED_AT_MOST: Final = 4
"""How often a grant's text may have been replaced between a backup and its return."""
_ID_BYTES: Final = 16


def withdrawal_salt(grant_id: str) -> bytes:
    """Return the salt, 32 bytes, of the withdrawal of the grant with an id."""
    return _following(grant_id, b"withdrawal")


def next_id(grant_id: str) -> str:
    """Return the id of the grant that replaces the one with an id."""
    return _following(grant_id, b"replaced")[:_ID_BYTES].hex()


def ids_from(grant_id: str) -> Iterator[str]:
    """Yield the id of a grant, then those of the grants that may have replaced it, in turn."""
    return islice(_chain(grant_id), REPLACED_AT_MOST + 1)


def _chain(grant_id: str) -> Iterator[str]:
    while True:
        yield grant_id
        grant_id = next_id(grant_id)


def _following(grant_id: str, what: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(grant_id), b"fortnight grant " + what, "sha256")
