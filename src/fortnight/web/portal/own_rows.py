"""Rows of the portal's table of routes: a person's own pages, and those before anybody came in."""

from __future__ import annotations

from typing import Final, Literal

from fortnight.web.rows import Purpose, Route

MOST_FORM_BYTES: Final = 16 * 1_024
LEAST_FORM_BYTES: Final = 1_024
"""Of forms with buttons and a few digits alone."""


def own(
    purpose: Purpose,
    path: str,
    method: Literal["GET", "POST"],
    why: str,
    *,
    most: int = MOST_FORM_BYTES,
) -> Route:
    """Return the row of a page that a person sees of themselves, or of a form that they send."""
    most = most if method == "POST" else 0
    return Route(path, method, "person", purpose, "own", "portal", most, why)


def before(
    path: str, method: Literal["GET", "POST"], why: str, *, most: int = MOST_FORM_BYTES
) -> Route:
    """Return the row of a page, or of a form, for whoever did not come in yet."""
    limit: Literal["sign-in", "public"] = "sign-in" if method == "POST" else "public"
    return Route(
        path, method, "visitor", "none", "nobody", limit, most if method == "POST" else 0, why
    )
