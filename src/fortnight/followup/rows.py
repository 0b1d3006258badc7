"""The rows of a follow-up as values, and what is sealed in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from sqlalchemy import select

from fortnight.db.support_tables import follow_day, follow_up
from fortnight.errors import RefusedError
from fortnight.followup.answers import Answer
from fortnight.followup.day import DayState
from fortnight.followup.plan import Change, Exposed, Plan
from fortnight.followup.release import Ill

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqlalchemy import Connection, Row

    from fortnight.vault.door import Vault

CASE: Final = "case"
"""What stands for a contact where the follow-up is that of the case themselves."""
State = Literal["running", "over", "stopped", "became-case"]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class Kept(msgspec.Struct, frozen=True):
    """What is sealed of a follow-up: its plan, what that follows from, and its last changes.

    ``from_day`` is the day it began: the plan is made anew as of that day.
    """

    plan: Plan
    from_day: int
    exposed: Exposed | None = None
    ill: Ill | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """An instant where people are: the day since 1970, and the minute of it."""

    now: int
    day: int
    minute: int


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of a follow-up: what was asked, and whether they answered; not what."""

    day: int
    state: DayState
    asked_at: int | None
    answered_at: int | None
    channel: str | None


def here(now: int, zone: tzinfo) -> Here:
    """Return an instant (ms since 1970) as people's own day and minute."""
    there = datetime.fromtimestamp(now / 1_000, zone)
    return Here(now, (there.date() - _EPOCH).days, there.hour * 60 + there.minute)


def row_seen(connection: Connection, follow_up_id: str) -> Row[Any]:
    """Return one follow-up as it is. RefusedError where there is none."""
    row = connection.execute(select(follow_up).where(follow_up.c.id == follow_up_id)).first()
    if row is None:
        raise RefusedError(f"There is no follow-up {follow_up_id}.")
    return row


def row_of(connection: Connection, follow_up_id: str) -> Row[Any]:
    """Return one follow-up, held until the transaction ends. RefusedError where there is none."""
    held = select(follow_up.c.id).where(follow_up.c.id == follow_up_id).with_for_update()
    connection.execute(held)
    return row_seen(connection, follow_up_id)


def running_of(connection: Connection, person: str) -> list[Row[Any]]:
    """Return a person's follow-ups that are not over, the oldest first."""
    c = follow_up.c
    mine = select(follow_up).where(c.person == person, c.state == "running")
    return list(connection.execute(mine.order_by(c.began_at, c.id)))


def together_with(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    """Return the running follow-ups of a household, this one too, in one order for all of it."""
    if row.household is None:
        return [row]
    c = follow_up.c
    same = select(follow_up).where(c.household == row.household, c.state == "running")
    return list(connection.execute(same.order_by(c.id)))


def calendar_of(connection: Connection, follow_up_id: str) -> tuple[CalendarDay, ...]:
    """Return the days of a follow-up, the first of them first."""
    c = follow_day.c
    rows = connection.execute(select(follow_day).where(c.follow_up == follow_up_id).order_by(c.day))
    return tuple(
        CalendarDay(row.day, DayState(row.state), row.asked_at, row.answered_at, row.channel)
        for row in rows
    )


# -- what is sealed ------------------------------------------------------------------------------


def seal(vault: Vault, row: Any, data: bytes, label: str) -> bytes:  # noqa: ANN401 - any row with person and case
    """Seal under the person's key, or under the case's where they never enrolled."""
    if row.person is not None:
        return vault.seal(row.person, data, label.encode())
    return vault.seal_case(row.case_id, data, label.encode())


def unseal(vault: Vault, row: Any, sealed: bytes, label: str) -> bytes:  # noqa: ANN401 - the same
    """Return what `seal` sealed. Raises GoneError where the key was destroyed."""
    if row.person is not None:
        return vault.unseal(row.person, sealed, label.encode())
    return vault.unseal_case(row.case_id, sealed, label.encode())


def seal_kept(vault: Vault, row: Any, kept: Kept) -> bytes:  # noqa: ANN401 - the same
    """Seal what is kept of a follow-up."""
    return seal(vault, row, msgspec.json.encode(kept), f"follow-up {row.id}")


def kept_of(vault: Vault, row: Any) -> Kept:  # noqa: ANN401 - the same
    """Return what is kept of a follow-up."""
    return msgspec.json.decode(unseal(vault, row, row.sealed, f"follow-up {row.id}"), type=Kept)


def seal_answer(vault: Vault, row: Any, day: int, answer: Answer) -> bytes:  # noqa: ANN401 - the same
    """Seal what somebody answered on a day."""
    return seal(vault, row, msgspec.json.encode(answer), f"answer {row.id} {day}")


def answers_of(connection: Connection, vault: Vault, row: Any) -> dict[int, Answer]:  # noqa: ANN401 - the same
    """Return what somebody answered, by day."""
    c = follow_day.c
    query = select(c.day, c.sealed).where(c.follow_up == row.id, c.sealed.is_not(None))
    return {
        day: msgspec.json.decode(unseal(vault, row, sealed, f"answer {row.id} {day}"), type=Answer)
        for day, sealed in connection.execute(query.order_by(c.day))
    }
