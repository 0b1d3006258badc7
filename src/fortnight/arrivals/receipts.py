"""One transaction for many batches: grants asked, receipts and sealed rows written, once each.

Exactly once rests on the primary key of ``receipt`` alone. Where a batch came before, the whole
transaction is taken back, what was acknowledged is looked up, and the rest is written.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from fortnight.arrivals.choices import count_hidden
from fortnight.arrivals.many_rows import ARRIVALS, RECEIPTS, add_rows
from fortnight.db.tables import receipt
from fortnight.errors import DatabaseError, RefusedError
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from fortnight.consent.store import Consents
    from fortnight.db.engine import Database

_ANSWER: Final = select(receipt.c.answer).where(
    receipt.c.person == bindparam("person"),
    receipt.c.kind == bindparam("kind"),
    receipt.c.batch == bindparam("batch"),
)
_TRIES: Final = 8
"""Each try has seen more receipts than the one before: a second is rare, a third more so."""


class Key(NamedTuple):
    """What makes a batch the same: who sent it, of which kind, under which name of their own."""

    person: str
    kind: str
    batch: str


class Waiting(NamedTuple):
    """One batch that waits to be written."""

    key: Key
    origin: str
    grant: str  # the kind of grant that it needs
    received_at: int  # milliseconds since 1970 UTC
    rows: int  # those kept
    sealed: bytes
    answer: bytes
    hidden: int = 0  # rows that the person chose never to send


class Receipt(NamedTuple):
    """What is acknowledged: the same bytes each time the same batch comes."""

    answer: bytes  # JSON
    repeated: bool  # whether it had come before


Outcome = Receipt | RefusedError


class _CameBeforeError(Exception):
    """Some of the batches have receipts already."""


def write(database: Database, consents: Consents, waiting: Sequence[Waiting]) -> list[Outcome]:
    """Write batches in one durable transaction; return what to say to each.

    Without a live grant nothing of a batch is written: its outcome is a RefusedError.
    """
    before: dict[Key, bytes] = {}
    for _ in range(_TRIES):
        try:
            with database.write() as connection:
                allowed = _allowed(connection, consents, waiting)
                fresh = {
                    one.key: one
                    for one in reversed(waiting)  # so that of repeats in one go the first counts
                    if one.key not in before and (one.key.person, one.grant) in allowed
                }
                _insert(connection, list(fresh.values()))
        except _CameBeforeError:
            before |= _answers(database, {one.key for one in waiting} - before.keys())
            continue
        return [_outcome(one, before, fresh, allowed) for one in waiting]
    raise DatabaseError("The database kept changing while a batch was written. Send it again.")


def _allowed(
    connection: Connection, consents: Consents, waiting: Iterable[Waiting]
) -> set[tuple[str, str]]:
    """Return (person, kind of grant) for what is live now, in one query a kind."""
    asked: dict[str, set[str]] = {}
    for one in waiting:
        asked.setdefault(one.grant, set()).add(one.key.person)
    return {
        (person, kind)
        for kind, people in sorted(asked.items())
        for person in consents.live_people(connection, people, kind)
    }


def _insert(connection: Connection, fresh: Sequence[Waiting]) -> None:
    """Insert receipts and sealed rows; raises _CameBeforeError where a receipt was there."""
    receipts = [(*one.key, one.received_at, one.answer) for one in fresh]
    if add_rows(connection, RECEIPTS, receipts) != len(receipts):
        raise _CameBeforeError
    add_rows(connection, ARRIVALS, [_arrival(one) for one in fresh if one.rows])
    count_hidden(connection, _hidden(fresh))


def _hidden(fresh: Sequence[Waiting]) -> Counter[tuple[str, int]]:
    hidden: Counter[tuple[str, int]] = Counter()
    for one in fresh:
        if one.hidden:
            hidden[one.key.person, one.received_at // MILLISECONDS_A_DAY] += one.hidden
    return hidden


def _arrival(one: Waiting) -> tuple[str | int | bytes, ...]:
    return (one.key.person, one.key.kind, one.origin, one.received_at, one.rows, one.sealed)


def _answers(database: Database, keys: Iterable[Key]) -> dict[Key, bytes]:
    """Return what was acknowledged before, asked one by one: SQLite has no index for many keys."""
    found: dict[Key, bytes] = {}
    with database.read() as connection:
        for key in keys:
            answer = connection.scalar(_ANSWER, key._asdict())
            if answer is not None:
                found[key] = answer
    return found


def _outcome(
    one: Waiting,
    before: dict[Key, bytes],
    fresh: dict[Key, Waiting],
    allowed: set[tuple[str, str]],
) -> Outcome:
    if (one.key.person, one.grant) not in allowed:
        return RefusedError(
            f"There is no live grant {one.grant}: nothing was stored. Give it first, or stop "
            "sending."
        )
    if one.key in before:
        return Receipt(before[one.key], repeated=True)
    first = fresh[one.key]
    return Receipt(first.answer, repeated=first is not one)
