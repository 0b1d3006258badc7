"""The log's turn: entries that wait join the tree, which is then written and sworn to.

The database decides, in one transaction, which entries are in the tree, in what order, and what
the root is: there the head is compared and swapped. Files follow from the database alone, so
whoever writes them, however often, writes the same bytes; that is also how a turn that died is
finished. Files written before the head was swapped would have to be told apart from those of a
turn that lost the race.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from fortnight.db.tables import ledger_head, ledger_leaf
from fortnight.errors import DatabaseError, InputError, QuestionError
from fortnight.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from fortnight.ledger.tiles import WIDTH, Tiles, settle, write_file
from fortnight.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_inclusion,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from fortnight.db.engine import Database
    from fortnight.ledger.note import Signer

BATCH: Final = 64 * WIDTH
"""Most entries that are read at once, to be written as tiles."""
TURN: Final = 8 * WIDTH
"""Most entries of one transaction: others wait to write for some hundredths of a second."""
CHECKPOINT_FILE: Final = "checkpoint"
_LOCK_FILE: Final = ".lock"
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry is in the tree, for whoever trusts the checkpoint.

    Attributes
    ----------
    index : int
        The entry's place in the tree, from 0.
    hashes : tuple of bytes
        The path from the entry to the root, 32 bytes each.
    """

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint


Proof = Inclusion | Literal["pending"]


class Log:
    """The log in a database and a folder."""

    def __init__(
        self, database: Database, folder: Path, signer: Signer, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._folder = folder
        self._signer = signer
        self._clock = clock
        self._tiles = Tiles(folder)

    def sequence(self, now: int | None = None) -> Checkpoint:
        """Take every entry that waits into the tree, and publish the checkpoint.

        May run anywhere, at any time, several times at once. Raises DatabaseError where database
        and files contradict each other; nothing is signed then.

        Parameters
        ----------
        now : int, optional
            Milliseconds since 1970; the clock's, where it is not given.
        """
        at = self._clock() if now is None else now
        head = self._head(at)
        # Died before here in an earlier turn: this finishes it.
        self._publish(head)
        more = True
        while more:  # a turn that was not full left nothing: what came since is for the next call
            head, more = self._grow(head, at)
            # Died here: entries are in the tree, and nobody was told. The next turn tells.
            self._publish(head)
            more = more or self._stored_head() != head  # another's turn went on meanwhile
        return head

    def check_current(self) -> None:
        """Raise DatabaseError where the database has less than was published: it is a backup."""
        published = self.checkpoint()
        if published is not None:
            self._check_overtaken(published.size)

    def checkpoint(self) -> Checkpoint | None:
        """Return the published checkpoint; None before the log's first turn."""
        try:
            note = (self._folder / CHECKPOINT_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise DatabaseError(self._unusable("it is not text")) from error
        return self._opened(note)

    def proof(self, leaf_id: str) -> Proof:
        """Return the proof that an entry is in the tree, or "pending" until it is.

        Raises QuestionError where there is no such entry.
        """
        proofs = self.proofs([leaf_id])
        if leaf_id not in proofs:
            raise QuestionError(f"the log has no entry {leaf_id!r}.")
        return proofs[leaf_id]

    def proofs(self, leaf_ids: Sequence[str]) -> Mapping[str, Proof]:
        """Return the proofs of many entries by their ids; without those that do not exist.

        Raises DatabaseError where the files do not prove what the database says.
        """
        # The checkpoint is read first: an entry that joins between the two is still pending.
        published = self.checkpoint()
        proofs = dict[str, Proof]()
        with self._database.read() as connection:
            for start in range(0, len(leaf_ids), _ASKED_AT_ONCE):
                asked = leaf_ids[start : start + _ASKED_AT_ONCE]
                for leaf_id, entry, place in connection.execute(
                    select(ledger_leaf.c.id, ledger_leaf.c.entry, ledger_leaf.c.place).where(
                        ledger_leaf.c.id.in_(asked)
                    )
                ):
                    proofs[leaf_id] = self._proof(entry, place, published)
        return proofs

    def _proof(self, entry: bytes, place: int | None, published: Checkpoint | None) -> Proof:
        if place is None or published is None or place >= published.size:
            return "pending"
        size = published.size
        hashes = inclusion_proof(place, size, self._tiles.nodes(size))
        if not verify_inclusion(leaf_hash(entry), place, size, hashes, published.root):
            self._tiles.forget()
            raise DatabaseError(
                f"entry {place} of the log is not what the checkpoint in {self._folder} swears to: "
                "an entry or a tile was changed. verify_ledger.py says which tile."
            )
        return Inclusion(entry, place, hashes, published)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of ``new`` entries begins with that of ``old``.

        Raises QuestionError for sizes that the published tree does not have.
        """
        published = self.checkpoint()
        size = 0 if published is None else published.size
        if not 0 <= old <= new <= size:
            raise QuestionError(
                f"no proof leads from {old} to {new} entries: the log has {size}. "
                "Give the smaller number first."
            )
        return consistency_proof(old, new, self._tiles.nodes(size))

    # -- the database: which entries are in the tree ---------------------------------------------

    def _head(self, now: int) -> Checkpoint:
        found = self._stored_head()
        return found if found is not None else self._first_head(now)

    def _stored_head(self) -> Checkpoint | None:
        with self._database.read() as connection:
            note = connection.execute(select(ledger_head.c.checkpoint)).scalar_one_or_none()
        return None if note is None else self._opened(note)

    def _first_head(self, now: int) -> Checkpoint:
        empty = sign_checkpoint(self._signer, 0, EMPTY_ROOT)
        try:
            with self._database.write() as connection:
                connection.execute(insert(ledger_head).values(id=1, **_row(empty, now)))
        except IntegrityError:
            return self._head(now)  # another was first
        return empty

    def _grow(self, head: Checkpoint, now: int) -> tuple[Checkpoint, bool]:
        """Return the head after entries joined, and whether more of them may wait."""
        if not self._anything_waits():
            # another's turn may have taken them: with the older head this turn would never end
            return self._head(now), False
        edge = self._edge(head)
        with self._database.write() as connection:
            if _claimed(connection, head, now):
                # up to where a tile ends: what was published half would be written twice
                most = TURN - head.size % WIDTH
                entries = _numbered(connection, head.size, most)
                edge = edge.grown(leaf_hash(entry) for entry in entries)
                grown = sign_checkpoint(self._signer, edge.size, edge.root())
                # Died here: nothing happened, and every entry still waits.
                connection.execute(update(ledger_head).values(**_row(grown, now)))
                return grown, len(entries) == most
        # Another's turn came between: go on from where it ended.
        return self._head(now), True

    def _edge(self, head: Checkpoint) -> Frontier:
        """Return where the tree grows, from the files. What they say is never signed unchecked."""
        edge = Frontier.of(head.size, self._tiles.nodes(head.size))
        if edge.root() != head.root:
            self._tiles.forget()
            raise DatabaseError(
                f"the files in {self._folder} do not give the root of the database's head of "
                f"{head.size} entries: an entry or a tile was changed. Nothing was signed or "
                f"published. Restore the database if verify_ledger.py accepts the files; if it "
                f"does not, remove {CHECKPOINT_FILE} and tile/ there, and they are written anew."
            )
        return edge

    def _anything_waits(self) -> bool:
        with self._database.read() as connection:
            waiting = select(ledger_leaf.c.id).where(ledger_leaf.c.place.is_(None)).limit(1)
            return connection.execute(waiting).first() is not None

    # -- the files: what everybody sees ----------------------------------------------------------

    def _publish(self, head: Checkpoint) -> None:
        """Make the folder show the head, or what followed it."""
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            settle({self._folder.parent})
        with self._only_one_writes():
            published = self.checkpoint()
            size = 0 if published is None else published.size
            if size > head.size:
                self._check_overtaken(size)
            elif published is None or size < head.size:
                self._write(size, head)
            elif published != head:
                raise DatabaseError(self._unusable("it swears to another tree of the same size"))

    def _write(self, size: int, head: Checkpoint) -> None:
        while size < head.size:
            end = min(size - size % BATCH + BATCH, head.size)
            self._tiles.grow(size, self._entries(size - size % WIDTH, end))
            size = end
        self._edge(head)
        # Died here: the tiles are there, the old checkpoint too. The next turn does this again.
        settle(write_file(self._folder / CHECKPOINT_FILE, head.note.encode()))

    def _entries(self, start: int, end: int) -> list[bytes]:
        within = ledger_leaf.c.place.between(start, end - 1)
        query = select(ledger_leaf.c.entry).where(within).order_by(ledger_leaf.c.place)
        with self._database.read() as connection:
            entries = list(connection.execute(query).scalars())
        if len(entries) != end - start:
            raise DatabaseError(
                f"the database lacks {end - start - len(entries)} of the log's entries {start} to "
                f"{end - 1}: restore it from a backup."
            )
        return entries

    def _check_overtaken(self, size: int) -> None:
        now = self._stored_head()
        if now is None or now.size < size:
            raise DatabaseError(
                f"{self._folder / CHECKPOINT_FILE} swears to {size} entries, and the database has "
                "fewer: it was restored from an older backup. Run `fortnight restore`, which "
                "takes back what the log swore to and does again what it tells of."
            )

    @contextmanager
    def _only_one_writes(self) -> Iterator[None]:
        """Hold the folder: an older checkpoint must not replace a newer one."""
        with (self._folder / _LOCK_FILE).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file closes, or the process dies
            yield

    def _opened(self, note: str) -> Checkpoint:
        try:
            return open_checkpoint(self._signer.public, note)
        except InputError as error:
            raise DatabaseError(self._unusable(str(error).rstrip("."))) from error

    def _unusable(self, why: str) -> str:
        return (
            f"the log's checkpoint in {self._folder} cannot be followed: {why}. Were the keys or "
            "log_name changed, or is this another log's folder?"
        )


def _claimed(connection: Connection, head: Checkpoint, now: int) -> bool:
    """Compare the head with what is stored, and hold it until the transaction ends."""
    same = (ledger_head.c.size == head.size) & (ledger_head.c.root == head.root)
    return connection.execute(update(ledger_head).where(same).values(made_at=now)).rowcount == 1


def _numbered(connection: Connection, start: int, most: int) -> list[bytes]:
    """Give ``most`` of the entries that wait their places, from ``start`` on; return them."""
    leaf = ledger_leaf.c
    first = (  # limited before they are counted: all that wait would be counted for each turn
        select(leaf.id, leaf.made_at)
        .where(leaf.place.is_(None))
        .order_by(leaf.made_at, leaf.id)
        .limit(most)
        .subquery()
    )
    turn = func.row_number().over(order_by=[first.c.made_at, first.c.id]) - 1
    waiting = select(first.c.id, turn.label("turn")).subquery()
    numbered = connection.execute(
        update(ledger_leaf)
        .where(leaf.id == waiting.c.id)
        .values(place=start + waiting.c.turn)
        .returning(leaf.place, leaf.entry)
    )
    return [entry for _, entry in sorted(tuple(row) for row in numbered)]


def _row(head: Checkpoint, now: int) -> dict[str, object]:
    return {"size": head.size, "root": head.root, "checkpoint": head.note, "made_at": now}
