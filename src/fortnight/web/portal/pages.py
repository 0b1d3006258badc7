"""Pages of the portal: small, without a script, and out of every history and cache."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

from fortnight.followup import words as followed
from fortnight.web.office.language import translations
from fortnight.web.office.pages import HTML
from fortnight.web.office.static import address, file_named
from fortnight.web.portal import contents, words
from fortnight.web.portal.language import LANGUAGES, speech
from fortnight.web.portal.rooms import rooms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

    from fortnight.web.portal.who import Guest

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    # Without a referrer to our own pages browsers call their origin null, and no form is taken.
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "vary": "cookie, accept-language",
}


def page(
    request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: object
) -> Response[bytes]:
    """Return a template of ``templates/portal`` as a page.

    It knows, besides ``values``: ``csrf``, ``is_in`` (whether somebody is signed in), ``speech``,
    ``say`` (the words of follow-up), ``navigation``, ``above`` (the entry of it that the page is
    under), ``path`` and ``static(name)``.
    """
    said = speech(request)
    guest: Guest | None = getattr(request.scope.get("user"), "guest", None)
    signed = None if guest is None else guest.signed
    known = {
        "csrf": "" if signed is None else signed.csrf,
        "is_in": signed is not None,
        "speech": said,
        "say": lambda section, word, given=(): followed.say(section, word, said.language, given),
        "written_day": lambda day: followed.written_day(day, said.language),
        "navigation": contents.NAVIGATION,
        "above": contents.entry_above(request.scope["path"]),
        "path": request.scope["path"],
        "next": quote(request.scope["path"], safe="/"),
        "languages": LANGUAGES,
        "leave_to": rooms_of(request).settings.leave_to,
    }
    body = _environment(said.language).get_template(template).render(known | values)
    headers = {**HEADERS}
    if signed is None:
        headers["content-security-policy"] = _first_policy()
    return Response(body.encode(), status_code=status, media_type=HTML, headers=headers)


def see(path: str) -> Response[bytes]:
    """Send the browser on, after something was done: reloading then does nothing twice."""
    return Response(b"", status_code=303, media_type=HTML, headers={**HEADERS, "location": path})


def sheet() -> str:
    """Return the style sheet, which pages before a sign-in hold themselves.

    Whoever was never here would wait for a file of its own, a whole way there and back on a slow
    network. The browser fetches that file afterwards, and has it for every page that follows.
    """
    return file_named("portal.css").plain.decode()


@cache
def _first_policy() -> str:
    digest = b64encode(sha256(sheet().encode()).digest()).decode()
    return POLICY.replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'")


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("fortnight.web", "templates/portal"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The newer style would take whatever is translated for markup of ours.
    environment.install_gettext_translations(  # type: ignore[attr-defined] # by the extension
        translations(language), newstyle=False
    )
    environment.globals |= {"static": address, "words": words, "sheet": sheet}
    return environment
