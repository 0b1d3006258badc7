"""Rows of sending in the portal: phones, uploads, what is never sent, and visits."""

from __future__ import annotations

from functools import partial
from typing import Final

from fortnight.web.portal.own_rows import own
from fortnight.web.rows import Route

_row = partial(own, "trace")

SENDING_ROUTES: Final = (
    _row("/portal/phones", "GET", "Which phones of a person send, and how another does."),
    _row("/portal/phones", "POST", "A phone begins to send, or stops."),
    _row("/portal/not-sent", "GET", "Hours and places of which a person wants nothing kept."),
    _row("/portal/not-sent", "POST", "A person adds such an hour or place, or takes it away."),
    _row("/portal/upload", "GET", "Where a person chooses a file of their places."),
    Route(
        "/portal/upload",
        "POST",
        "person",
        "trace",
        "own",
        "portal",
        "max_part_bytes",
        "A file is read in memory, and what would be kept of it is shown.",
        streams=True,
    ),
    _row("/portal/upload/keep", "POST", "A person says yes or no to what was shown."),
    Route(
        "/portal/v/{code}",
        "GET",
        "visitor",
        "none",
        "nobody",
        "public",
        0,
        "Where the picture of a poster leads: the code waits in the browser for who comes in.",
    ),
    _row("/portal/visits", "GET", "Where a person is checked in, and how they check in."),
    _row("/portal/visits", "POST", "A person checks in, or leaves."),
    _row("/portal/visits/past", "GET", "The visits that are kept of a person."),
    _row("/portal/visits/past", "POST", "A person has one visit forgotten."),
)
