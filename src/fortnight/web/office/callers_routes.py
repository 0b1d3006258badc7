"""Rows of the page of callers in the table of routes."""

from __future__ import annotations

from typing import Final

from fortnight.web.rows import Route

CALLERS: Final = "/office/callers"
_MOST_FORM_BYTES: Final = 16 * 1_024


def _form(step: str, why: str) -> Route:
    path = f"{CALLERS}/{step}"
    most = _MOST_FORM_BYTES
    return Route(path, "POST", "staff", "rights", "nobody", "office", most, why, "enrolment.help")


CALLERS_ROUTES: Final = (
    Route(
        CALLERS,
        "GET",
        "staff",
        "none",
        "nobody",
        "office",
        0,
        "What is done for somebody who calls about their own pages.",
        "enrolment.help",
    ),
    _form("reset", "Somebody who calls gets digits for another PIN, read out to them."),
    _form("close", "Everything of somebody who calls is closed; nothing goes to their phone."),
)
