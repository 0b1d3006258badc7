"""Texts: calls to make, replies to read, texts of which nobody knows, and how each one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from litestar import Request, Response, get, post

from fortnight.notify.templates import Template, current, names_in, preview
from fortnight.web.office.pages import page, see
from fortnight.web.office.rooms import rooms_of
from fortnight.web.office.support import theirs
from fortnight.web.office.texts_routes import TEXTS
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.followup.parts import FollowLine
    from fortnight.notify.desk import Opened
    from fortnight.notify.rooms import TextRooms
    from fortnight.notify.templates import Preview

_Request = Request[Any, Any, Any]
_ID: Final = 32
_LINE: Final = "line"
_SHOWN: Final = "123456"
"""What stands for a code, or any other value, in a preview."""


class _Rooms(Protocol):
    """The service, as this page sees it."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def texts(self) -> TextRooms:
        """Everything about texts."""


def _rooms(request: _Request) -> _Rooms:
    return cast("_Rooms", request.scope["user"].door.service)


def previews(line: str) -> dict[str, tuple[Preview, ...]]:
    """Return how each text looks in every language, with its length in parts."""
    found = {}
    for template in Template:
        names = names_in(current(template).words["en"]) - {_LINE}
        found[template.value] = preview(template, dict.fromkeys(names, _SHOWN), line)
    return found


@get(TEXTS, include_in_schema=False, sync_to_thread=True)
def texts(request: _Request) -> Response[bytes]:
    """Show what there is to do, and every text."""
    return _page(request)


@post(f"{TEXTS}/replies/open", include_in_schema=False, sync_to_thread=True)
def open_reply(request: _Request) -> Response[bytes]:
    """Show one reply, and the number to call back: a look that its person sees."""
    rooms, reply = _rooms(request), form_of(request).text("id", _ID)
    opened = rooms.texts.desk.open_reply(reply, signed_in(request).reader, rooms.clock())
    return _page(request, reply, opened)


@post(f"{TEXTS}/replies", include_in_schema=False, sync_to_thread=True)
def answer_reply(request: _Request) -> Response[bytes]:
    """Note that a reply was dealt with."""
    rooms, account = _rooms(request), signed_in(request).account.id
    rooms.texts.desk.answered(form_of(request).text("id", _ID), account, rooms.clock())
    return see(f"{TEXTS}#replies")


@post(f"{TEXTS}/calls", include_in_schema=False, sync_to_thread=True)
def called(request: _Request) -> Response[bytes]:
    """Note that somebody was called."""
    rooms, account = _rooms(request), signed_in(request).account.id
    rooms.texts.desk.called(form_of(request).text("id", _ID), account, rooms.clock())
    return see(f"{TEXTS}#calls")


@post(f"{TEXTS}/unknown", include_in_schema=False, sync_to_thread=True)
def resolve(request: _Request) -> Response[bytes]:
    """Say what became of a text of which nobody knew; it is never sent again."""
    rooms, form = _rooms(request), form_of(request)
    account, arrived = signed_in(request).account.id, form.text("arrived", 3) == "yes"
    rooms.texts.desk.resolve(form.text("id", _ID), account, rooms.clock(), arrived=arrived)
    return see(f"{TEXTS}#unknown")


def _page(request: _Request, reply: str = "", opened: Opened | None = None) -> Response[bytes]:
    rooms = _rooms(request)
    desk, now = rooms.texts.desk, rooms.clock()
    return page(
        request,
        "texts.html",
        calls=desk.to_call(),
        replies=desk.to_read(),
        unknown=desk.unknown(),
        opened_id=reply,
        opened=opened,
        followed=() if opened is None else _followed(request, opened.person),
        caller=""
        if opened is None
        else rooms.texts.calling_words(opened.person, opened.language, now),
        previews=previews(rooms.texts.outbox.line),
        line=rooms.texts.outbox.line,
    )


def _followed(request: _Request, person: str) -> tuple[FollowLine, ...]:
    """Return the follow-ups of whoever wrote, which whoever reads it may work on."""
    rooms, account = rooms_of(request), signed_in(request).account
    may = theirs(rooms, account, "followup.read")
    listed = rooms.support.followups.of_person(person, rooms.clock())
    return tuple(one for one in listed if may(one.case_id, one.contact))


HANDLERS: Final = (texts, open_reply, answer_reply, called, resolve)
