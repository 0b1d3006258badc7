"""When a test proves wrong: every decision is retracted, and whoever was told hears of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import func, insert, select, update

from fortnight.case.files import log
from fortnight.db.office_tables import case_change, decision
from fortnight.db.tables import message
from fortnight.errors import GoneError
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fortnight.notify.outbox import Outbox
    from fortnight.vault.purposes import Reader

MAY_HAVE_ARRIVED: Final = ("sending", "sent", "delivered", "unknown")
"""States of texts that may have been read."""


@dataclass(frozen=True, slots=True)
class Retracted:
    """What a retraction undid: decisions, texts that had not left, people who were told."""

    decisions: int
    stopped: int
    told: int


def retract_all(
    connection: Connection, outbox: Outbox, case_id: str, why: str, reader: Reader, now: int
) -> Retracted:
    """Retract what was decided for a case, in the caller's transaction that holds its row.

    Texts are stopped before it is asked who was told: one that leaves meanwhile is among them.
    """
    undone = connection.execute(
        update(decision)
        .where(decision.c.case_id == case_id, decision.c.retracted_at.is_(None))
        .values(retracted_at=now, retracted_why=why)
    ).rowcount
    stopped = outbox.stop_case(connection, case_id)
    done = Retracted(undone, stopped, _tell(connection, outbox, case_id, now))
    if done.decisions or done.told:
        entry: dict[str, str | int] = {"case": case_id, "step": "retracted", **asdict(done)}
        log(connection, "case", entry, reader, now, outbox.random)
    connection.execute(
        insert(case_change).values(
            id=outbox.random(16).hex(),
            case_id=case_id,
            at=now,
            kind="test-withdrawn",
            detail=msgspec.json.encode(asdict(done)).decode(),
        )
    )
    return done


def _tell(connection: Connection, outbox: Outbox, case_id: str, now: int) -> int:
    """Queue a text to everybody who was told, or may have been; return to how many."""
    told = connection.scalars(
        select(message.c.person)
        .where(
            message.c.case_id == case_id,
            message.c.template == Template.PLEASE_CALL,
            message.c.state.in_(MAY_HAVE_ARRIVED),
        )
        .group_by(message.c.person)
        .order_by(func.min(message.c.made_at), message.c.person)
    ).all()
    queued = 0
    for person in told:
        key = f"retracted {case_id} {person}"
        try:
            outbox.queue(connection, person, key, Template.RETRACTED, {}, case_id, now)
        except GoneError:
            continue  # erased since: there is nobody to write to
        queued += 1
    return queued
