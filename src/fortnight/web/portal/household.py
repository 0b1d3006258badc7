"""A household that answers together: who is who, without a name, and how somebody joins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.errors import ConflictError, QuestionError, RefusedError
from fortnight.notify.calling_words import WORDS
from fortnight.web.in_thread import in_thread
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUSEHOLD: Final = "/portal/household"
_DIGITS: Final = 20
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


def names_of(follow_ups: Iterable[str], language: str) -> dict[str, str]:
    """Return a word for each of a household, the same for whoever of them looks.

    Nobody's name or number is known here, and nobody's is shown: a word tells them apart.
    """
    listed = WORDS.get(language, WORDS["en"])
    taken: dict[str, int] = {}
    for one in sorted(follow_ups):
        place = int(one[:8], 16) % len(listed)
        while place in taken.values() and len(taken) < len(listed):
            place = (place + 1) % len(listed)
        taken[one] = place
    return {one: listed[place] for one, place in taken.items()}


@get(HOUSEHOLD, include_in_schema=False)
@in_thread
def household(request: _Request) -> Response[bytes]:
    """Show who answers together, and how somebody joins."""
    return _page(request)


@post(HOUSEHOLD, include_in_schema=False)
@in_thread
def change(request: _Request) -> Response[bytes]:
    """Invite, join, or answer alone again."""
    rooms, form, person = rooms_of(request), form_of(request), person_of(request)
    followups, now = rooms.support.followups, rooms.clock()
    act = form.text("act", 10)
    if act == "leave":
        followups.leave(person, now)
        return see(HOUSEHOLD)
    try:
        if act == "invite":
            return _page(request, digits=followups.invite(person, now))
        followups.join(person, form.optional("digits", _DIGITS) or "", now)
    except (RefusedError, ConflictError, QuestionError) as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    return see(HOUSEHOLD)


def _page(
    request: _Request, *, status: int = 200, digits: str = "", wrong: str = ""
) -> Response[bytes]:
    rooms, person = rooms_of(request), person_of(request)
    mine = rooms.support.followups.mine(person, rooms.clock())
    own = {one.follow_up for one in mine}
    others = {other for one in mine for other in one.household} - own
    names = names_of(own | others, speech(request).language) if others else {}
    return page(
        request,
        "household.html",
        status=status,
        is_asked=bool(mine),
        own=[names[one] for one in sorted(own) if one in names],
        others=[names[one] for one in sorted(others)],
        digits=digits,
        wrong=wrong,
    )


HANDLERS: Final = (household, change)
