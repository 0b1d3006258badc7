"""Log and reviews: that everything is written down, and what waits to be looked into."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, Response, get, post

from fortnight.ledger.entries import KINDS
from fortnight.web.office.pages import page, see
from fortnight.web.office.watch import watched
from fortnight.web.office.watch_routes import LOG
from fortnight.web.office.watch_words import ALARMS, ENTRIES, REVIEWS, about
from fortnight.web.office.who import form_of, signed_in

if TYPE_CHECKING:
    from fortnight.case.oversight import Oversight

_Request = Request[Any, Any, Any]
_HOUR_MS: Final = 3_600_000
_HOURS: Final = 24
_LONGEST_ANSWER: Final = 500
_LONGEST_END: Final = 200


@get(LOG, include_in_schema=False, sync_to_thread=True)
def log(request: _Request) -> Response[bytes]:
    """Show the last day of the log in counts, the checkpoint, reviews, and alarms."""
    rooms = watched(request)
    now, seen = rooms.clock(), rooms.oversight
    start = now // _HOUR_MS * _HOUR_MS - (_HOURS - 1) * _HOUR_MS
    reviews = seen.reviews.list()
    return page(
        request,
        "log.html",
        now=now,
        counts=seen.entries.counts(start, now + 1),
        hours=range(now // _HOUR_MS * _HOUR_MS, start - 1, -_HOUR_MS),
        kinds=KINDS,
        checkpoint=_checkpoint(seen),
        log_key=rooms.log_key,
        reviews=reviews,
        looks=seen.questioned.looks(one.subject for one in reviews),
        alarms=seen.reviews.alarms(),
        review_words=REVIEWS,
        alarm_words=ALARMS,
        about=about,
        entry_words=ENTRIES,
    )


@post(f"{LOG}/reviews", include_in_schema=False, sync_to_thread=True)
def answer_review(request: _Request) -> Response[bytes]:
    """Answer a review."""
    form, rooms = form_of(request), watched(request)
    by, words = signed_in(request).account.id, form.text("words", _LONGEST_ANSWER)
    rooms.oversight.reviews.answer(form.text("id", 32), by, words, rooms.clock())
    return see(f"{LOG}#reviews")


@post(f"{LOG}/alarms", include_in_schema=False, sync_to_thread=True)
def end_alarm(request: _Request) -> Response[bytes]:
    """End an alarm with words."""
    form, rooms = form_of(request), watched(request)
    by, words = signed_in(request).account.id, form.text("words", _LONGEST_END)
    rooms.oversight.reviews.end_alarm(form.text("id", 32), by, words, rooms.clock())
    return see(f"{LOG}#alarms")


def _checkpoint(seen: Oversight) -> dict[str, object] | None:
    found = seen.checkpoint()
    if found is None:
        return None
    return {"size": found.size, "root": b64encode(found.root).decode(), "origin": found.origin}


HANDLERS: Final = (log, answer_review, end_alarm)
