"""Notes: what a person was told of their exposures, why, how sure, and what follows."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get

from fortnight.mine.track import BEHIND_MS
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import mine_words
from fortnight.web.portal.curve import drawing
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import person_of, signed_of

NOTES: Final = "/portal/notes"
_Request = Request[Any, Any, Any]


@get(NOTES, include_in_schema=False)
@in_thread
def notes(request: _Request) -> Response[bytes]:
    """Show what somebody decided to tell a person; and how much nobody can know."""
    rooms, person, now = rooms_of(request), person_of(request), rooms_of(request).clock()
    is_open = signed_of(request).is_unlocked(now)
    found = rooms.mine.exposures.of_person(person, exact_until=now - BEHIND_MS if is_open else None)
    said = speech(request)
    return page(
        request,
        "notes.html",
        exposures=[
            (one, None if one.measured is None else drawing(one.measured, said)) for one in found
        ],
        is_open=is_open,
        covered=rooms.mine.covered(person, now),
        matters=matters,
        mine=mine_words,
        line=rooms.settings.published_number,
    )


def matters(tier: str | None) -> str:
    """Return the word for whether a meeting matters, by what is asked because of it."""
    return "no" if tier is None else "to-ask" if tier == "to-ask" else "yes"


HANDLERS: Final = (notes,)
