"""Rows of the pages of cases and contacts in the table of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fortnight.web.rows import Route

if TYPE_CHECKING:
    from fortnight.staff.permissions import Permission
    from fortnight.web.rows import Purpose, Relation

MOST_FORM_BYTES: Final = 64 * 1_024
CASE: Final = "/office/cases/{case_id}"
CONTACT: Final = "/office/cases/{case_id}/contacts/{contact}"


def _row(
    path: str,
    method: Literal["GET", "POST"],
    relation: Relation,
    purpose: Purpose,
    does: Permission,
    why: str,
) -> Route:
    most = 0 if method == "GET" else MOST_FORM_BYTES
    return Route(path, method, "staff", purpose, relation, "office", most, why, does)


def _case(step: str, does: Permission, why: str) -> Route:
    """Return the row of a form on the page of a case."""
    return _row(f"{CASE}/{step}", "POST", "case", "trace", does, why)


def _contact(step: str, does: Permission, why: str) -> Route:
    """Return the row of a form on the page of a contact."""
    return _row(f"{CONTACT}/{step}", "POST", "contact", "notify", does, why)


CASE_ROUTES: Final = (
    Route(
        "/office/static/{version}/{name}",
        "GET",
        "anyone",
        "none",
        "nobody",
        "public",
        0,
        "Style and scripts of the pages. They are the same for everybody.",
    ),
    Route(
        "/office/language/{language}",
        "GET",
        "browser",
        "none",
        "nobody",
        "public",
        0,
        "Somebody chooses the language of the pages, before they sign in too.",
    ),
    _row("/office", "GET", "nobody", "none", "office.enter", "What is to be done today."),
    _row("/office/cases/new", "GET", "nobody", "none", "case.open", "The form of a new case."),
    _row("/office/cases", "POST", "nobody", "none", "case.open", "A case is opened."),
    _row(CASE, "GET", "case", "trace", "case.read", "Where a case stands, and whom it met."),
    _row(f"{CASE}/progress", "GET", "case", "trace", "case.read", "How far its trace is."),
    _row(f"{CASE}/places", "GET", "case", "trace", "case.read", "Where it met others, and when."),
    _case("code", "case.write", "The case is sent a new code."),
    _case("agree", "case.write", "The case read the code back: their yes."),
    _case("hide", "case.write", "The case hides a stay before anything is looked at."),
    _case("trace", "case.trace", "A trace is asked for."),
    _case("note", "case.write", "Something is written down, such as an interview."),
    _case("named", "case.write", "The case named somebody in the interview."),
    _case("call", "contact.call", "A call to the case is written down."),
    _case("hand-over", "case.write", "Somebody else takes the case over."),
    _case("assign", "case.assign", "The lead gives the case to somebody."),
    _case("conflict", "conflict.declare", "Somebody declares that they know the case."),
    _case("merge", "case.write", "Another file of the same case is taken into this one."),
    _case("question", "case.write", "Somebody has the looks for a case looked into."),
    _case("withdraw", "case.withdraw", "The test was wrong: what it caused is retracted."),
    _case("close", "case.write", "The work of a case is done."),
    _row(CONTACT, "GET", "contact", "trace", "contact.read", "Why a contact is listed."),
    _contact("decide", "contact.decide", "A named person decides to tell or to dismiss."),
    _contact("approve", "contact.approve", "A second person agrees that a contact is told."),
    _contact("decline", "contact.approve", "A second person does not agree."),
    _contact("take-back", "contact.decide", "A decision that nobody acted on is taken back."),
    _contact("call", "contact.call", "A call to a contact is written down."),
    _contact("reach", "contact.call", "How to call a contact who is to be told."),
    _contact("open", "contact.call", "Name and number of a contact that the case named."),
    _contact("merge", "contact.decide", "A named and a measured contact are one person."),
    _contact("split", "contact.decide", "They are two after all."),
    _contact("object", "contact.call", "A named contact objects: what was said of them goes."),
)
