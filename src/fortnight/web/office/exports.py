"""Pages of exports: what leaves the office as a file, each time with a look at everybody in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.errors import QuestionError, RefusedError
from fortnight.exchange.exports import FORMS, KINDS
from fortnight.web.office.pages import HEADERS, page
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.exchange.exports import Exports
    from fortnight.staff.rooms import StaffRooms

    Asked = Request[Any, Any, Any]
else:
    Asked = Request[Any, Any, Any]  # the framework reads annotations when it runs

_PATH: Final = "/office/cases/{case_id:str}/export"
_UNPROCESSABLE: Final = 422


class Rooms(Protocol):
    """The service, as these pages see it."""

    @property
    def clock(self) -> Callable[[], int]:
        """The present instant, in milliseconds since 1970."""

    @property
    def exports(self) -> Exports:
        """What leaves as files."""

    @property
    def staff(self) -> StaffRooms:
        """Who works here."""


@get(_PATH, include_in_schema=False)
async def choose(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Show what can be taken out of a case. Nothing of it is read for that."""
    return _page(request, case_id)


def _page(request: Asked, case_id: str, error: str | None = None) -> Response[bytes]:
    status = 200 if error is None else _UNPROCESSABLE
    choices = {"kinds": KINDS, "forms": FORMS}
    return page(request, "export.html", status=status, case_id=case_id, error=error, **choices)


@post(_PATH, include_in_schema=False, sync_to_thread=True, status_code=200)
def export(request: Asked, case_id: FromPath[str]) -> Response[bytes]:
    """Give a case or its contacts as a file, after the looks are committed."""
    rooms = cast("Rooms", request.scope["user"].door.service)
    staff, form = signed_in(request), form_of(request)
    near = rooms.staff.relations.not_for(staff.account, case_id)
    try:
        kind, wanted = form.text("kind", most=20), form.text("form", most=20)
        file = rooms.exports.export(
            kind, wanted, [case_id], staff.reader, rooms.clock(), without=near
        )
    except (RefusedError, QuestionError) as error:
        return _page(request, case_id, str(error))
    name = f'attachment; filename="{file.name}"'
    headers = {**HEADERS, "content-disposition": name}
    return Response(file.content, media_type=file.media_type, headers=headers)


HANDLERS: Final = (choose, export)
