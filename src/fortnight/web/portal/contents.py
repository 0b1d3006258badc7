"""What the portal holds: the few entries above every page, and the page that lists the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


MORE: Final = "/portal/more"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: where it is, its name, and in a line what it is for."""

    path: str
    name: str
    line: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together; ``word`` names the group within the page."""

    word: str
    name: str
    entries: tuple[Entry, ...]


NAVIGATION: Final = (
    ("/portal/today", _("Today")),
    ("/portal/held", _("My data")),
    ("/portal/looks", _("Looks")),
    (MORE, _("More")),
)
"""Four fit into one line of a narrow phone, and neutral words alone: whoever looks over a shoulder
reads nothing in them."""
CONTENTS: Final = (
    Group(
        "days",
        _("From day to day"),
        (
            Entry(
                "/portal/today",
                _("Today"),
                _("Say how you are, and see until when you are asked."),
            ),
            Entry("/portal/notes", _("Notes"), _("What you were told, and what to do now.")),
            Entry(
                "/portal/reply",
                _("Replies"),
                _("Say what was different from how it was measured."),
            ),
            Entry("/portal/help", _("Requests"), _("Ask for something that you need at home.")),
            Entry(
                "/portal/household",
                _("Together"),
                _("Answer together with those you live with."),
            ),
            Entry(
                "/portal/remind",
                _("Reminder"),
                _("Be reminded if you leave home without thinking."),
            ),
            Entry(
                "/portal/record",
                _("Record"),
                _("Every question, answer and text, line by line."),
            ),
        ),
    ),
    Group(
        "held",
        _("What is held of you"),
        (
            Entry("/portal/held", _("My data"), _("What is held, from where, and until when.")),
            Entry("/portal/days", _("Days"), _("Your own days on a map. It asks for your PIN.")),
            Entry("/portal/looks", _("Looks"), _("Who looked at your data, when, and why.")),
            Entry("/portal/take", _("Copy"), _("Take all of it with you, as one file.")),
        ),
    ),
    Group(
        "sending",
        _("What you send"),
        (
            Entry("/portal/phones", _("Phones"), _("Let a phone send where you are, or stop it.")),
            Entry(
                "/portal/upload",
                _("Send a file"),
                _("Give a file of places that you have already."),
            ),
            Entry("/portal/visits", _("Check in"), _("Say that you are at a place with a poster.")),
            Entry(
                "/portal/visits/past",
                _("Past visits"),
                _("See where you checked in, and have a visit forgotten."),
            ),
            Entry(
                "/portal/not-sent",
                _("What is never sent"),
                _("Choose hours and places that stay with you."),
            ),
        ),
    ),
    Group(
        "choices",
        _("What you agreed to"),
        (
            Entry("/portal/choices", _("Choices"), _("Turn each thing on or off, one by one.")),
            Entry(
                "/portal/others",
                _("For somebody else"),
                _("Decide for a child, or for somebody in your care."),
            ),
            Entry("/portal/pin", _("Your PIN"), _("Choose a PIN, or another one.")),
            Entry("/portal/leave-all", _("Leaving"), _("Have everything deleted.")),
        ),
    ),
)


def entry_above(path: str) -> str:
    """Return the entry above a page under which it is found: its own, or the one for the rest."""
    own = {address for address, _name in NAVIGATION}
    return path if path in own else MORE
