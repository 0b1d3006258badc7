"""Rows of the page of texts in the table of routes."""

from __future__ import annotations

from typing import Final

from fortnight.web.rows import Route

TEXTS: Final = "/office/texts"
_MOST_FORM_BYTES: Final = 16 * 1_024


def _form(step: str, why: str) -> Route:
    return Route(
        f"{TEXTS}/{step}",
        "POST",
        "staff",
        "notify",
        "nobody",
        "office",
        _MOST_FORM_BYTES,
        why,
        "text.answer",
    )


TEXTS_ROUTES: Final = (
    Route(
        TEXTS,
        "GET",
        "staff",
        "none",
        "nobody",
        "office",
        0,
        "What texts leave for people to do, and how each text looks before it is sent.",
        "text.answer",
    ),
    _form("calls", "Somebody whom no text reaches was called."),
    _form("replies/open", "A reply is read, under a look."),
    _form("replies", "A reply was dealt with."),
    _form("unknown", "A person said whether a text of which nobody knew had come."),
)
