"""How a person's enrolment stands, and what their pages ask for first. Pure.

A number may have changed its owner, and a phone its holder. So whoever chose a PIN shows it at
least every eight days before any page of theirs opens, whatever came by text; and a PIN is chosen
within a day of the first code, by somebody of whom nothing was held before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
KNOWN_MS: Final = 8 * DAY_MS
"""Milliseconds for which a PIN or passkey that was shown says that the number is theirs still."""
CHOOSE_MS: Final = DAY_MS
"""Milliseconds after the first code in which a PIN may be chosen."""
WAIT_MS: Final = 3 * DAY_MS
"""Milliseconds before a PIN is reset, or somebody starts over: who did not ask can stop it."""
ASKED_AT_MOST: Final = 3
"""Texts without an answer after which nothing is collected any more."""

Way: TypeAlias = Literal["code", "digits"]
"""How somebody came in: eight digits that they asked for, or the six of the day's question."""
First: TypeAlias = Literal["nothing", "show", "choose", "nobody"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One enrolment. Instants in ms since 1970.

    Attributes
    ----------
    seen_at, shown_at : int or None
        When they last came in; when they last showed, or chose, PIN or passkey.
    choose_until : int or None
        Until when a first PIN may be chosen.
    of_age_at : int or None
        When they said that they are old enough to agree for themselves.
    """

    is_closed: bool
    began_at: int
    seen_at: int
    shown_at: int | None
    choose_until: int | None
    of_age_at: int | None

    def may_choose(self, now: int) -> bool:
        """Tell whether a first PIN may be chosen, with nobody's help."""
        return self.shown_at is None and self.choose_until is not None and now < self.choose_until


def asked_first(standing: Standing | None, way: Way, now: int) -> First:
    """Return what a page of a person's own asks for before it opens.

    ``show``: the PIN or passkey. ``choose``: there is none, and it is too late to choose one alone.
    ``nobody``: whoever called the health team to close it. Those who never came in by a code have
    the pages of follow-up by the day's digits, as long as they are followed.
    """
    if standing is None:
        return "nothing"
    if standing.is_closed:
        return "nobody"
    if standing.shown_at is not None:
        return "nothing" if 0 <= now - standing.shown_at < KNOWN_MS else "show"
    if way == "digits" or standing.may_choose(now):
        return "nothing"
    return "choose"


def next_text(began_at: int, now: int) -> int:
    """Return when somebody who came in now is asked again: a day after they began, then weekly."""
    first = began_at + DAY_MS
    return first if now < first else now + WEEK_MS
