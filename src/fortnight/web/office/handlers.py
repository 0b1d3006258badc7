"""Every handler of the office."""

from typing import Final

from fortnight.web.office import (
    case_new,
    case_steps,
    cases,
    choose,
    contacts,
    exports,
    home,
    intake,
    log,
    overview,
    settings,
    sign_in,
    static,
    texts,
)

HANDLERS: Final = (
    *sign_in.HANDLERS,
    *case_new.HANDLERS,
    *cases.HANDLERS,
    *case_steps.HANDLERS,
    *contacts.HANDLERS,
    *intake.HANDLERS,
    *exports.HANDLERS,
    home.home,
    *overview.HANDLERS,
    *settings.HANDLERS,
    *log.HANDLERS,
    *texts.HANDLERS,
    choose.choose_language,
    static.static,
)
