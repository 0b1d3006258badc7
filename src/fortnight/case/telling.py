"""The text that asks a contact to call, or the call that is made where they want no texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select, update

from fortnight.db.tables import message
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.notify.outbox import Outbox

_TEXTS: Final = select(message.c.key, message.c.state).where(message.c.case_id == bindparam("case"))
_WENT_NOWHERE: Final = ("stopped", "failed", "unknown")


class Told(NamedTuple):
    """The message of a contact who is told, and whether it goes out; otherwise they are called."""

    message: str
    goes_out: bool


def text_or_call(
    connection: Connection, outbox: Outbox, person: str, key: str, case_id: str, now: int
) -> Told:
    """Queue the text to a contact, in the caller's transaction, if they agreed to texts.

    Without the grant ``notify`` the message is there from the first as one that was stopped, its
    words gone: whoever looks finds that they were to be told, and that it takes a call.
    """
    written = outbox.queue(connection, person, key, Template.PLEASE_CALL, {}, case_id, now)
    if outbox.consents.live(connection, person, "notify"):
        return Told(written, goes_out=True)
    stopped = message.c.id == written, message.c.state == "queued"
    connection.execute(update(message).where(*stopped).values(state="stopped", sealed=None))
    return Told(written, goes_out=False)


def takes_a_call(connection: Connection, case_id: str, contact: str) -> bool:
    """Tell whether a contact was to be texted, and no text is known to have reached them."""
    key = f"told {case_id} {contact}"
    rows = connection.execute(_TEXTS, {"case": case_id})
    states = [state for reason, state in rows if reason.startswith(key)]
    return bool(states) and all(state in _WENT_NOWHERE for state in states)
