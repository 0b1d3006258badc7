"""Taking back what the log swore to: for a database that was put back from an older backup.

Everybody may hold the service to its published checkpoints, so the entries that the database lacks
come back from the published files, each in its place. The salts that opened them are lost: they
are kept as what they are, and every proof that was ever given still holds.

Two steps, so that what has to be replayed can be done between them: first the entries come back
without a place, then one transaction gives all of them their places and moves the head. Until
then the database is behind the checkpoint, and the service refuses to start.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select, update

from fortnight.db.tables import ledger_head, ledger_leaf
from fortnight.errors import DatabaseError, InputError
from fortnight.ledger.checkpoint import Checkpoint, open_checkpoint
from fortnight.ledger.entries import KINDS, opens, public_id
from fortnight.ledger.log import CHECKPOINT_FILE
from fortnight.ledger.tiles import WIDTH, Tiles
from fortnight.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.ledger.note import PublicKey

_AT_ONCE: Final = 64 * WIDTH
_HOUR_MS: Final = 3_600_000
_ID_DIGITS: Final = 32
_UNREADABLE: Final = "entry"  # of a kind that this version does not know
_DAYS_TOLD_LATE: Final = 60
_HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the database lacks of the published log.

    Attributes
    ----------
    held, published : int
        Entries in the database's tree, and in the published one.
    kinds : mapping of str to int
        The entries between the two, by kind.
    """

    held: int
    published: int
    kinds: Mapping[str, int]

    def __bool__(self) -> bool:
        return self.published > self.held


@dataclass(frozen=True, slots=True)
class Restoring:
    """The published log in a folder, beside a database that may be behind it.

    Parameters
    ----------
    folder : Path
        Of the tiles and the checkpoint: the service's own, or a copy that somebody kept.
    key : PublicKey
        Of the log: what it did not sign is not taken back.
    """

    database: Database
    folder: Path
    key: PublicKey

    def lacking(self) -> Lacking:
        """Return what the database lacks, once all of it was verified.

        Raises DatabaseError where the files are not what the checkpoint swears to, or the
        database is of another log.
        """
        published, held = self._published(), self._held()
        size, root = (0, EMPTY_ROOT) if held is None else (held.size, held.root)
        if published is None or published.size < size:
            return Lacking(size, size, {})
        tiles = Tiles(self.folder)
        edge = Frontier.of(size, tiles.nodes(published.size))
        if edge.root() != root:
            raise DatabaseError(
                f"The database's head of {size} entries is not the beginning of the log in "
                f"{self.folder}: it is of another log, or one of the two was changed. Nothing was "
                "taken back. verify_ledger.py says whether the files are whole."
            )
        kinds: Counter[str] = Counter()
        for _, entries in self._missing(size, published.size):
            edge = edge.grown(leaf_hash(entry) for entry in entries)
            kinds.update(kind_of(entry)[0] for entry in entries)
        if edge.root() != published.root:
            raise DatabaseError(
                f"The entries in {self.folder} are not what its checkpoint swears to: a file was "
                "changed. Nothing was taken back. Take a copy that verify_ledger.py accepts."
            )
        return Lacking(size, published.size, dict(kinds))

    def bring_back(self, lacking: Lacking) -> None:
        """Bring back every entry that the database lacks, without a place yet.

        What still waited when the backup was made is there already. Repeating adds nothing.
        """
        waiting = self._waiting()
        for start, entries in self._missing(lacking.held, lacking.published):
            rows = [
                (start + number, entry)
                for number, entry in enumerate(entries)
                if not _taken(waiting, entry)
            ]
            if rows:
                with self.database.write() as connection:
                    _bring_back(connection, rows)

    def put_in_place(self, lacking: Lacking) -> None:
        """Give every entry its place and move the head, in one transaction.

        Raises DatabaseError where the database changed meanwhile: then nothing is done.
        """
        published, waiting = self._published(), self._waiting()
        if published is None or published.size != lacking.published:
            raise DatabaseError(f"The log in {self.folder} changed meanwhile: do it again.")
        with self.database.write() as connection:
            _claim(connection, lacking.held, published)
            for start, entries in self._missing(lacking.held, lacking.published):
                places = [
                    {"its_id": _taken(waiting, entry), "its_place": start + number}
                    for number, entry in enumerate(entries)
                ]
                connection.execute(
                    update(ledger_leaf)
                    .where(ledger_leaf.c.id == bindparam("its_id"))
                    .values(place=bindparam("its_place")),
                    places,
                )

    # -- what is there -----------------------------------------------------------------------------

    def _published(self) -> Checkpoint | None:
        try:
            note = (self.folder / CHECKPOINT_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return self._opened(note, str(self.folder / CHECKPOINT_FILE))

    def _held(self) -> Checkpoint | None:
        with self.database.read() as connection:
            note = connection.scalar(select(ledger_head.c.checkpoint))
        return None if note is None else self._opened(note, "the database's head")

    def _opened(self, note: str, where: str) -> Checkpoint:
        try:
            return open_checkpoint(self.key, note)
        except InputError as error:
            raise DatabaseError(f"{where} cannot be followed: {error}") from error

    def _missing(self, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the published entries from one place to another, with the place of the first."""
        tiles = Tiles(self.folder)
        while start < end:
            until = min(start - start % WIDTH + _AT_ONCE, end)
            entries = tiles.entries(start - start % WIDTH, until)
            yield start, entries[start % WIDTH :]
            start = until

    def _waiting(self) -> dict[bytes, list[str]]:
        """Return the ids of the entries without a place, by what they say."""
        leaf, found = ledger_leaf.c, defaultdict[bytes, list[str]](list)
        query = select(leaf.id, leaf.entry).where(leaf.place.is_(None))
        with self.database.read() as connection:
            for name, entry in connection.execute(query.order_by(leaf.id.desc())):
                found[bytes(entry)].append(name)
        return found


def kind_of(entry: bytes) -> tuple[str, int]:
    """Return an entry's kind, and the hour that it tells, in ms since 1970."""
    try:
        document = json.loads(entry)
        kind, hour = document["kind"], int(document["hour"])
    except (ValueError, KeyError, TypeError):
        return _UNREADABLE, 0
    return (kind if kind in KINDS else _UNREADABLE), hour * _HOUR_MS


def _bring_back(connection: Connection, entries: list[tuple[int, bytes]]) -> None:
    rows = []
    for place, entry in entries:
        kind, made_at = kind_of(entry)
        name = _public_name(entry, made_at) if kind == "deletion" else None
        known = select(ledger_leaf.c.id).where(ledger_leaf.c.id == name)
        if name is None or connection.scalar(known) is not None:  # told of once more
            name = sha256(b"taken back %d " % place + entry).hexdigest()[:_ID_DIGITS]
        row = {"id": name, "kind": kind, "entry": entry, "made_at": made_at, "place": None}
        rows.append(row)
    connection.execute(insert(ledger_leaf), rows)


def _public_name(entry: bytes, made_at: int) -> str | None:
    """Return the id by which the end of a day is told of once; None for any other entry.

    Its salt is 32 zero bytes, so that everybody can find out which day it was.
    """
    today = made_at // _HOUR_MS // _HOURS_A_DAY
    for day in range(today, today - _DAYS_TOLD_LATE, -1):
        if opens(entry, bytes(32), {"day": day}):
            return public_id({"day": day})
    return None


def _taken(waiting: dict[bytes, list[str]], entry: bytes) -> str | None:
    """Take one id of those that wait with an entry."""
    names = waiting.get(entry)
    return names.pop() if names else None


def _claim(connection: Connection, held: int, published: Checkpoint) -> None:
    """Move the head from where it was verified to be."""
    values = {"size": published.size, "root": published.root, "checkpoint": published.note}
    moved = connection.execute(
        update(ledger_head).where(ledger_head.c.size == held).values(values)
    ).rowcount
    if not moved and connection.scalar(select(ledger_head.c.size)) is None and held == 0:
        connection.execute(insert(ledger_head).values(id=1, made_at=0, **values))
    elif not moved:
        raise DatabaseError("Entries joined the log meanwhile: is the service running? Stop it.")
