"""Rules of venues without any store: codes that people type, and when a visit ends by itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fortnight.parameters import MILLISECONDS_A_MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter or digit that is taken for another."""
CODE_LETTERS: Final = 8
_CODE: Final = re.compile(f"[{ALPHABET}]{{{CODE_LETTERS}}}")
_FAIR: Final = 256 - 256 % len(ALPHABET)


def new_code(random: Callable[[int], bytes]) -> str:
    """Draw a code: nothing of a venue or of anybody is in it."""
    letters: list[str] = []
    while len(letters) < CODE_LETTERS:
        letters += [ALPHABET[one % len(ALPHABET)] for one in random(CODE_LETTERS) if one < _FAIR]
    return "".join(letters[:CODE_LETTERS])


def code_in(typed: str) -> str | None:
    """Return the code that somebody typed, whatever stands between its letters; None for none."""
    letters = re.sub(r"[\s.-]", "", typed).upper()
    return letters if _CODE.fullmatch(letters) else None


def shown(code: str) -> str:
    """Return a code as it is printed."""
    return f"{code[:4]}-{code[4:]}"


def due_at(start: int, closes: int | None, stay_minutes: int, zone: ZoneInfo) -> int:
    """Return when a visit that began at ``start`` ends by itself (ms since 1970 UTC, both).

    At the venue's closing, minute ``closes`` of the local day, or after as long as people stay
    there, whichever is sooner; a visit lasts a minute at least.
    """
    end = start + stay_minutes * MILLISECONDS_A_MINUTE
    if closes is not None:
        local = datetime.fromtimestamp(start / 1_000, tz=UTC).astimezone(zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for days in (0, 1):
            closing = (midnight + timedelta(days=days)).replace(
                hour=closes // 60, minute=closes % 60
            )
            at = int(closing.timestamp()) * 1_000
            if at > start:
                end = min(end, at)
                break
    return max(end, start + MILLISECONDS_A_MINUTE)
