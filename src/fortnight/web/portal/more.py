"""The page that lists every other, with a line on what each is for."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get

from fortnight.web.in_thread import in_thread
from fortnight.web.portal.contents import CONTENTS, MORE
from fortnight.web.portal.pages import page
from fortnight.web.portal.who import person_of


@get(MORE, include_in_schema=False)
@in_thread
def more(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the pages."""
    person_of(request)
    return page(request, "more.html", contents=CONTENTS)


HANDLERS: Final = (more,)
