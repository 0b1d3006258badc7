"""Every handler of the office."""

from typing import Final

from fortnight.web.office import (
    callers,
    case_new,
    case_steps,
    cases,
    choose,
    contacts,
    exports,
    followups,
    home,
    intake,
    log,
    overview,
    replies,
    settings,
    sign_in,
    static,
    texts,
    tickets,
    venues,
)

HANDLERS: Final = (
    *sign_in.HANDLERS,
    *case_new.HANDLERS,
    *cases.HANDLERS,
    *case_steps.HANDLERS,
    *contacts.HANDLERS,
    *followups.HANDLERS,
    *intake.HANDLERS,
    *exports.HANDLERS,
    home.home,
    *overview.HANDLERS,
    *settings.HANDLERS,
    *log.HANDLERS,
    *texts.HANDLERS,
    *callers.HANDLERS,
    *tickets.HANDLERS,
    *replies.HANDLERS,
    *venues.HANDLERS,
    choose.choose_language,
    static.static,
)
