"""Every handler of the portal."""

from typing import Final

from fortnight.web.portal import (
    choices,
    days,
    enter,
    held,
    household,
    leave_all,
    looks,
    notes,
    others,
    pin,
    record,
    remind,
    reply,
    requests,
    sign_in,
    take,
    today,
    unlock,
)

HANDLERS: Final = (
    *sign_in.HANDLERS,
    *today.HANDLERS,
    *household.HANDLERS,
    *requests.HANDLERS,
    *reply.HANDLERS,
    *record.HANDLERS,
    *remind.HANDLERS,
    *held.HANDLERS,
    *days.HANDLERS,
    *looks.HANDLERS,
    *notes.HANDLERS,
    *enter.HANDLERS,
    *choices.HANDLERS,
    *others.HANDLERS,
    *pin.HANDLERS,
    *unlock.HANDLERS,
    *take.HANDLERS,
    *leave_all.HANDLERS,
)
