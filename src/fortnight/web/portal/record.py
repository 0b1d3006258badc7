"""A person's record: every question, answer, text and request, each with its place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get

from fortnight.followup.words import say, written_day
from fortnight.ledger.log import Inclusion
from fortnight.notify.own_texts import texts_of
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import words
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import person_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.followup.record import Entry
    from fortnight.ledger.log import Proof
    from fortnight.notify.own_texts import OwnText
    from fortnight.web.office.language import Speech

AT_ONCE: Final = 100
"""Lines of one page: more would be slow on a slow phone."""
_ABOUT_DAYS: Final = frozenset({"asked", "asked-again", "call-wanted"})
_ABOUT_NEEDS: Final = frozenset({"ticket", "given-to-partner"})
_PENDING: Final = -1
_Request = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record.

    ``place`` is the number of its entry in the log, -1 while that is pending; None for a text,
    whose entry is of the service: which one it is, is kept nowhere.
    """

    at: int
    what: str
    detail: str
    place: int | None


def detail_of(kind: str, detail: str, said: Speech) -> str:
    """Return what stands beside a line, in the page's language; empty where there is no more."""
    language = said.language
    if kind in _ABOUT_DAYS:
        return written_day(int(detail), language)
    if kind in _ABOUT_NEEDS:
        own = words.OWN_NEEDS.get(detail)
        return said.gettext(own) if own else say("needs", detail, language)
    if kind == "ticket-ended":
        return say("outcomes", detail, language)
    if kind == "paused":
        return say("pauses", detail, language)
    if kind == "reply":
        return say("replies", detail, language)
    known = words.DETAILS.get(detail) or words.CHANNELS.get(detail)
    return said.gettext(known) if known else ""


def line_of(entry: Entry, proof: Proof | None, said: Speech) -> Line:
    """Return a line of the support record."""
    place = proof.index if isinstance(proof, Inclusion) else _PENDING
    what = said.gettext(words.KINDS[entry.kind])
    return Line(entry.at, what, detail_of(entry.kind, entry.detail, said), place)


def line_of_text(text: OwnText, said: Speech) -> Line:
    """Return a line of a text."""
    about = said.gettext(words.TEXTS[text.template])
    what = said.gettext("A text: {about}").format(about=about)
    return Line(text.at, what, said.gettext(words.STATES[text.state]), None)


@get("/portal/record", include_in_schema=False)
@in_thread
def record(request: _Request) -> Response[bytes]:
    """Show everything of a person's follow-up, the newest first."""
    rooms, person, said = rooms_of(request), person_of(request), speech(request)
    support = rooms.support
    entries = support.record.of_person(person)
    proofs: Mapping[str, Proof] = rooms.log.proofs([one.leaf for one in entries])
    lines = [line_of(one, proofs.get(one.leaf), said) for one in entries]
    lines += [line_of_text(one, said) for one in texts_of(support.record.database, person)]
    lines.sort(key=lambda line: line.at, reverse=True)
    first = _first(request.query_params.get("from", "0"))
    return page(
        request,
        "record.html",
        lines=lines[first : first + AT_ONCE],
        following=first + AT_ONCE if first + AT_ONCE < len(lines) else None,
        answers=support.followups.said(person) if first == 0 else (),
    )


def _first(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else 0  # noqa: PLR2004 - digits


HANDLERS: Final = (record,)
