"""What a row of the retention table is: things that are kept together, and how they end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from fortnight.settings import CASE_DAYS_AFTER_END, HELD_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

REVIEW_DAYS: Final = 365
"""Days that a question that nobody answered is kept for."""
LOOK_DAYS: Final = HELD_DAYS + CASE_DAYS_AFTER_END
"""Days that a person sees a look for at least: as long as what it may have led to."""


class Ending(StrEnum):
    """How something ends. Everything but ``public`` ends at the programme's end at the latest."""

    SWEPT = "swept"  # by the sweep, when its time is over
    WITH_PARENT = "with-parent"  # with the row that it belongs to
    ERASED = "erased"  # when the person asks, or agrees to nothing any more
    SUNSET = "sunset"  # when the programme ends
    PUBLIC = "public"  # never: it names nobody, and proves what was done


class Term(NamedTuple):
    """A row goes once the day of ``column`` is more than ``days`` days before today.

    ``unit``: "ms" and "day" count from 1970; "instant" is ms too, and the row goes at that very
    instant. A row where ``column`` or ``given`` is null, or ``missing`` is not, is judged by the
    next term of its part.
    """

    column: str
    unit: Literal["ms", "day", "instant"]
    days: int
    given: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Things that are kept together and end together.

    Attributes
    ----------
    of : str
        A table, a table of another schema such as ``people.person``, or a folder or file.
    names : tuple of str
        Columns of the table, or kinds of files.
    terms : tuple of Term
        For tables that the sweep empties.
    outlived_by : tuple of (str, str)
        Each (own column, "table.column"): a row stays as long as one such row is there.
    blanks : mapping, optional
        What the columns become where the row itself stays.
    """

    of: str
    names: tuple[str, ...]
    kept: str
    why: str
    ends: Ending
    terms: tuple[Term, ...] = ()
    outlived_by: tuple[tuple[str, str], ...] = ()
    blanks: Mapping[str, Any] | None = None


def part(
    of: str,
    names: str,
    kept: str,
    why: str,
    ends: Ending,
    *terms: Term,
    **more: Any,  # noqa: ANN401 - whatever else a Part takes
) -> Part:
    """Return a part whose names are words of one text."""
    return Part(of, tuple(names.split()), kept, why, ends, terms, **more)


CASE: Final = f"until {CASE_DAYS_AFTER_END} days after the follow-up"
HELD: Final = f"{HELD_DAYS} days"
ENROLLED: Final = f"while they agree to anything, and {HELD_DAYS} days after"
END: Final = "until the programme ends"
