"""Every handler of the portal."""

from typing import Final

from fortnight.web.portal import household, record, reply, requests, sign_in, today, unlock

HANDLERS: Final = (
    *sign_in.HANDLERS,
    *today.HANDLERS,
    *household.HANDLERS,
    *requests.HANDLERS,
    *reply.HANDLERS,
    *record.HANDLERS,
    *unlock.HANDLERS,
)
