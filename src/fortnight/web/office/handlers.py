"""Every handler of the office."""

from typing import Final

from fortnight.web.office import cases, choose, contacts, home, sign_in, static

HANDLERS: Final = (
    *sign_in.HANDLERS,
    *cases.HANDLERS,
    *contacts.HANDLERS,
    home.home,
    choose.choose_language,
    static.static,
)
