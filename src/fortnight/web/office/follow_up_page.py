"""The page of one follow-up: calendar, plan and why, answers under a look, forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fortnight.errors import GoneError, RefusedError
from fortnight.followup.words import say
from fortnight.isolation.needs import ASKED_FOR
from fortnight.isolation.rescore import Reply
from fortnight.web.office import support_words
from fortnight.web.office.pages import page, speech
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import line_of, theirs
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from litestar import Request, Response

    from fortnight.followup.answers import Answer
    from fortnight.followup.beginning import Link
    from fortnight.followup.day import DayState, Feeling
    from fortnight.followup.emergency import Emergency
    from fortnight.followup.office import FollowPage
    from fortnight.followup.parts import FollowLine
    from fortnight.followup.plan import Change, Value
    from fortnight.followup.rows import CalendarDay
    from fortnight.followup.words import Section
    from fortnight.web.office.language import Speech
    from fortnight.web.office.rooms import Rooms

    Asked = Request[Any, Any, Any]

_CONFLICT: Final = 409
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the calendar; ``day`` since 1970."""

    day: int
    state: DayState | None
    answered_at: int | None
    channel: str | None
    is_test: bool
    is_today: bool
    answer: Answer | None
    feeling: Feeling | None


def shown_follow_up(
    request: Asked,
    case_id: str,
    number: str,
    error: str | None = None,
    emergency: Emergency | None = None,
) -> Response[bytes]:
    """Show a follow-up, after a look at the person was written down."""
    rooms, staff, said = rooms_of(request), signed_in(request), speech(request)
    now = rooms.clock()
    line = line_of(request, case_id, number, "followup.read")
    opened, gone = _opened(request, number)
    today = rooms.support.followups.day_of(number, now)
    links = rooms.support.followups.chain(case_id)
    records = theirs(rooms, staff.account, "followup.record")
    return page(
        request,
        "follow_up.html",
        status=200 if error is None else _CONFLICT,
        case_id=case_id,
        line=line,
        opened=opened,
        cells=cells(rooms.support.followups.calendar(number), opened, today),
        changed=[] if opened is None else [told(one, said) for one in opened.changes],
        household=_household(rooms, case_id, line, now),
        became=next((one for one in links if _is_of(one, line)), None),
        before=_before(request, opened, links),
        say=sayer(said.language),
        names=support_words,
        asked_for=ASKED_FOR,
        replies=Reply,
        emergency=emergency,
        duty=rooms.support.bell.shown(now),
        may=records(case_id, line.contact) and line.state == "running",
        may_case=theirs(rooms, staff.account, "case.read")(case_id, None),
        today=today,
        days=range(today, max(line.first_day, today - _WEEK) - 1, -1),
        present=said.local(now).strftime("%Y-%m-%dT%H:%M"),
        held=_held(request),
        ticked=form_of(request).all("symptom") + form_of(request).all("need"),
        error=error or gone,
        now=now,
    )


def sayer(language: str) -> Callable[..., str]:
    """Return what says a word of follow-up in a language."""

    def said(section: Section, word: str, values: Iterable[tuple[str, Value]] = ()) -> str:
        return say(section, word, language, values)

    return said


def cells(
    calendar: Iterable[CalendarDay], opened: FollowPage | None, today: int
) -> tuple[DayCell, ...]:
    """Return the calendar: every day of the plan, and every day on which anything was."""
    held = {one.day: one for one in calendar}
    planned = () if opened is None else opened.plan.days
    tests = () if opened is None else opened.plan.test_days
    found = {*held, *planned, *tests}
    said = {} if opened is None else opened.answers
    shown = range(min(found), max(found) + 1) if found else ()
    return tuple(
        _cell(day, held.get(day), said.get(day), is_test=day in tests, is_today=day == today)
        for day in shown
    )


def _cell(
    day: int,
    held: CalendarDay | None,
    said: tuple[Answer, Feeling] | None,
    *,
    is_test: bool,
    is_today: bool,
) -> DayCell:
    answer, feeling = said or (None, None)
    if held is None:
        return DayCell(day, None, None, None, is_test, is_today, answer, feeling)
    return DayCell(
        day, held.state, held.answered_at, held.channel, is_test, is_today, answer, feeling
    )


def told(change: Change, said: Speech) -> tuple[str, str, str]:
    """Return what of a plan changed, and how it was and is, in words."""
    name = support_words.CHANGED[change.what]
    return name, _value(change, change.before, said), _value(change, change.after, said)


def _value(change: Change, values: tuple[Value, ...], said: Speech) -> str:
    if change.what == "questions":
        return ", ".join(say("symptoms", str(one), said.language) for one in values)
    if change.what == "disease":
        return said.gettext(support_words.disease(str(values[0])))
    days = [said.day(one) for one in values if isinstance(one, int)]
    return ", ".join(days) or said.gettext(support_words.NO_DAY)


def _opened(request: Asked, number: str) -> tuple[FollowPage | None, str | None]:
    """Return a follow-up with its answers; or why nothing of theirs is shown."""
    rooms, staff = rooms_of(request), signed_in(request)
    try:
        return rooms.support.followups.open(number, staff.reader, rooms.clock()), None
    except (RefusedError, GoneError) as error:
        return None, str(error)


def _household(rooms: Rooms, case_id: str, line: FollowLine, now: int) -> tuple[FollowLine, ...]:
    """Return the others of the case with whom somebody answers together."""
    if line.household is None:
        return ()
    return tuple(
        one
        for one in rooms.support.followups.of_case(case_id, now)
        if one.household == line.household and one.id != line.id
    )


def _is_of(link: Link, line: FollowLine) -> bool:
    return link.source_case == line.case_id and link.contact == line.contact


def _before(
    request: Asked, opened: FollowPage | None, links: Iterable[Link]
) -> tuple[tuple[str, str], ...]:
    """Return case and id of the follow-ups before the person became this case."""
    if opened is None:
        return ()
    rooms, account = rooms_of(request), signed_in(request).account
    may = theirs(rooms, account, "followup.read")
    return tuple(
        (link.source_case, one)
        for one in opened.before
        for link in links
        if link.case_id == opened.line.case_id and may(link.source_case, link.contact)
    )


def _held(request: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in form_of(request).fields.items() if name != "csrf"}
