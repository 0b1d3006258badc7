"""Pages of uploads: every row of a file of cases comes out as a case or as a reason."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations
from litestar.response import Stream
from multipart import (  # type: ignore[import-untyped] # it has no types
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from fortnight.errors import InputError, RefusedError
from fortnight.web import problems
from fortnight.web.bodies import chunks, header
from fortnight.web.door import caller_of, door_of
from fortnight.web.office.exchange_routes import INTAKE
from fortnight.web.office.pages import HEADERS, is_part, page, see, speech
from fortnight.web.office.who import TOKEN_FIELD, check_token, nothing_here, signed_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fortnight.exchange.intake import Intake, Progress
    from fortnight.web.office.language import Speech

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

FILE_FIELD: Final = "file"
SHOWN: Final = 200
"""Refusals on the page; the file of them holds all."""
_MOST_TOKEN: Final = 200
_UNPROCESSABLE: Final = 422
_PAGE_ROWS: Final = 1_000


class Rooms(Protocol):
    """The service, as these pages see it."""

    @property
    def intake(self) -> Intake:
        """Where uploads go."""


def _intake(request: Asked) -> Intake:
    return cast("Rooms", request.scope["user"].door.service).intake


@get(INTAKE, include_in_schema=False)
async def uploads(request: Asked) -> Response[bytes]:
    """Show where files are uploaded, and the last ones."""
    return await asyncio.to_thread(_form, request)


def _form(request: Asked, error: str | None = None) -> Response[bytes]:
    found = _intake(request).uploads(signed_in(request).account.id)
    status = 200 if error is None else _UNPROCESSABLE
    return page(request, "intake.html", status=status, uploads=found, error=error)


@post(INTAKE, include_in_schema=False, status_code=303)
async def upload(request: Asked) -> Response[bytes]:
    """Take a file; it is read on a thread, and this answers before it is."""
    staff, door = signed_in(request), door_of(request)
    async with door.one_delivery:  # each is held in memory while it comes
        content = await _file(request)
    try:
        begun = await asyncio.to_thread(_intake(request).start, content, staff.reader)
    except InputError as error:
        return await asyncio.to_thread(_form, request, str(error))
    return see(f"{INTAKE}/{begun.id}" + ("?again" if begun.is_repeated else ""))


async def _file(request: Asked) -> io.BytesIO:
    """Return the file of a form whose first part is its token, checked before the file is kept."""
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


async def _parts(request: Asked, body: AsyncIterator[bytes], parser: Any) -> io.BytesIO:  # noqa: ANN401 - it has no types
    token, content, name = b"", io.BytesIO(), ""
    checked = False
    with parser:
        async for chunk in body:
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    name = event.name
                    if name == FILE_FIELD:
                        check_token(request, token.decode("latin-1"))
                        checked = True
                elif event is not None and name == TOKEN_FIELD and len(token) < _MOST_TOKEN:
                    token += event
                elif event is not None and name == FILE_FIELD:
                    content.write(event)
    if not checked:
        raise problems.ProblemError(problems.UNREADABLE, "The form holds no file.")
    content.seek(0)
    return content


@get(INTAKE + "/{upload_id:str}", include_in_schema=False, sync_to_thread=True)
def progress(request: Asked, upload_id: FromPath[str]) -> Response[bytes]:
    """Show how far an upload is; htmx asks for its part again each second while it runs."""
    found = _own(request, upload_id)
    template = "intake_progress.html" if is_part(request) else "intake_upload.html"
    refusals = () if is_part(request) else _intake(request).refusals(upload_id, most=SHOWN)
    again = request.scope["query_string"] == b"again"
    return page(request, template, upload=found, refusals=refusals, again=again)


@get(INTAKE + "/{upload_id:str}/refusals", include_in_schema=False, sync_to_thread=True)
def refusals(request: Asked, upload_id: FromPath[str]) -> Stream:
    """Give every refusal of an upload as CSV, a page of rows at a time."""
    found = _own(request, upload_id)
    name = f'attachment; filename="refused-{found.id[:8]}.csv"'
    return Stream(
        _csv(_intake(request), upload_id, speech(request)),
        media_type="text/csv; charset=utf-8",
        headers={**HEADERS, "content-disposition": name},
    )


def _csv(intake: Intake, upload_id: str, said: Speech) -> Iterator[bytes]:
    yield _lines([(said.gettext("row"), said.gettext("reason"))])
    after = 0
    while rows := intake.refusals(upload_id, after=after, most=_PAGE_ROWS):
        yield _lines([(one.row, said.said(one.reason)) for one in rows])
        after = rows[-1].row


def _lines(rows: Any) -> bytes:  # noqa: ANN401 - pairs of a number and words of ours
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _own(request: Asked, upload_id: str) -> Progress:
    """Return an upload of whoever asks; another's is answered as one that is not there."""
    try:
        found = _intake(request).progress(upload_id)
    except RefusedError as error:
        raise nothing_here() from error
    if found.by != signed_in(request).account.id:
        raise nothing_here()
    return found


HANDLERS: Final = (uploads, upload, progress, refusals)
