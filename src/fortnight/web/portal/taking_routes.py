"""Rows of taking everything, and of leaving, in the table of routes."""

from __future__ import annotations

from typing import Final, Literal

from fortnight.web.rows import Route

_MOST_FORM_BYTES: Final = 1_024


def _own(path: str, method: Literal["GET", "POST"], why: str) -> Route:
    most = _MOST_FORM_BYTES if method == "POST" else 0
    return Route(path, method, "person", "rights", "own", "portal", most, why)


def _open(path: str, method: Literal["GET", "POST"], why: str) -> Route:
    most = _MOST_FORM_BYTES if method == "POST" else 0
    limit: Literal["sign-in", "public"] = "sign-in" if method == "POST" else "public"
    return Route(path, method, "visitor", "none", "nobody", limit, most, why)


TAKING_ROUTES: Final = (
    _own("/portal/take", "GET", "What a copy of everything holds, and what it does not."),
    _own("/portal/take", "POST", "A person takes everything that is held of them, as one ZIP."),
    _own("/portal/leave-all", "GET", "What happens to everything when a person leaves."),
    _own("/portal/leave-all", "POST", "A person leaves, with everything of theirs."),
    _open("/portal/proof", "GET", "Where whoever left types the code that they were given."),
    _open("/portal/proof", "POST", "How far the deletion is, and its proof once it is done."),
)
