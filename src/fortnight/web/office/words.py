"""Words of the pages for what the rooms call by short names. ``_`` marks them for translation."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Return the same text: the pages translate it when they are made."""
    return text


def _table(**words: str) -> Mapping[str, str]:
    return MappingProxyType({name.replace("_", "-"): text for name, text in words.items()})


STATES: Final = _table(
    opened=_("Waiting for their yes"),
    agreed=_("Said yes"),
    traced=_("Traced"),
    closed=_("Closed"),
    withdrawn=_("Test withdrawn"),
)
DUE: Final = _table(
    yes=_("Get their yes"),
    interview=_("Interview"),
    trace=_("Start the trace"),
    decide=_("Decide on contacts"),
    second=_("A second person decides"),
    call=_("Call"),
    close=_("Close the case"),
)
TIERS: Final = _table(
    asked_to_stay_home=_("Ask to stay home"),
    asked_about_immunity=_("Ask about immunity"),
    told_and_tested=_("Tell and test"),
    told=_("Tell"),
    to_ask=_("Ask"),
)
EVIDENCE: Final = _table(
    fixes=_("positions of both phones"),
    bluetooth=_("phones heard each other"),
    sensor=_("badges met"),
    visit=_("checked in at one venue"),
    visit_room=_("checked in to one room"),
    air=_("in air that the case had left"),
    ties=_("calls or texts"),
    area=_("same area by mobile cell"),
)
ORIGINS: Final = _table(
    phone=_("sent by the phones"), upload=_("an uploaded file"), operator=_("a mobile operator")
)
OUTCOMES: Final = _table(
    reached=_("Reached"),
    no_answer=_("No answer"),
    wrong_number=_("Wrong number"),
    refused=_("Did not want to talk"),
    call_back=_("Call back"),
)
SETTINGS: Final = _table(
    household=_("Household"),
    care=_("Care"),
    work=_("Work"),
    school=_("School"),
    worship=_("Place of worship"),
    clinic=_("Clinic"),
    shelter=_("Shelter"),
    gathering=_("Gathering"),
    transport=_("Transport"),
    other=_("Other"),
)
WINDOWS: Final = _table(
    look_forward=_("could have been infected by the case"),
    look_back=_("could have infected the case"),
    both=_("either way"),
    outside=_("outside of both windows"),
)
PURPOSES: Final = _table(
    trace=_("trace"),
    notify=_("tell"),
    support=_("support"),
    rights=_("their own rights"),
    repair=_("repair"),
)
ROLES: Final = _table(
    case_worker=_("case worker"),
    epidemiologist=_("epidemiologist"),
    lead=_("lead"),
    data_protection=_("data protection officer"),
    administrator=_("administrator"),
)
CHANGES: Final = _table(
    trace_updated=_("New evidence changed the list"),
    test_withdrawn=_("The test was withdrawn"),
    merged=_("Merged"),
    split=_("Separated"),
    handed_over=_("Handed over"),
)
FIELDS: Final = _table(
    number=_("number"),
    language=_("language"),
    pseudonyms=_("daily names"),
    contact=_("contact number"),
    evidence=_("evidence"),
    case=_("case"),
)
LANGUAGES: Final = _table(en="English", ru="Русский", lv="Latviešu", uk="Українська", ar="العربية")
ASK: Final = (
    _("Were you indoors or outdoors?"),
    _("Was there a wall, a window or a floor between you?"),
    _("Did either of you wear a mask? Which one, and all the time?"),
    _("How near were you: could you have shaken hands?"),
    _("Were windows open? How large was the room?"),
    _("Did you talk, sing, eat or do sport together?"),
    _("Are you pregnant, or is your immune system weak?"),
    _("Who lives with you?"),
)
"""What no evidence shows, as questions."""
OF_DISEASES: Final = (
    _("Did you touch the person, or blood or other fluids of theirs?"),
    _("Did you sleep in the same house since they fell ill?"),
    _("Did you touch their clothes or bedding?"),
    _("Did you take part in washing or burying the body?"),
    _("Was a baby breastfed?"),
    _(
        "Are you immune to measles: two doses of vaccine, measles earlier in life, or a blood test "
        "that showed it?"
    ),
    _("Did skin touch skin, or were you intimate?"),
    _("Did you use the same bedding, towels or clothes?"),
    _("Did you talk face to face, close together, for long?"),
)
"""What the diseases of the library ask."""
NAVIGATION: Final = (
    ("/office", _("Home"), "office.enter"),
    ("/office/cases/new", _("New case"), "case.open"),
    ("/office/intake", _("Intake"), "case.open"),
    ("/office/tickets", _("Support"), "ticket.list"),
    ("/office/texts", _("Texts"), "text.answer"),
    ("/office/callers", _("Callers"), "enrolment.help"),
    ("/office/overview", _("Overview"), "overview.read"),
    ("/office/venues", _("Venues"), "settings.manage"),
    ("/office/settings", _("Settings"), "settings.manage"),
    ("/office/log", _("Log and reviews"), "log.read"),
)
TO_CALL: Final = MappingProxyType(
    {
        "no-answer": _("did not answer two reminders"),
        "unknown": _("nobody knows whether the text came"),
        "failed": _("the text did not get through"),
    }
)
DISEASES: Final = _table(
    covid_19=_("COVID-19"),
    covid_19_delta=_("COVID-19 (Delta)"),
    covid_19_omicron=_("COVID-19 (Omicron)"),
    ebola=_("Ebola"),
    influenza=_("Influenza"),
    measles=_("Measles"),
    mpox=_("Mpox"),
    pertussis=_("Whooping cough"),
    tuberculosis=_("Tuberculosis"),
)
SECOND: Final = _table(
    setting=_("where they met is sensitive: worship, a clinic, a shelter or a gathering"),
    crowd=_("you say that many were there, or that the place is sensitive"),
    place_time=_("ten or more contacts met the case at this place and time"),
    unknown_place=_("nothing is held any more of where they met"),
    many=_("more than 20 people are resolved for this case"),
)
"""Why a decision takes two people."""
ERRORS: Final = (
    _("Give the token."),
    _("Give the number."),
    _("Choose a disease."),
    _("Give a day, such as 2026-03-01."),
    _("Give a day and a time, such as 2026-03-01 09:30."),
    _("Tick the box: a withdrawn test cannot be put back."),
    _("Choose whether to tell the contact."),
    _("There is no decision on this contact any more."),
    _("A hidden stay ends after it begins: check the two times."),
    _("The sample was taken in the future: check date and time."),
    _(
        "This is not the code that was sent, or it holds no more: it has five tries and 24 hours. "
        "Ask the person to read it again, or send a new one."
    ),
    _(
        "What speaks for this contact is an uploaded file or an operator's rows alone. Ask the "
        "case whether they met, or wait for a second kind of evidence."
    ),
    _("This contact is decided already: take that back first."),
    _("A second person has to be somebody else than who decided."),
    _("They were told: this stands while the test does."),
    _("Say when to call back."),
    _("The next step is in the past: check the time."),
    _("The last day of meeting is not before the first, nor yet to come."),
    _("There is nothing here"),
    _("There is nothing here."),
    _("This is not done"),
    _("This contradicts what is there"),
    _("This was erased"),
    _("The content cannot be used"),
    _("The request cannot be read"),
    _("Too many requests"),
    _("The service failed"),
    _("The service is not ready"),
    _("No valid secret was given"),
    _("This form is of an earlier sign-in, and nothing was changed: load the page again."),
    _("This came from a page of another site, and nothing was changed."),
)
"""What is said most often where something cannot be done. Other words stay English."""
