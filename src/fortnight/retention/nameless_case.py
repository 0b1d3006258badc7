"""A case whose tested person is erased: contacts keep day, minutes and tier, and nobody a name.

The service's role on PostgreSQL may not change the number of a case, because the vault goes by
it. So the case is written anew, under its own id and a token that fits no number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from fortnight.db.office_tables import call_record, case_change, decision
from fortnight.db.support_tables import (
    exposure_reply,
    follow_day,
    follow_up,
    support_pause,
    support_ticket,
)
from fortnight.db.tables import case_file, exposure, laboratory_token, message, trace_run
from fortnight.parameters import MILLISECONDS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table

_KEPT: Final = (trace_run, exposure, message, decision, call_record, case_change)
"""What goes with the row of a case, and comes back without the person.

Places do not come back, nor whom the case named, nor notes. Who decided what about whom does: it
is answered for, and others were told by it.
"""


_OF_CONTACTS: Final = (follow_up, follow_day, support_ticket, support_pause, exposure_reply)


def make_nameless(
    connection: Connection, case_id: str, random: Callable[[int], bytes], now: int
) -> None:
    """Write a case anew without its person, or delete it where nobody else is concerned.

    ``now`` is in milliseconds since 1970. Repeating changes nothing.
    """
    found = connection.execute(select(case_file).where(case_file.c.id == case_id)).first()
    if found is None:
        return
    old = found._asdict()
    kept = {table: _rows(connection, table, case_id) for table in _KEPT}
    kept[message] = [row for row in kept[message] if row["person"] != old["person"]]
    kept |= _of_contacts(connection, case_id, old["person"])
    token = _rows(connection, laboratory_token, old["token_id"], "id")[0]
    connection.execute(delete(case_file).where(case_file.c.id == case_id))
    connection.execute(delete(laboratory_token).where(laboratory_token.c.id == old["token_id"]))
    if kept[exposure]:
        hashes = {name: random(32) for name in ("token_hash", "test_hash", "number_hash")}
        connection.execute(insert(laboratory_token).values(token | hashes))
        connection.execute(insert(case_file).values(old | _without_name(old, random, now)))
        for table, rows in kept.items():
            if rows:
                connection.execute(insert(table), rows)


def _of_contacts(
    connection: Connection, case_id: str, person: str | None
) -> dict[Table, list[dict[str, Any]]]:
    """Return the follow-up of contacts who enrolled: it is theirs, and goes on.

    What is sealed under the case's key is noise by now: that of whom the case named goes.
    """
    rows = {table: _rows(connection, table, case_id) for table in _OF_CONTACTS}
    theirs = {row["id"] for row in rows[follow_up] if row["person"] not in {None, person}}
    return {
        table: [row for row in found if row["id" if table is follow_up else "follow_up"] in theirs]
        for table, found in rows.items()
    }


def _without_name(
    old: dict[str, Any], random: Callable[[int], bytes], now: int
) -> dict[str, object]:
    closed_at = now if old["closed_at"] is None else old["closed_at"]
    return {
        "person": None,
        "number_hash": random(32),
        "state": old["state"] if old["state"] == "withdrawn" else "closed",
        "closed_at": closed_at,
        "sample_at": old["test_day"] * MILLISECONDS_A_DAY,  # the minute of a sample is a mark
        "onset_day": None,
        "code_hash": None,
        "code_expires_at": None,
    }


def _rows(
    connection: Connection,
    table: Any,  # noqa: ANN401 - a table with rows of a case, or that of tokens
    value: str,
    column: str = "case_id",
) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(table.c[column] == value))
    return [dict(row) for row in found.mappings()]
