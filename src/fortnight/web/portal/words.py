"""Words of the portal that stand for words of the rooms behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; it is translated where a page says it."""
    return text


DAYS: Final[Mapping[str, str]] = {
    "planned": _("not asked yet"),
    "asked": _("you were asked"),
    "reminded": _("asked again"),
    "reminded-again": _("asked again"),
    "to-call": _("no answer: somebody calls to ask whether you need help"),
    "answered": _("you answered"),
    "paused": _("paused"),
}
CHANGED: Final[Mapping[str, str]] = {
    "disease": _("the rule"),
    "questions": _("what you are asked"),
    "tests": _("the days for a test"),
    "end": _("the last day"),
    "home": _("until when you are asked to stay home"),
}
OWN_NEEDS: Final[Mapping[str, str]] = {
    "help": _("A call to ask whether you need help"),
    "unwell": _("A call, because you are unwell"),
    "urgent": _("A call at once"),
}
"""What the office calls otherwise: the person is spoken to, not of."""
FIELDS: Final[Mapping[str, str]] = {
    "name": _("Name on the door"),
    "address": _("Where to bring it"),
    "items": _("What you need"),
    "medicine": _("Which medicine"),
    "pharmacy": _("Which pharmacy"),
    "children": _("How many children, how old, and when"),
    "from_day": _("From which day"),
    "until_day": _("Until which day"),
    "note": _("Anything else, for the health team alone"),
}
KINDS: Final[Mapping[str, str]] = {
    "begun": _("The daily questions began"),
    "plan-changed": _("Your plan changed"),
    "asked": _("You were asked how you are"),
    "asked-again": _("You were asked again"),
    "answered": _("Your answer was taken down"),
    "red-flag": _("You were shown the emergency number"),
    "call-wanted": _("Somebody was asked to call you"),
    "ticket": _("A request was opened"),
    "ticket-ended": _("A request ended"),
    "given-to-partner": _("A partner was told of a request"),
    "paused": _("Everything was paused"),
    "back": _("A pause ended"),
    "reminder-on": _("Your own reminder was turned on"),
    "reminder-off": _("Your own reminder was turned off"),
    "reply": _("You replied"),
    "reply-answered": _("Your reply was answered"),
    "household": _("Your household"),
    "time-zone": _("Where your time is taken from was changed"),
    "became-case": _("A test of yours was positive"),
    "ended": _("The daily questions ended"),
}
CHANNELS: Final[Mapping[str, str]] = {
    "text": _("by text"),
    "web": _("on this page"),
    "call": _("by phone"),
}
DETAILS: Final[Mapping[str, str]] = {
    "stands": _("what you said counts"),
    "does-not-stand": _("it counts as it was measured"),
    "together": _("answers together"),
    "alone": _("you answer alone"),
    "own-time": _("from where you are"),
    "district-time": _("from where the health team is"),
}
TEXTS: Final[Mapping[str, str]] = {
    "case-opened": _("that a file of yours was opened"),
    "code": _("a code to read back to us"),
    "please-call": _("to call us"),
    "retracted": _("that it was a mistake"),
    "reminder": _("a reminder to call us"),
    "stopped": _("that no more texts come"),
    "help": _("how to reach us"),
    "question": _("how are you today?"),
    "question-again": _("how are you today? Once more"),
    "emergency": _("the emergency number"),
    "emergency-alone": _("the emergency number"),
    "entry": _("digits to come in by"),
    "still": _("whether all stays as it is set"),
    "pin-reset": _("that a new PIN was asked for"),
    "start-over": _("that somebody wants to begin anew"),
}
STATES: Final[Mapping[str, str]] = {
    "queued": _("waits"),
    "sending": _("on its way"),
    "sent": _("sent"),
    "delivered": _("arrived"),
    "unknown": _("nobody knows whether it arrived"),
    "stopped": _("not sent"),
    "failed": _("did not get through"),
}
ERRORS: Final = (
    _(
        "You were signed out meanwhile, and nothing was sent. Copy what you wrote, and come in "
        "again."
    ),
    _("Nobody asks you to stay home: there is nothing to remind of."),
    _(
        "These are not two numbers of a place. Type them as a map app shows them, such as "
        "54.6872, 25.2797."
    ),
    _("This is no place on the globe: open the page at home, and again."),
    _(
        "This number and these digits do not go together, or the digits hold no more: they have "
        "five tries and a day. Type those of the last text, or call the health team."
    ),
    _("Nobody asks you anything: there is nothing to share."),
    _("Nobody asks you anything: there is nothing to pause."),
    _("These digits are your own, or nobody answers there any more."),
    _("These digits hold no more: ask for new ones, they last a day."),
    _("Five tries were wrong: try again tomorrow, with digits that are new."),
    _("Your follow-up is over: call the health team instead."),
    _("You said so already: it counts, and somebody answers it."),
    _("Choose one of the list."),
    _("This day is not one of the follow-up, or is yet to come."),
    _("This was tried too often. Wait a quarter of an hour, then try again."),
    _(
        "This number and these digits do not go together, or the digits hold no more: "
        "eight digits hold for 15 minutes and have five tries, six digits hold for a day."
        " Type those of the last text, or ask for new ones."
    ),
    _("A PIN has 6 to 12 digits. Choose one and type it twice."),
    _(
        "This PIN is too easy to guess: no row such as 123456, and no digit six times. "
        "Choose another."
    ),
    _("This PIN is not right. After five wrong ones you wait a quarter of an hour."),
    _("These are two different PINs. Type the same one twice."),
    _(
        "A PIN is chosen within a day of the first eight digits. Now it takes the health "
        "team: call them."
    ),
    _(
        "These are not the digits that the health team read out, or it is too early or "
        "too late for them. After five wrong ones you wait a quarter of an hour."
    ),
    _("A reset was asked for already: it goes on, or is stopped first."),
    _("Say first that you are old enough to agree for yourself."),
    _("There is no open file of a test of yours to say this for."),
    _("The text has changed since you read it. Read it again, then choose."),
    _("This person agreed for themselves, or has a guardian already."),
    _("Nobody is their own guardian: type the number of whom you care for."),
    _("Whoever has a guardian cannot be one."),
    _("Give the month of birth, such as 2014-09."),
    _("At this age people agree for themselves, unless they cannot: say so."),
    _("This was not signed by a key of yours, or it took over 5 minutes. Begin again."),
)
"""What other rooms say where something cannot be done."""
