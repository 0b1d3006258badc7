"""Rows of enrolment in the portal: coming in, choices, and what is never sent to a phone."""

from __future__ import annotations

from functools import partial
from typing import Final

from fortnight.web.portal.own_rows import MOST_FORM_BYTES, own
from fortnight.web.rows import Route

_row = partial(own, "rights")

ENROLMENT_ROUTES: Final = (
    Route(
        "/portal/digits",
        "POST",
        "visitor",
        "none",
        "nobody",
        "sign-in",
        MOST_FORM_BYTES,
        "Somebody asks for eight digits by text, whoever has the number.",
    ),
    _row("/portal/choices", "GET", "What a person agrees to, each with its text."),
    _row("/portal/choices", "POST", "A person turns one thing on or off."),
    _row("/portal/others", "GET", "For whom a person cares who cannot agree for themselves."),
    _row("/portal/others", "POST", "A guardian takes somebody on, by digits sent to their phone."),
    _row("/portal/others/choices", "GET", "What a guardian agrees to for one of them."),
    _row("/portal/others/choices", "POST", "A guardian turns one thing on or off for one of them."),
    _row("/portal/pin", "GET", "The page on which a PIN or a passkey is chosen."),
    _row("/portal/pin", "POST", "A PIN is chosen, or another with digits that were read out."),
    _row("/portal/pin/options", "POST", "A browser is asked for a new passkey."),
    _row("/portal/pin/answer", "POST", "A new passkey is kept."),
    _row("/portal/unlock", "GET", "The page that asks for what was never sent to a phone."),
    _row("/portal/unlock", "POST", "A PIN is shown, and pages with places open for a while."),
    _row("/portal/unlock/options", "POST", "A browser is asked for a passkey of theirs."),
    _row("/portal/unlock/answer", "POST", "A passkey signed, and pages with places open."),
    _row("/portal/unlock/stop", "POST", "A new PIN or a new beginning is stopped."),
    _row("/portal/unlock/over", "POST", "Whoever holds a number begins anew, after a wait."),
)
