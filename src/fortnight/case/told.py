"""By which decisions a person was told of a meeting with a case, for what they see themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from fortnight.db.office_tables import decision
from fortnight.db.tables import case_file, message
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

_TOLD: Final = "told "
_KEY_WORDS: Final = 3


def told_to(connection: Connection, person: str) -> Iterator[Row[Any]]:
    """Yield the decisions by which a person was told, with ``disease`` and ``state`` of the case.

    Of those that were retracted only they count whose test proved wrong: the person was told, and
    is told of that too.
    """
    columns = select(decision, case_file.c.disease, case_file.c.state)
    d = decision.c
    for case_id, contact in sorted(_told(connection, person)):
        rows = connection.execute(
            columns.join(case_file, case_file.c.id == d.case_id)
            .where(d.case_id == case_id, d.contact == contact, d.kind == "tell")
            .where(d.needs_second.is_(False) | d.second_by.is_not(None))
            .order_by(d.at.desc(), d.id)
        )
        stands = [row for row in rows if row.retracted_at is None or row.state == "withdrawn"]
        yield from stands[:1]


def _told(connection: Connection, person: str) -> set[tuple[str, str]]:
    """Return (case, contact) of each case for which a person was told, by text or by a call."""
    m = message.c
    keys = connection.scalars(
        select(m.key).where(
            m.person == person,
            m.template == Template.PLEASE_CALL,
            m.key.startswith(_TOLD, autoescape=True),
        )
    )
    words = [key.split() for key in keys]
    return {(said[1], said[2]) for said in words if len(said) >= _KEY_WORDS}
