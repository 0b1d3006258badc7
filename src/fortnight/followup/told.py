"""Follow-up that begins by itself: of whoever was told, and agreed to support.

Whoever decides is the one who begins it. Nobody is resolved for it: that was done, under a look,
when they were told.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from fortnight.case.cases import told_key
from fortnight.case.decisions import reader_of
from fortnight.case.state import State
from fortnight.db.office_tables import decision
from fortnight.db.support_tables import follow_up
from fortnight.db.tables import case_file, exposure, message
from fortnight.errors import ConflictError, GoneError, RefusedError
from fortnight.followup.plan import UNFOLLOWED

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fortnight.followup.beginning import Beginnings

_OVER: Final = (State.CLOSED.value, State.WITHDRAWN.value)


def begin_told(beginnings: Beginnings, now: int) -> int:
    """Begin to follow whoever was told and is not followed yet; return how many."""
    with beginnings.database.read() as connection:
        found = _willing(connection, beginnings)
    begun = 0
    for row, person, by_voice in found:
        with contextlib.suppress(ConflictError, GoneError, RefusedError):  # over this moment
            reader = _reader(beginnings, row)
            beginnings.begin(row.case_id, row.contact, person, reader, now, by_voice=by_voice)
            begun += 1
    return begun


def _reader(beginnings: Beginnings, row: Row[Any]) -> Any:  # noqa: ANN401 - a reader
    with beginnings.database.read() as connection:
        return reader_of(connection, row.second_by or row.by)


def _willing(connection: Connection, beginnings: Beginnings) -> list[tuple[Row[Any], str, bool]]:
    """Return decisions by which somebody was told who agreed to support; whom; called or texted."""
    rows = [(row, _told(connection, row)) for row in connection.execute(_standing())]
    people = [person for _, person in rows if person is not None]
    consents = beginnings.consents
    support = consents.live_people(connection, people, "support")
    texted = consents.live_people(connection, people, "notify")
    return [
        (row, person, person not in texted)
        for row, person in rows
        if person is not None and person in support
    ]


def _standing() -> Any:  # noqa: ANN401 - a query
    """Return the query of decisions to tell a measured contact who was never followed."""
    d, e = decision.c, exposure.c
    followed = select(follow_up.c.id).where(
        follow_up.c.case_id == d.case_id, follow_up.c.contact == d.contact
    )
    return (
        select(decision)
        .join(exposure, (e.case_id == d.case_id) & (e.contact == d.contact))
        .join(case_file, case_file.c.id == d.case_id)
        .where(
            d.kind == "tell",
            d.retracted_at.is_(None),
            d.needs_second.is_(False) | d.second_by.is_not(None),
            e.tier.is_not(None) & e.tier.not_in([one for one in UNFOLLOWED if one]),
            case_file.c.state.not_in(_OVER),
            ~followed.exists(),
        )
        .order_by(d.at, d.id)
    )


def _told(connection: Connection, row: Row[Any]) -> str | None:
    """Return who was told by a decision; None where the text was not queued yet."""
    m = message.c
    key = told_key(row.case_id, row.contact, row.id)
    return connection.scalar(select(m.person).where(m.key == key))
