"""Rows of what people see of themselves, in the table of routes."""

from __future__ import annotations

from functools import partial
from typing import Final

from fortnight.web.portal.own_rows import LEAST_FORM_BYTES, own

_own = partial(own, "rights", most=LEAST_FORM_BYTES)

MINE_ROUTES: Final = (
    _own("/portal/more", "GET", "Every page of the portal, each with a line on what it is for."),
    _own("/portal/held", "GET", "What is held of a person, from where, and until when."),
    _own("/portal/days", "GET", "A person's own days on a map, unlocked, without the last 24 h."),
    _own("/portal/looks", "GET", "Who looked at a person's data, when, why, and at what kind."),
    _own("/portal/looks", "POST", "A person questions a look, and a clock of 72 hours begins."),
    _own(
        "/portal/looks/{look}/proof/{step}",
        "GET",
        "The proof that the log holds a look, the question about it, or the answer.",
    ),
    _own("/portal/notes", "GET", "What a person was told of their exposures, and what follows."),
)
