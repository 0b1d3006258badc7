"""Who looked, with proofs; and questioning a look."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.web.in_thread import in_thread
from fortnight.web.portal import mine_words
from fortnight.web.portal.language import speech
from fortnight.web.portal.mine_words import translated
from fortnight.web.portal.pages import HEADERS, page, see
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import form_of, person_of

LOOKS: Final = "/portal/looks"
AT_ONCE: Final = 50
"""Lines of one page: more would be slow on a slow phone."""
_ID: Final = 32
_HOUR_MS: Final = 3_600_000
_LONGEST_FIRST: Final = 6
_Request = Request[Any, Any, Any]


@get(LOOKS, include_in_schema=False)
@in_thread
def looks(request: _Request) -> Response[bytes]:
    """Show who looked, the newest hour first."""
    rooms, said = rooms_of(request), request.query_params.get("from", "0")
    is_number = said.isascii() and said.isdecimal() and len(said) <= _LONGEST_FIRST
    first = int(said) if is_number else 0
    lines, count = rooms.mine.looks.of_person(person_of(request), first, AT_ONCE)
    return page(
        request,
        "looks.html",
        lines=lines,
        following=first + AT_ONCE if first + AT_ONCE < count else None,
        hour_ms=_HOUR_MS,
        now=rooms.clock(),
        mine=mine_words,
        translated=partial(translated, said=speech(request)),
    )


@post(LOOKS, include_in_schema=False)
@in_thread
def question(request: _Request) -> Response[bytes]:
    """Question a look: the data protection officer has 72 hours to answer in words."""
    rooms, look = rooms_of(request), form_of(request).text("look", _ID)
    rooms.mine.looks.question(person_of(request), look, rooms.clock())
    return see(f"{LOOKS}#look-{look}")


@get(f"{LOOKS}/{{look:str}}/proof/{{step:str}}", include_in_schema=False, sync_to_thread=True)
def proof(request: _Request, look: FromPath[str], step: FromPath[str]) -> Response[bytes]:
    """Give the proof that the log holds a look, a question about it, or the answer."""
    seen, person = rooms_of(request).mine.looks, person_of(request)
    if step == "look":
        text = seen.receipt(person, look)
    else:
        text = seen.receipt_of_question(person, look, step)
    kept = {**HEADERS, "content-disposition": 'attachment; filename="proof.json"'}
    return Response(text.encode(), media_type="application/json", headers=kept)


HANDLERS: Final = (looks, question, proof)
