"""Rows of the office in the table of routes."""

from __future__ import annotations

from typing import Final

from fortnight.web.office.callers_routes import CALLERS_ROUTES
from fortnight.web.office.case_routes import CASE_ROUTES
from fortnight.web.office.exchange_routes import EXCHANGE_ROUTES
from fortnight.web.office.support_routes import SUPPORT_ROUTES
from fortnight.web.office.texts_routes import TEXTS_ROUTES
from fortnight.web.office.venues_routes import VENUES_ROUTES
from fortnight.web.office.watch_routes import WATCH_ROUTES
from fortnight.web.rows import Route

MOST_FORM_BYTES: Final = 64 * 1_024

_SIGN_IN: Final = (
    Route(
        "/office/sign-in",
        "GET",
        "browser",
        "none",
        "nobody",
        "sign-in",
        0,
        "The page on which staff sign in.",
    ),
    Route(
        "/office/sign-in/options",
        "POST",
        "browser",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A browser asks for what a passkey has to sign.",
    ),
    Route(
        "/office/sign-in/answer",
        "POST",
        "browser",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A passkey signed, and a session begins.",
    ),
    Route(
        "/office/sign-in/provider",
        "GET",
        "browser",
        "none",
        "nobody",
        "sign-in",
        0,
        "A browser is sent to the identity provider.",
    ),
    Route(
        "/office/sign-in/provider/answer",
        "GET",
        "browser",
        "none",
        "nobody",
        "sign-in",
        0,
        "It comes back, without our cookies: they are not sent on the way from another site.",
    ),
    Route(
        "/office/sign-in/provider/finish",
        "GET",
        "browser",
        "none",
        "nobody",
        "sign-in",
        0,
        "It comes from our own page, with them: what the provider said is verified.",
    ),
    Route(
        "/office/invitation",
        "GET",
        "browser",
        "none",
        "nobody",
        "sign-in",
        0,
        "The page on which somebody who was invited registers a passkey.",
    ),
    Route(
        "/office/invitation/options",
        "POST",
        "browser",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A browser asks for what a new passkey has to hold.",
    ),
    Route(
        "/office/invitation/answer",
        "POST",
        "browser",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A new passkey is kept, and the invitation used up.",
    ),
    Route(
        "/office/step-up",
        "GET",
        "staff",
        "none",
        "nobody",
        "sign-in",
        0,
        "Whoever takes data out shows once more that it is they.",
        does="office.enter",
    ),
    Route(
        "/office/step-up/options",
        "POST",
        "staff",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A browser asks for what their passkey has to sign.",
        does="office.enter",
    ),
    Route(
        "/office/step-up/answer",
        "POST",
        "staff",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "Their passkey signed again.",
        does="office.enter",
    ),
    Route(
        "/office/step-up/provider",
        "GET",
        "staff",
        "none",
        "nobody",
        "sign-in",
        0,
        "The same at the identity provider.",
        does="office.enter",
    ),
    Route(
        "/office/sign-out",
        "POST",
        "staff",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "A session ends.",
        does="office.enter",
    ),
)
OFFICE: Final = (
    *_SIGN_IN,
    *CASE_ROUTES,
    *SUPPORT_ROUTES,
    *EXCHANGE_ROUTES,
    *TEXTS_ROUTES,
    *CALLERS_ROUTES,
    *WATCH_ROUTES,
    *VENUES_ROUTES,
)
