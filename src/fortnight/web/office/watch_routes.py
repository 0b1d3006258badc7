"""Rows of overview, settings, and log and reviews in the table of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortnight.web.rows import Route

if TYPE_CHECKING:
    from fortnight.staff.permissions import Permission

MOST_FORM_BYTES: Final = 16 * 1_024
OVERVIEW: Final = "/office/overview"
SETTINGS: Final = "/office/settings"
LOG: Final = "/office/log"


def _page(path: str, does: Permission, why: str) -> Route:
    return Route(path, "GET", "staff", "none", "nobody", "office", 0, why, does)


def _form(path: str, does: Permission, why: str) -> Route:
    return Route(path, "POST", "staff", "none", "nobody", "office", MOST_FORM_BYTES, why, does)


WATCH_ROUTES: Final = (
    _page(OVERVIEW, "overview.read", "Sums over cases, by which the work is steered."),
    _page(SETTINGS, "settings.manage", "Who works here and who holds keys; what is in force."),
    _form(f"{SETTINGS}/accounts", "account.manage", "A colleague begins."),
    _form(f"{SETTINGS}/accounts/invite", "account.manage", "A colleague lost their passkey."),
    _form(f"{SETTINGS}/accounts/number", "account.manage", "A colleague's own number is kept."),
    _form(f"{SETTINGS}/accounts/end", "account.manage", "A colleague leaves."),
    _form(f"{SETTINGS}/laboratories", "settings.manage", "A laboratory gets a key."),
    _form(f"{SETTINGS}/laboratories/end", "settings.manage", "A laboratory's key ends."),
    _form(f"{SETTINGS}/operators", "settings.manage", "A mobile operator gets a key."),
    _form(f"{SETTINGS}/operators/end", "settings.manage", "A mobile operator's key ends."),
    _page(LOG, "log.read", "Whether the log grows, and what waits to be looked into."),
    _form(f"{LOG}/reviews", "review.answer", "A review is answered."),
    _form(f"{LOG}/alarms", "review.answer", "An alarm is ended, with words."),
)
