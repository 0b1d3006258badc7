"""Pages of the office: templates, their language, and the headers that every page goes out with."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

from fortnight.staff.permissions import allowed
from fortnight.web.bodies import header
from fortnight.web.office import words
from fortnight.web.office.language import COOKIE, LANGUAGES, Speech, language_of, translations
from fortnight.web.office.quick_calls import QuickCalls
from fortnight.web.office.said_once import SaidOnce
from fortnight.web.office.static import address

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from litestar import Request

    Asked = Request[Any, Any, Any]

HTML: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    # Without a referrer to our own pages browsers call their origin null, and no form is taken.
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "vary": "cookie, accept-language",
}
HTMX: Final = (
    '{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,'
    '"selfRequestsOnly":true,"historyEnabled":false,"historyCacheSize":0}'
)
"""No page is kept in the browser's storage, and nothing that comes runs."""
_COOKIE: Final = re.compile(rf"(?:^|;\s*){COOKIE}=([a-z]{{2}})(?:;|$)")


def page(request: Asked, template: str, *, status: int = 200, **values: object) -> Response[bytes]:
    """Return a template of ``templates/office`` as a page.

    It knows, besides ``values``: ``staff`` (None where nobody is signed in), ``csrf``, ``speech``
    (days, times, lengths in the page's language), ``navigation``, ``path`` and ``static(name)``.
    """
    said = speech(request)
    visit = getattr(request.scope.get("user"), "visit", None)
    staff = None if visit is None else visit.staff
    known = {
        "staff": staff,
        "csrf": "" if staff is None else staff.csrf,
        "speech": said,
        "navigation": () if staff is None else _navigation(staff.account.role),
        "path": request.scope["path"],
        "next": quote(request.scope["path"], safe="/"),
        "languages": LANGUAGES,
        "htmx": HTMX,
    }
    body = _environment(said.language).get_template(template).render(known | values)
    return Response(body.encode(), status_code=status, media_type=HTML, headers={**HEADERS})


def speech(request: Asked, spoken: Container[str] = LANGUAGES) -> Speech:
    """Return how the page of a request speaks: in one of the office's languages, or of others."""
    cookies = header(request.scope, b"cookie").decode("latin-1")
    found = _COOKIE.search(cookies)
    accepted = header(request.scope, b"accept-language").decode("latin-1")
    language = language_of(found[1] if found else None, accepted, spoken)
    admitted = request.scope.get("user")  # nobody is, where the door itself refused
    timezone = "UTC" if admitted is None else admitted.door.service.settings.timezone
    return Speech(language, timezone)


def is_part(request: Asked) -> bool:
    """Tell whether htmx asks, for a part of a page."""
    return header(request.scope, b"hx-request") == b"true"


def see(path: str) -> Response[bytes]:
    """Send the browser on, after something was done: reloading then does nothing twice."""
    return Response(b"", status_code=303, media_type=HTML, headers={**HEADERS, "location": path})


def _navigation(role: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (path, name) for path, name, does in words.NAVIGATION if allowed(role, does, "none")
    )


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("fortnight.web", "templates/office"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", SaidOnce],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The newer style would take whatever is translated for markup of ours: a text that a disease's
    # file or a phone's check-in brought would run.
    environment.install_gettext_translations(  # type: ignore[attr-defined] # by the extension
        translations(language), newstyle=False
    )
    environment.context_class = QuickCalls
    environment.globals |= {"static": address, "words": words}
    return environment
