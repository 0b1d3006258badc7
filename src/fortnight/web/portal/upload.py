"""A file of places: read in memory, shown as days and counts, and kept only after a yes."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post
from multipart import (  # type: ignore[import-untyped] # it has no types
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from fortnight.arrivals.uploads import preview
from fortnight.errors import GoneError, InputError, RefusedError
from fortnight.web import problems
from fortnight.web.bodies import chunks, header
from fortnight.web.door import caller_of, door_of
from fortnight.web.in_thread import in_thread
from fortnight.web.office.who import TOKEN_FIELD, nothing_here
from fortnight.web.portal import sending_words
from fortnight.web.portal.pages import page, see
from fortnight.web.portal.phones import GRANT
from fortnight.web.portal.sending import sending_of
from fortnight.web.portal.who import OLD_FORM, form_of, guest_of, person_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fortnight.arrivals.uploads import Preview

UPLOAD: Final = "/portal/upload"
FILE: Final = "file"
_MOST_TOKEN: Final = 200
_NAME: Final = 64
_UNUSABLE: Final = 422
_Request = Request[Any, Any, Any]


@get(UPLOAD, include_in_schema=False)
@in_thread
def form(request: _Request) -> Response[bytes]:
    """Show where a file is chosen."""
    return _page(request)


@post(UPLOAD, include_in_schema=False)
async def show(request: _Request) -> Response[bytes]:
    """Read a file, and show what would be kept of it. Nothing is."""
    async with door_of(request).one_delivery:  # each is held in memory while it is read
        content = await _file(request)
        return await asyncio.to_thread(_shown, request, content)


@post(f"{UPLOAD}/keep", include_in_schema=False)
@in_thread
def keep(request: _Request) -> Response[bytes]:
    """Keep what was shown, or let it go."""
    rooms, person, said = sending_of(request), person_of(request), form_of(request)
    if said.text("act", 10) != "keep":
        rooms.uploads.drop(person)
        return see(UPLOAD)
    try:
        held = rooms.uploads.take(person, said.text("name", _NAME), rooms.clock())
        rooms.journal.put(person, "fixes", "upload", held.name, held.checked())
    except (RefusedError, GoneError) as error:
        return _page(request, status=_UNUSABLE, wrong=str(error))
    return page(request, "upload_done.html", kept=held.fixes - held.hidden)


def _shown(request: _Request, content: bytes) -> Response[bytes]:
    rooms, person = sending_of(request), person_of(request)
    try:
        found = preview(content, person, rooms.clock(), rooms.choices, rooms.settings.max_rows)
        if found.fixes > found.hidden:
            rooms.uploads.hold(person, found, rooms.clock())
    except (InputError, RefusedError) as error:
        said = str(error)  # the library speaks to analysts, and in English
        wrong = said if said in sending_words.ERRORS else sending_words.UNREADABLE
        return _page(request, status=_UNUSABLE, wrong=wrong)
    return _page(request, found=found)


def _page(
    request: _Request, *, status: int = 200, wrong: str = "", found: Preview | None = None
) -> Response[bytes]:
    rooms, person = sending_of(request), person_of(request)
    return page(
        request,
        "upload.html",
        sending=sending_words,
        status=status,
        found=found,
        is_on=rooms.consents.live(None, person, GRANT),
        most=rooms.settings.max_part_bytes >> 20,
        wrong=wrong,
    )


async def _file(request: _Request) -> bytes:
    """Return the file of a form whose first part is its token, checked before the file is read."""
    door = door_of(request)
    most = door.most_bytes(caller_of(request).route)
    kind, options = parse_options_header(header(request.scope, b"content-type").decode("latin-1"))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise problems.ProblemError(problems.WRONG_TYPE, "Send the form of the page.")
    parser = PushMultipartParser(
        options["boundary"], max_segment_size=most, max_segment_count=2, strict=True
    )
    try:
        return await _parts(request, chunks(request, most, door.patience), parser)
    except ParserLimitReached as error:
        raise problems.too_large(most) from error
    except MultipartError as error:
        raise problems.ProblemError(problems.UNREADABLE, "The form is not whole.") from error


async def _parts(request: _Request, body: AsyncIterator[bytes], parser: Any) -> bytes:  # noqa: ANN401 - it has no types
    token, content, name, is_checked = b"", bytearray(), "", False
    with parser:
        async for chunk in body:
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    name = event.name
                    if name == FILE:
                        _check_token(request, token)
                        is_checked = True
                elif event is not None and name == TOKEN_FIELD and len(token) < _MOST_TOKEN:
                    token += event
                elif event is not None and name == FILE:
                    content += event
    if not is_checked:
        raise problems.ProblemError(problems.UNREADABLE, "The form holds no file.")
    return bytes(content)


def _check_token(request: _Request, token: bytes) -> None:
    signed = guest_of(request).signed
    if signed is None:
        raise nothing_here()
    if not hmac.compare_digest(token, signed.csrf.encode()):
        raise problems.ProblemError(problems.REFUSED, OLD_FORM)


HANDLERS: Final = (form, show, keep)
