"""Today: the question, the answer to it, the calendar, and until when somebody stays home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from litestar import Request, Response, get, post

from fortnight.errors import QuestionError
from fortnight.followup.answers import LONGEST_NOTE
from fortnight.followup.day import DayState
from fortnight.isolation.needs import ASKED_FOR
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.household import names_of
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sign_in import TODAY
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from fortnight.followup.own import Mine
    from fortnight.isolation.pauses import Kind

_ID: Final = 32
_PAUSES: Final = ("hospital", "appointment")
_Request = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One day of the calendar; ``state`` is empty on a day on which nothing is asked."""

    day: int
    state: str
    is_today: bool
    is_test: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One follow-up as the page shows it: one's own, or that of another of the household.

    ``name`` is the word by which the household tells them apart; empty for who answers alone.
    """

    mine: Mine
    name: str
    lines: tuple[Line, ...]

    @property
    def is_answered(self) -> bool:
        """Whether today is answered."""
        return self.mine.today is DayState.ANSWERED


def lines_of(mine: Mine) -> tuple[Line, ...]:
    """Return the calendar of a follow-up: what was asked, what will be, tests and the last day."""
    plan = mine.plan
    states = {one.day: one.state.value for one in mine.calendar}
    asked = dict.fromkeys(plan.days, DayState.PLANNED.value) | states
    days = sorted({*asked, *plan.test_days, plan.end})
    return tuple(
        Line(day, asked.get(day, ""), day == mine.day, day in plan.test_days, day == plan.end)
        for day in days
    )


def shown_to(request: _Request) -> tuple[list[Shown], list[Shown]]:
    """Return a person's own follow-ups, and those of others of their household."""
    rooms, person = rooms_of(request), person_of(request)
    followups, now = rooms.support.followups, rooms.clock()
    mine = followups.mine(person, now)
    own = {one.follow_up for one in mine}
    others = sorted({other for one in mine for other in one.household} - own)
    names = names_of([*own, *others], speech(request).language) if others else {}
    theirs = [followups.of_household(person, other, now) for other in others]
    mine_shown = [Shown(one, names.get(one.follow_up, ""), lines_of(one)) for one in mine]
    return mine_shown, [Shown(one, names[one.follow_up], ()) for one in theirs]


@get(TODAY, include_in_schema=False)
@in_thread
def today(request: _Request) -> Response[bytes]:
    """Show the day."""
    rooms, person = rooms_of(request), person_of(request)
    own, others = shown_to(request)
    now, language = rooms.clock(), speech(request).language
    return page(
        request,
        "today.html",
        own=own,
        others=others,
        needs=ASKED_FOR,
        longest=LONGEST_NOTE,
        emergency=rooms.support.bell.shown(now),
        caller=rooms.texts.calling_words(person, language, now),
        line=rooms.settings.published_number,
        pauses=_PAUSES,
    )


@post(TODAY, include_in_schema=False)
@in_thread
def answer(request: _Request) -> Response[bytes]:
    """Take the day's answer; what holds a red flag is answered with the emergency number."""
    rooms, form, person = rooms_of(request), form_of(request), person_of(request)
    needs = form.all("need")
    if not set(needs) <= set(ASKED_FOR):
        raise QuestionError("Choose one of the list.")
    done = rooms.support.followups.answer(
        person,
        form.text("follow_up", _ID),
        form.all("symptom"),
        rooms.clock(),
        needs=needs,
        note=(form.optional("note", LONGEST_NOTE) or "").replace("\r\n", "\n"),
    )
    return page(
        request,
        "answered.html",
        feeling=done.feeling.value,
        emergency=done.emergency,
        needs=needs,
        line=rooms.settings.published_number,
    )


@post("/portal/pause", include_in_schema=False)
@in_thread
def pause(request: _Request) -> Response[bytes]:
    """Pause everything at a person's own word, or end the pause."""
    rooms, person = rooms_of(request), person_of(request)
    kind, now = form_of(request).text("kind", 20), rooms.clock()
    if kind == "back":
        rooms.support.pauses.back(person, now)
    elif kind in _PAUSES:
        rooms.support.pauses.pause(person, cast("Kind", kind), None, now)
    else:
        raise QuestionError("Choose one of the list.")
    return see(TODAY)


HANDLERS: Final = (today, answer, pause)
