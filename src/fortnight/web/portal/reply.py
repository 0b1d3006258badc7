"""The right of reply: what somebody says of an exposure counts at once, and is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.case.bands import band_of
from fortnight.errors import QuestionError
from fortnight.isolation.replies import LONGEST
from fortnight.isolation.rescore import Reply
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import mine_words
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of, person_of

if TYPE_CHECKING:
    from fortnight.isolation.rescore import Rescored

REPLY: Final = "/portal/reply"
_ID: Final = 32
_Request = Request[Any, Any, Any]


@get(REPLY, include_in_schema=False)
@in_thread
def replies(request: _Request) -> Response[bytes]:
    """Show what can be said, and what was."""
    return _page(request)


@post(REPLY, include_in_schema=False)
@in_thread
def reply(request: _Request) -> Response[bytes]:
    """Score an exposure again after what somebody said, and show before and after."""
    rooms, form = rooms_of(request), form_of(request)
    follow_up, kind = form.text("follow_up", _ID), form.optional("kind", 20)
    if kind not in set(Reply):
        raise QuestionError("Choose one of the list.")
    note = form.optional("note", LONGEST) or ""
    done = rooms.support.replies.reply(
        person_of(request), follow_up, Reply(kind), note, rooms.clock()
    )
    return _page(request, done)


def _page(request: _Request, done: Rescored | None = None) -> Response[bytes]:
    rooms, person = rooms_of(request), person_of(request)
    mine = rooms.support.followups.mine(person, rooms.clock())
    return page(
        request,
        "reply.html",
        done=done,
        open_to=[one.follow_up for one in mine if one.plan.role == "contact"],
        kinds=tuple(Reply),
        longest=LONGEST,
        replies=rooms.support.replies.of_person(person),
        mine=mine_words,
        band_of=band_of,
        now=rooms.clock(),
    )


HANDLERS: Final = (replies, reply)
