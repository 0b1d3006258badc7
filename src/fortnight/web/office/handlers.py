"""Every handler of the office."""

from typing import Final

from fortnight.web.office import sign_in

HANDLERS: Final = (*sign_in.HANDLERS,)
