"""Rows of the portal in the table of routes."""

from __future__ import annotations

from functools import partial
from typing import Final

from fortnight.web.portal.enrolment_routes import ENROLMENT_ROUTES
from fortnight.web.portal.mine_routes import MINE_ROUTES
from fortnight.web.portal.own_rows import before, own
from fortnight.web.portal.sending_routes import SENDING_ROUTES
from fortnight.web.portal.taking_routes import TAKING_ROUTES

_own = partial(own, "support")

PORTAL_ROUTES: Final = (
    *ENROLMENT_ROUTES,
    *MINE_ROUTES,
    *TAKING_ROUTES,
    *SENDING_ROUTES,
    before("/", "GET", "Whoever types the service's name alone is sent to its first page."),
    before("/portal", "GET", "The page on which a person types their number and today's digits."),
    before("/portal", "POST", "Number and digits go together, and a short session begins."),
    before("/portal/language/{language}", "GET", "Somebody chooses the language of the portal."),
    _own("/portal/leave", "POST", "A session ends, and another site takes the page's place."),
    _own("/portal/today", "GET", "The day's question, the calendar, and until when it goes on."),
    _own("/portal/today", "POST", "The day's answer, for oneself or one of the own household."),
    _own("/portal/pause", "POST", "A person pauses everything, or is back."),
    _own("/portal/household", "GET", "Who answers together, and how somebody joins."),
    _own("/portal/household", "POST", "A person invites, joins, or answers alone again."),
    _own("/portal/help", "GET", "What a person asked for, and what became of it."),
    _own("/portal/help", "POST", "A person asks for something that they need at home."),
    _own("/portal/reply", "GET", "What a person said of an exposure, and what that changed."),
    _own("/portal/reply", "POST", "A person objects to an exposure, and it is scored again."),
    _own("/portal/remind", "GET", "Whether a person's own reminder is on, and how it works."),
    _own("/portal/remind", "POST", "A person turns their own reminder on or off."),
    _own("/portal/record", "GET", "Every question, answer, text and ticket of a person."),
    _own("/portal/record/proof/{entry}", "GET", "The proof that the log holds a line of it."),
)
