"""The language that somebody chose, kept in a cookie of the browser."""

from __future__ import annotations

import re
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.web import problems
from fortnight.web.office.language import COOKIE, LANGUAGES
from fortnight.web.office.pages import see

_OURS: Final = re.compile(r"/office(?:/[A-Za-z0-9._~/-]*)?")
_YEAR_S: Final = 31_536_000


@get("/office/language/{language:str}", include_in_schema=False, sync_to_thread=False)
def choose_language(request: Request[Any, Any, Any], language: FromPath[str]) -> Response[bytes]:
    """Speak another language from now on, and go back to the page."""
    if language not in LANGUAGES:
        raise problems.ProblemError(problems.NOT_FOUND, "There is nothing here.")
    wanted = request.query_params.get("next", "/office")
    answer = see(wanted if _OURS.fullmatch(wanted) and "//" not in wanted else "/office")
    rules = f"Path=/office; Max-Age={_YEAR_S}; SameSite=Lax; HttpOnly"
    answer.headers["set-cookie"] = f"{COOKIE}={language}; {rules}"
    return answer
