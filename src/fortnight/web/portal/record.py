"""A person's record: every question, answer, text and request, each with its place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath  # noqa: TC002 - the framework reads annotations

from fortnight.followup.words import say, written_day
from fortnight.ledger.log import Inclusion
from fortnight.mine.record import proof_of
from fortnight.notify.own_texts import texts_of
from fortnight.web.in_thread import in_thread
from fortnight.web.portal import words
from fortnight.web.portal.language import speech
from fortnight.web.portal.pages import HEADERS, page
from fortnight.web.portal.rooms import rooms_of
from fortnight.web.portal.who import person_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortnight.followup.record import Entry
    from fortnight.ledger.log import Proof
    from fortnight.notify.own_texts import OwnText
    from fortnight.web.office.language import Speech

RECORD: Final = "/portal/record"
AT_ONCE: Final = 100
"""Lines of one page: more would be slow on a slow phone."""
_ABOUT_DAYS: Final = frozenset({"asked", "asked-again", "call-wanted"})
_ABOUT_NEEDS: Final = frozenset({"ticket", "given-to-partner"})
_Request = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class InLog:
    """One entry of the log; ``place`` is its number there, None while that is pending."""

    leaf: str
    place: int | None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record.

    ``entries`` are those of the log about it: a text that waits has none, one that arrived has two.
    """

    at: int
    what: str
    detail: str
    entries: tuple[InLog, ...]


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


def line_of(entry: Entry, proofs: Mapping[str, Proof], said: Speech) -> Line:
    """Return a line of the support record."""
    what = said.gettext(words.KINDS[entry.kind])
    in_log = InLog(entry.leaf, _place(proofs, entry.leaf))
    return Line(entry.at, what, detail_of(entry.kind, entry.detail, said), (in_log,))


def line_of_text(text: OwnText, proofs: Mapping[str, Proof], said: Speech) -> Line:
    """Return a line of a text, with every entry about it."""
    about = said.gettext(words.TEXTS[text.template])
    what = said.gettext("A text: {about}").format(about=about)
    entries = tuple(
        InLog(one.leaf, _place(proofs, one.leaf), said.gettext(words.STATES[one.outcome]))
        for one in text.entries
    )
    return Line(text.at, what, said.gettext(words.STATES[text.state]), entries)


def _place(proofs: Mapping[str, Proof], leaf: str) -> int | None:
    proof = proofs.get(leaf)
    return proof.index if isinstance(proof, Inclusion) else None


@get(RECORD, include_in_schema=False)
@in_thread
def record(request: _Request) -> Response[bytes]:
    """Show everything of a person's follow-up, the newest first."""
    rooms, person, said = rooms_of(request), person_of(request), speech(request)
    support = rooms.support
    entries, texts = support.record.of_person(person), texts_of(support.record.database, person)
    leaves = [one.leaf for one in entries]
    leaves += [entry.leaf for text in texts for entry in text.entries]
    proofs: Mapping[str, Proof] = rooms.log.proofs(leaves)
    lines = [line_of(one, proofs, said) for one in entries]
    lines += [line_of_text(one, proofs, said) for one in texts]
    lines.sort(key=lambda line: line.at, reverse=True)
    first = _first(request.query_params.get("from", "0"))
    return page(
        request,
        "record.html",
        lines=lines[first : first + AT_ONCE],
        following=first + AT_ONCE if first + AT_ONCE < len(lines) else None,
        answers=support.followups.said(person) if first == 0 else (),
    )


@get(f"{RECORD}/proof/{{entry:str}}", include_in_schema=False, sync_to_thread=True)
def proof(request: _Request, entry: FromPath[str]) -> Response[bytes]:
    """Give the proof that the log holds a line of the record."""
    rooms, person = rooms_of(request), person_of(request)
    text = proof_of(rooms.support.record, rooms.log, person, entry)
    kept = {**HEADERS, "content-disposition": 'attachment; filename="proof.json"'}
    return Response(text.encode(), media_type="application/json", headers=kept)


def _first(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else 0  # noqa: PLR2004 - digits


HANDLERS: Final = (record, proof)
