"""How much may come in at once: bytes, rows, depth, and time. All but time before any parsing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from fortnight.errors import RefusedError
from fortnight.evidence.checks import Limits
from fortnight.parameters import MILLISECONDS_A_DAY, MILLISECONDS_A_MINUTE
from fortnight.settings import HELD_DAYS

FUTURE_MS: Final = 5 * MILLISECONDS_A_MINUTE
"""A phone's clock may be this much ahead of ours; what is later is refused."""
HELD_MS: Final = HELD_DAYS * MILLISECONDS_A_DAY

_STRUCTURE: Final = b'[]{}",'
_NO_STRUCTURE: Final = bytes(sorted(set(range(256)) - set(_STRUCTURE)))
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_STEPS: Final = np.zeros(256, dtype=np.int8)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1
_ROW_DEPTH: Final = 2  # of the commas between rows in {"fixes": [row, row]}


class TooLargeError(RefusedError):
    """More bytes or rows than are taken at once."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one message may hold at most.

    Attributes
    ----------
    max_bytes : int
        Of the message as it came.
    max_rows : int
        In one message.
    max_depth : int
        Of brackets within brackets in JSON.
    """

    max_bytes: int
    max_rows: int
    max_depth: int = 8

    def check_bytes(self, body: bytes) -> None:
        """Raise TooLargeError for a message of too many bytes."""
        if len(body) > self.max_bytes:
            raise TooLargeError(
                f"The message has {len(body)} bytes; at most {self.max_bytes} are taken at once. "
                "Send it in parts."
            )

    def check_rows(self, count: int) -> None:
        """Raise TooLargeError for too many rows."""
        if count > self.max_rows:
            raise TooLargeError(
                f"The message has {count} rows; at most {self.max_rows} are taken at once. "
                "Send it in parts."
            )

    def check_json(self, body: bytes) -> None:
        """Raise RefusedError for JSON that would be too large or too deep, without parsing it."""
        self.check_bytes(body)
        brackets = body.count(b"{") + body.count(b"[")
        if body.count(b",") < self.max_rows and (
            brackets <= self.max_depth or is_surely_shallow(body, self.max_depth)
        ):
            return  # as most messages are: the scan costs more than parsing them
        deepest, rows = shape(body)
        if deepest > self.max_depth:
            raise RefusedError(
                f"The JSON has brackets {deepest} deep; at most {self.max_depth} are read."
            )
        self.check_rows(rows)


def is_surely_shallow(body: bytes, most: int) -> bool:
    """Tell whether brackets are surely at most so deep, forty times faster than `shape`.

    Quotes that stand in pairs all along open and close outside of text, so no bracket is within
    any; and what is taken away pair by pair in so many turns was nested no deeper.
    """
    marks = body.translate(None, _NO_STRUCTURE).replace(b'""', b"").replace(b",", b"")
    if b'"' in marks or b"\\" in body:
        return False
    for _ in range(most // 2):
        marks = marks.replace(b"{}", b"").replace(b"[]", b"")
    return not marks


def shape(body: bytes) -> tuple[int, int]:
    """Return how deep the brackets of JSON are, and how many rows its lists hold at most.

    A scan of brackets, quotes and commas alone. It is exact for JSON; what is none may come out
    as anything, and is refused by the parser.
    """
    plain = _ESCAPE.sub(b"", body) if b"\\" in body else body
    marks = np.frombuffer(plain.translate(None, _NO_STRUCTURE), dtype=np.uint8)
    in_text = np.logical_xor.accumulate(marks == ord('"'))
    marks = marks[~in_text]
    if not len(marks):
        return 0, 0
    depth = np.cumsum(_STEPS[marks], dtype=np.int64)
    commas = (marks == ord(",")) & (depth == _ROW_DEPTH)
    return int(depth.max()), int(commas.sum()) + 1


def limits(now: int) -> Limits:
    """Return between which instants evidence may lie that arrives at `now` (ms since 1970 UTC)."""
    return Limits(now=now + FUTURE_MS, first=now - HELD_MS)
