"""Rows of venues and their posters in the table of routes."""

from __future__ import annotations

from typing import Final

from fortnight.web.rows import Route

MOST_FORM_BYTES: Final = 16 * 1_024
VENUES: Final = "/office/venues"


def _page(path: str, why: str) -> Route:
    return Route(path, "GET", "staff", "none", "nobody", "office", 0, why, "settings.manage")


def _form(path: str, why: str) -> Route:
    most = MOST_FORM_BYTES
    return Route(path, "POST", "staff", "none", "nobody", "office", most, why, "settings.manage")


VENUES_ROUTES: Final = (
    _page(VENUES, "Places with a poster, at which people may check in."),
    _form(VENUES, "A place gets a poster."),
    _form(f"{VENUES}/end", "A place's posters open nothing any more."),
    _page(f"{VENUES}/{{venue}}", "A poster, to be printed."),
    _page(f"{VENUES}/{{venue}}/pdf", "The same poster as a file."),
)
