"""The file in which texts were handed over: lines that have to go are blanked where they stand.

In place, because whoever appends must never find the file replaced; and the bytes are gone from
the disk's own blocks, as far as a disk lets anyone say so.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path


def blank_messages(path: Path, ids: Collection[str]) -> int:
    """Blank the texts with these message ids; return how many."""
    wanted = frozenset(ids)
    return _blank(path, lambda line: line.get("id") in wanted)


def blank_before(path: Path, instant: int) -> int:
    """Blank the texts handed over before an instant, in ms since 1970; return how many."""
    return _blank(path, lambda line: int(line.get("at", 0)) < instant)


def blank_all(path: Path) -> int:
    """Blank every text; return how many."""
    return _blank(path, lambda _: True)


def _blank(path: Path, goes: Callable[[dict[str, Any]], bool]) -> int:
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return 0
    with file:
        spans, place = list[tuple[int, int]](), 0
        for line in file:
            if _read(line, goes):
                spans.append((place, len(line.rstrip(b"\n"))))
            place += len(line)
        for start, length in spans:
            os.pwrite(file.fileno(), b" " * length, start)
        os.fsync(file.fileno())
    return len(spans)


def _read(line: bytes, goes: Callable[[dict[str, Any]], bool]) -> bool:
    """Tell whether a line goes. One that a crash left half written cannot be told apart: it does.

    Its last bytes may still be on their way only while nothing follows them, and then it has no
    end yet.
    """
    if not line.strip() or not line.endswith(b"\n"):
        return False
    try:
        return goes(json.loads(line))
    except ValueError:
        return True
