"""My data: what is held, from where, until when."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request, Response, get

from fortnight.risk.disease import load_disease
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import mine_words
from fortnight.web.portal.language import speech
from fortnight.web.portal.mine_words import translated
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.sending_words import APPS
from fortnight.web.portal.who import person_of

HELD: Final = "/portal/held"
_Request = Request[Any, Any, Any]


@get(HELD, include_in_schema=False)
@in_thread
def held(request: _Request) -> Response[bytes]:
    """Show in counts and days what is held of a person."""
    rooms = rooms_of(request)
    found = rooms.mine.holding.of_person(person_of(request), rooms.clock())
    return page(
        request,
        "held.html",
        held=found,
        mine=mine_words,
        apps=APPS,
        translated=partial(translated, said=speech(request)),
        disease=lambda name: load_disease(name).name,
        today=rooms.clock() // 86_400_000,
    )


HANDLERS: Final = (held,)
