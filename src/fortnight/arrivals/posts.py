"""What one place that a phone sent comes to: a fix under a name of its own, or a counted refusal.

Each place is a batch by itself, named by device and time. However an app puts its places into
messages, and however often it sends them again, each is taken once.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fortnight.arrivals.checked import Checked, Example
from fortnight.arrivals.json_rows import JsonTable
from fortnight.arrivals.rows import check_json_fixes

if TYPE_CHECKING:
    from fortnight.arrivals.json_rows import FixRow, Value

_NOTHING: Final = b""
_FIRST: Final = np.zeros(1, dtype=np.int64)


class Post(NamedTuple):
    """What one place came to: one fix kept, or one refusal."""

    batch: str  # the same for the same device and time, so that a repeat is stored once
    checked: Checked


def post_of(device: str, time: Value, row: FixRow, now: int) -> Post:
    """Return what the library's rules say of a place at ``now`` (ms since 1970 UTC).

    ``time`` is as the app said it: it names the batch.
    """
    return Post(batch_of(device, time), check_json_fixes(JsonTable([row], _FIRST, ()), now))


def refused(reason: str) -> Post:
    """Return a refusal of what is no place."""
    return Post("", Checked(_NOTHING, 0, 1, {reason: 1}, (Example(0, reason),)))


def batch_of(device: str, time: Value) -> str:
    """Return the name of what a device said of one instant."""
    return sha256(f"{device} {time}".encode()).hexdigest()
