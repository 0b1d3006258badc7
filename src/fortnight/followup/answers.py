"""What a person answered on one day, and what it comes to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from fortnight.errors import QuestionError
from fortnight.followup.day import Feeling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fortnight.followup.plan import Plan

Channel = Literal["text", "web", "call"]
BY_NUMBER: Final[Mapping[int, Feeling]] = {
    1: Feeling.WELL,
    2: Feeling.UNWELL,
    3: Feeling.UNWELL,
    4: Feeling.NEEDS,
    5: Feeling.RED_FLAG,
}
"""What the numbers of a text mean: 1 well, 2 a little unwell, 3 unwell, 4 in need of something,
5 very unwell. `docs/follow-up-and-support.md` says so too."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer: a number of a text, or symptoms ticked on a page or named on the phone.

    ``needs`` are words of `isolation.needs.Need`; ``note`` is in their own words.
    """

    channel: Channel
    number: int | None = None
    symptoms: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    note: str = ""


LONGEST_NOTE: Final = 1_000


def by_text(number: int) -> Answer:
    """Return the answer that a text of one digit is. Raises QuestionError beyond 1 to 5."""
    if number not in BY_NUMBER:
        raise QuestionError("An answer by text is a number from 1 to 5.")
    return Answer("text", number=number)


def ticked(
    plan: Plan,
    symptoms: Iterable[str],
    needs: Iterable[str] = (),
    note: str = "",
    channel: Channel = "web",
) -> Answer:
    """Return the answer of a form. Raises QuestionError for a symptom that was not asked about."""
    said = tuple(dict.fromkeys(symptoms))
    if unknown := [one for one in said if one not in (*plan.asked, *plan.red_flags)]:
        raise QuestionError(f"{unknown[0]!r} is not asked about: see the day's questions.")
    if len(note) > LONGEST_NOTE:
        raise QuestionError(f"A note has at most {LONGEST_NOTE} characters.")
    return Answer(channel, None, said, tuple(dict.fromkeys(needs)), note.strip())


def feeling(plan: Plan, answer: Answer) -> Feeling:
    """Return what an answer comes to: the most that anything in it says."""
    if answer.number is not None:
        return BY_NUMBER[answer.number]
    if set(answer.symptoms) & set(plan.red_flags):
        return Feeling.RED_FLAG
    if answer.symptoms:
        return Feeling.UNWELL
    return Feeling.NEEDS if answer.needs or answer.note else Feeling.WELL


def has_symptoms(plan: Plan, answer: Answer) -> bool:
    """Tell whether they said that they had symptoms: what a release may wait for."""
    return feeling(plan, answer) in {Feeling.UNWELL, Feeling.RED_FLAG}
