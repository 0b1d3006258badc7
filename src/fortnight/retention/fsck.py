"""A second opinion on what is stored, with other code: plain SQL, no word of the sweep.

The numbers stand here a second time on purpose. A sweep that is wrong would pass its own test.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.vault.keys import Keys
    from fortnight.vault.people import People

_DAY_MS: Final = 86_400_000
_LATE_MS: Final = 2 * 3_600_000
"""The sweep runs each hour, and may be in the middle of it."""
_NOT_TAKEN_IN: Final = 10 * 60_000
"""An entry of the log waits a minute; an arrival some seconds."""
_ERASED_WITHIN: Final = _DAY_MS

_PAST_ITS_TIME: Final = {
    "arrival": "received_at < :day14",
    "receipt": "received_at < :day14",
    "hidden_stay": '"end" < :day14',
    "exposure_detail": "last_day < :n14",
    "lake_file": "day < :n14",
    "lake_day": "day < :n14",
    "alarm": "at < :day44",
    "inbound": "at < :day44",
    "receipt_heard": "heard_at < :day14",
    "look": "at < :day44 AND NOT EXISTS (SELECT 1 FROM case_file c WHERE c.id = look.case_id)",
    "message": (
        "made_at < :day44 AND NOT EXISTS (SELECT 1 FROM case_file c WHERE c.id = message.case_id)"
        " OR sealed IS NOT NULL AND made_at < :day14"
    ),
    "laboratory_token": (
        "expires_at < :late AND NOT EXISTS"
        " (SELECT 1 FROM case_file c WHERE c.token_id = laboratory_token.id)"
    ),
    "case_file": (
        "(agreed_at IS NOT NULL OR person IS NULL) AND follow_up_end_day < :n30"
        " OR (agreed_at IS NULL AND person IS NOT NULL OR follow_up_end_day IS NULL)"
        " AND opened_at < :day14"
        " OR code_hash IS NOT NULL AND code_expires_at < :late"
    ),
}
_OF_PEOPLE: Final = (
    "arrival",
    "receipt",
    "look",
    "consent_grant",
    "message",
    "case_file",
    "inbound",
    "receipt_heard",
    "call_task",
    "follow_up",
    "support_record",
    "support_ticket",
    "support_pause",
    "exposure_reply",
    "home_reminder",
    "own_zone",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    kind : str
        Such as ``past-its-time``; see docs/runbooks.
    where : str
        A table, file or entry.
    said : str
        What was found, in a sentence that holds ids and counts alone.
    """

    kind: str
    where: str
    said: str


@dataclass(frozen=True, slots=True)
class Fsck:
    """What is checked.

    Attributes
    ----------
    people, keys : People, Keys
        Who is enrolled, and who has a key; nothing else is asked of them.
    lake, log : Path
        Folder of the lake, and of the log's tiles and checkpoint.
    """

    database: Database
    people: People
    keys: Keys
    lake: Path
    log: Path

    def findings(self, now: int) -> list[Finding]:
        """Return everything found wrong at an instant, in milliseconds since 1970."""
        with self.database.read() as connection:
            return [
                *_past_their_time(connection, now),
                *self._days(now),
                *self._people(connection, now),
                *_unfinished(connection, now),
                *self._files(),
                *self._ledger(now),
            ]

    # -- time --------------------------------------------------------------------------------------

    def _days(self, now: int) -> Iterator[Finding]:
        first = (now - _LATE_MS) // _DAY_MS - 14
        days = set(self.people.days()) | self.keys.days()
        for day in sorted(day for day in days if day < first):
            yield Finding("past-its-time", "keys/day", f"Day {day} still has a key or pseudonyms.")

    # -- people ------------------------------------------------------------------------------------

    def _people(self, connection: Connection, now: int) -> Iterator[Finding]:
        erased_now = _ids(connection, "SELECT person FROM erasure WHERE person IS NOT NULL")
        named = {
            table: _ids(connection, f"SELECT DISTINCT person FROM {table}")  # noqa: S608 - names of ours
            for table in _OF_PEOPLE
        }
        enrolled, with_key = set(self.people.ids()), self.keys.people()
        for table, people in named.items():
            for person in sorted(people - enrolled - erased_now):
                yield Finding("nobody", table, f"Rows of {person}, who is not enrolled.")
        for person in sorted(enrolled - with_key - erased_now):
            yield Finding("no-key", "people", f"{person} is enrolled and has no key.")
        for person in sorted(with_key - enrolled - erased_now):
            yield Finding("key-of-nobody", "keys/person", f"A key of {person}, not enrolled.")
        reasons = self._reasons(connection, now) | erased_now
        for person in sorted(enrolled - reasons):
            yield Finding(
                "no-reason",
                "people",
                f"{person} has no live grant, no case, and no erasure under way.",
            )

    def _reasons(self, connection: Connection, now: int) -> set[str]:
        """Return who is held for a reason: a grant, one just withdrawn, or a case of their own."""
        return _ids(
            connection,
            "SELECT person FROM consent_grant WHERE withdrawn_at IS NULL OR withdrawn_at >= :day14"
            " UNION SELECT person FROM case_file WHERE person IS NOT NULL",
            **_cuts(now),
        )

    # -- files -------------------------------------------------------------------------------------

    def _files(self) -> Iterator[Finding]:
        if not self.lake.is_dir():
            return
        with _nobody_writes(self.lake), self.database.read() as connection:
            files = connection.execute(text("SELECT name, bytes FROM lake_file")).all()
            indexes = _ids(connection, "SELECT index_name FROM lake_day")
            there = {one.name for one in self.lake.iterdir() if not one.name.startswith(".")}
            for name, size in files:
                if name not in there:
                    yield Finding("file-missing", name, "The catalogue names it.")
                elif (found := (self.lake / name).stat().st_size) != size:
                    yield Finding("file-changed", name, f"{found} bytes, not {size}.")
            for name in sorted(indexes - there):
                yield Finding("file-missing", name, "The catalogue names this index.")
            for name in sorted(there - indexes - {name for name, _ in files}):
                yield Finding("file-unknown", name, "In the lake, and not in its catalogue.")

    # -- the log -----------------------------------------------------------------------------------

    def _ledger(self, now: int) -> Iterator[Finding]:
        published = self._published()  # first: what is in it has to be in the database by then
        with self.database.read() as connection:
            head: Any = connection.execute(text("SELECT size, root FROM ledger_head")).first()
            size, root = (0, _root([])) if head is None else (head.size, bytes(head.root))
            query = "SELECT place, entry FROM ledger_leaf WHERE place < :size ORDER BY place"
            rows = connection.execute(text(query), {"size": size}).all()
            waiting = "SELECT count(*) FROM ledger_leaf WHERE place IS NULL AND made_at < :at"
            late = connection.scalar(text(waiting), {"at": now - _NOT_TAKEN_IN})
        hashes = [sha256(b"\0" + bytes(row.entry)).digest() for row in rows]
        if [row.place for row in rows] != list(range(size)):
            said = f"{len(rows)} entries have a place, and the head swears to {size}."
            yield Finding("ledger-broken", "ledger_leaf", said)
        elif _root(hashes) != root:
            yield Finding("ledger-broken", "ledger_head", "Entries do not give the head's root.")
        elif not _fits(published, hashes):
            said = "What was published is not of the entries in the database."
            yield Finding("ledger-broken", "checkpoint", said)
        if late:
            yield Finding("ledger-waits", "ledger_leaf", f"{late} entries were not taken in.")

    def _published(self) -> list[str]:
        """Return the lines of the published checkpoint: name, size, root, and the signature."""
        path = self.log / "checkpoint"
        return path.read_text(encoding="utf-8").split("\n") if path.exists() else []


@contextmanager
def _nobody_writes(lake: Path) -> Iterator[None]:
    """Wait until nobody changes the lake: a file is there before the catalogue names it."""
    with (lake / ".writer").open("ab") as lock:
        flock(lock, LOCK_EX)
        yield


def _fits(published: list[str], hashes: list[bytes]) -> bool:
    """Tell whether a checkpoint is of the first entries of these, by its size and root."""
    if not published:
        return not hashes
    name_and_size, root = published[:2], published[2:3]
    size = int(name_and_size[-1]) if name_and_size[-1].isdigit() else -1
    if not 0 <= size <= len(hashes):
        return False
    return root == [b64encode(_root(hashes[:size])).decode()]


def _past_their_time(connection: Connection, now: int) -> Iterator[Finding]:
    for table, rule in _PAST_ITS_TIME.items():
        count = connection.scalar(
            text(f"SELECT count(*) FROM {table} WHERE {rule}"),  # noqa: S608 - words of ours
            _used(rule, _cuts(now)),
        )
        if count:
            yield Finding("past-its-time", table, f"{count} rows are past their time.")
    waits = connection.scalar(
        text("SELECT count(*) FROM arrival WHERE received_at < :at"), {"at": now - _DAY_MS}
    )
    if waits:
        yield Finding("not-filed", "arrival", f"{waits} arrivals have waited for a day.")


def _unfinished(connection: Connection, now: int) -> Iterator[Finding]:
    query = "SELECT id FROM erasure WHERE person IS NOT NULL AND asked_at < :at"
    for name in sorted(_ids(connection, query, at=now - _ERASED_WITHIN)):
        yield Finding("erasure-late", "erasure", f"{name} was asked for more than a day ago.")
    left = "SELECT id FROM erasure WHERE person IS NULL AND (trail IS NOT NULL OR leaf IS NULL)"
    for name in sorted(_ids(connection, left)):
        yield Finding("erasure-broken", "erasure", f"{name} ended and left its traces.")


def _cuts(now: int) -> dict[str, int]:
    late = now - _LATE_MS
    today = late // _DAY_MS
    return {
        "late": late,
        "n14": today - 14,
        "n30": today - 30,
        "day14": (today - 14) * _DAY_MS,
        "day44": (today - 44) * _DAY_MS,
    }


def _used(rule: str, cuts: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in cuts.items() if f":{name}" in rule}


def _ids(connection: Connection, query: str, **given: int) -> set[str]:
    found = connection.scalars(text(query), _used(query, given))
    return {str(one) for one in found if one is not None}


def _root(hashes: list[bytes]) -> bytes:
    """Return the root over hashes of entries: RFC 6962, written from its definition."""
    if not hashes:
        return sha256(b"").digest()
    level = hashes
    while len(level) > 1:
        paired = [
            sha256(b"\1" + level[place] + level[place + 1]).digest()
            for place in range(0, len(level) - 1, 2)
        ]
        level = paired + level[len(paired) * 2 :]  # one without a neighbour rises as it is
    return level[0]
