"""The log's turn: entries join in order, files are as C2SP tlog-tiles says, proofs verify."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, event, update
from tests.databases import urls_of
from tests.reference.ledger import NOON, SIGNER, add_leaves, make_leaves, mth, open_log, verify
from tests.services import seeded

from fortnight.db.engine import open_postgres
from fortnight.db.tables import ledger_head, ledger_leaf
from fortnight.errors import DatabaseError, QuestionError
from fortnight.ledger import log as log_module
from fortnight.ledger.log import Inclusion, Log
from fortnight.ledger.note import Signer
from fortnight.ledger.tiles import bundle_path, grown_files, tile_path, unbundle
from fortnight.ledger.tree import (
    EMPTY_ROOT,
    complete_nodes,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fortnight.db.engine import Database
    from fortnight.ledger.checkpoint import Checkpoint
    from fortnight.ledger.entries import Leaf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "log"


@pytest.fixture
def log(database: Database, folder: Path) -> Log:
    return open_log(database, folder)


@pytest.fixture
def owner(database: Database) -> Iterator[Database]:
    """Yield the database as whoever owns it can damage it, which the service's role cannot."""
    if not database.is_postgres:
        yield database
        return
    opened = open_postgres(urls_of(database).owner)
    with opened.write() as connection:
        for table in (ledger_head, ledger_leaf):
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    yield opened
    opened.close()


def in_order(leaves: Sequence[Leaf]) -> list[bytes]:
    """Return entries that were made at one moment, in the order of the tree."""
    return [leaf.entry for leaf in sorted(leaves, key=lambda leaf: leaf.id)]


def test_the_first_turn_publishes_the_empty_tree(log: Log, folder: Path) -> None:
    assert log.checkpoint() is None
    first = log.sequence(NOON)
    assert (first.size, first.root) == (0, EMPTY_ROOT)
    assert log.checkpoint() == first == log.sequence()
    assert verify(folder) == 0


def test_every_entry_that_waits_joins_in_order_of_time_then_id(
    database: Database, log: Log, folder: Path
) -> None:
    later, sooner, last = (make_leaves(seeded(seed), 5) for seed in range(3))
    add_leaves(database, later, NOON + 1)
    add_leaves(database, sooner, NOON)
    assert log.sequence(NOON).root == mth(in_order(sooner) + in_order(later))
    add_leaves(database, last, NOON - 1)  # committed later: what is in the tree stays in place
    expected = in_order(sooner) + in_order(later) + in_order(last)
    assert log.sequence(NOON).root == mth(expected)
    assert unbundle((folder / bundle_path(0, 15)).read_bytes()) == expected
    assert verify(folder) == 0


def test_files_are_where_the_specification_puts_them() -> None:
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(3, 999, 255) == "tile/3/999.p/255"
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(1, 1_000, 1) == "tile/1/x001/000.p/1"
    assert bundle_path(70_000, 7) == "tile/entries/x070/000.p/7"


def test_a_tree_of_70_000_has_the_tiles_of_the_specification_s_own_example() -> None:
    entries = [number.to_bytes(3, "big") for number in range(70_000)]
    files = dict(grown_files(0, entries, complete_nodes([])))
    widths = {name: len(content) // 32 for name, content in files.items() if "entries" not in name}
    assert sum(name.startswith("tile/0/") and width == 256 for name, width in widths.items()) == 273
    assert widths[tile_path(0, 273, 112)] == 112
    assert widths[tile_path(1, 0)] == 256
    assert widths[tile_path(1, 1, 17)] == 17
    assert widths[tile_path(2, 0, 1)] == 1
    assert len(widths) == 273 + 1 + 1 + 1 + 1
    assert len(files) - len(widths) == 274
    assert files[tile_path(2, 0, 1)] == mth(entries[: 256 * 256])


def test_however_the_entries_came_the_files_are_the_same(
    database: Database, log: Log, folder: Path, tmp_path: Path
) -> None:
    leaves = sorted(make_leaves(seeded(), 777), key=lambda leaf: leaf.id)
    for start, end in pairwise([0, 1, 255, 256, 257, 511, 700, 777]):
        add_leaves(database, leaves[start:end])
        stepped = log.sequence(NOON)
        assert stepped.size == end
        assert verify(folder) == 0
    again = tmp_path / "again"
    assert open_log(database, again).sequence(NOON) == stepped
    for path in again.rglob("*[0-9]"):
        if path.is_file():
            assert path.read_bytes() == (folder / path.relative_to(again)).read_bytes()


def test_a_partial_tile_stays_until_the_full_one_is_there(
    database: Database, log: Log, folder: Path
) -> None:
    leaves = make_leaves(seeded(), 300)
    for start, end in [(0, 3), (3, 200)]:
        add_leaves(database, leaves[start:end])
        log.sequence(NOON)
    assert (folder / tile_path(0, 0, 3)).exists()
    assert (folder / tile_path(0, 0, 200)).exists()
    add_leaves(database, leaves[200:])
    log.sequence(NOON)
    assert not (folder / tile_path(0, 0, 3)).parent.exists()
    assert not (folder / bundle_path(0, 3)).parent.exists()
    assert not list(folder.rglob("*.new"))


def test_an_entry_is_pending_until_its_checkpoint_is_published_and_proven_then(
    database: Database, log: Log
) -> None:
    leaves = make_leaves(seeded(), 600)
    add_leaves(database, leaves[:1])
    assert log.proof(leaves[0].id) == "pending"
    log.sequence(NOON)
    add_leaves(database, leaves[1:])
    assert log.proof(leaves[-1].id) == "pending"
    published = log.sequence(NOON)
    proofs = log.proofs([leaf.id for leaf in leaves] + ["ab" * 16])
    assert set(proofs) == {leaf.id for leaf in leaves}
    for leaf in leaves:
        proof = proofs[leaf.id]
        assert isinstance(proof, Inclusion)
        assert (proof.entry, proof.checkpoint) == (leaf.entry, published)
        own = leaf_hash(leaf.entry)
        assert verify_inclusion(own, proof.index, 600, proof.hashes, published.root)


def test_an_unknown_entry_is_told_from_a_pending_one(log: Log) -> None:
    with pytest.raises(QuestionError, match="no entry 'abc'"):
        log.proof("abc")


def test_the_log_proves_that_it_only_grew(database: Database, log: Log) -> None:
    leaves = sorted(make_leaves(seeded(), 300), key=lambda leaf: leaf.id)
    add_leaves(database, leaves)
    published = log.sequence(NOON)
    for old in (0, 1, 2, 128, 255, 256, 257, 299, 300):
        root = mth([leaf.entry for leaf in leaves[:old]])
        proof = log.consistency(old, 300)
        assert verify_consistency(old, 300, root, published.root, proof)
    for old, new in [(2, 1), (-1, 3), (5, 301)]:
        with pytest.raises(QuestionError, match=f"from {old} to {new} entries: the log has 300"):
            log.consistency(old, new)


def test_a_turn_takes_more_than_one_transaction_holds(
    database: Database, log: Log, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "BATCH", 256)
    monkeypatch.setattr(log_module, "TURN", 256)
    leaves = make_leaves(seeded(), 1_000)
    add_leaves(database, leaves[:100])
    log.sequence(NOON)  # so that the next turns begin within a tile
    sizes = list[int]()

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(*asked: object) -> None:
        if "UPDATE ledger_head SET size" in str(asked[2]):
            sizes.append(log.checkpoint().size)  # type: ignore[union-attr] # it was published

    add_leaves(database, leaves[100:])
    assert log.sequence(NOON).root == mth([*in_order(leaves[:100]), *in_order(leaves[100:])])
    assert verify(folder) == 0
    assert sizes == [100, 256, 512, 768]  # what each transaction began with


def test_what_comes_while_a_turn_publishes_waits_for_the_next(
    database: Database, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves, publish = make_leaves(seeded(), 30), log._publish  # noqa: SLF001 - where it may come
    coming = iter(leaves[10:])

    def busy(head: Checkpoint) -> None:
        publish(head)
        add_leaves(database, [next(coming)])

    log.sequence(NOON)
    add_leaves(database, leaves[:10])
    with monkeypatch.context() as patched:
        patched.setattr(log, "_publish", busy)
        assert log.sequence(NOON).size == 11  # one came before the turn began
    assert log.sequence(NOON).size == 12


def test_a_folder_that_was_lost_is_written_anew(
    database: Database, log: Log, folder: Path, tmp_path: Path
) -> None:
    add_leaves(database, make_leaves(seeded(), 500))
    published = log.sequence(NOON)
    folder.rename(tmp_path / "elsewhere")
    assert open_log(database, folder).sequence(NOON) == published
    assert verify(folder, "--earlier", tmp_path / "elsewhere" / "checkpoint") == 0


def test_nothing_is_signed_on_a_damaged_tile_and_no_false_proof_given(
    database: Database, log: Log, folder: Path
) -> None:
    leaves = make_leaves(seeded(), 300)
    add_leaves(database, leaves[:280])
    published = log.sequence(NOON)
    tile = folder / tile_path(0, 0)
    tile.write_bytes(tile.read_bytes()[:-1] + b"\0")
    add_leaves(database, leaves[280:])
    damaged = open_log(database, folder)
    with pytest.raises(DatabaseError, match="not what the checkpoint"):
        damaged.proofs([leaf.id for leaf in leaves[:280]])
    upper = folder / tile_path(1, 0, 1)
    upper.write_bytes(bytes(32))
    with pytest.raises(DatabaseError, match="do not give the root"):
        damaged.sequence(NOON)
    assert damaged.checkpoint() == published
    (folder / "checkpoint").unlink()
    assert damaged.sequence(NOON).size == 300
    assert verify(folder) == 0


def test_a_missing_or_cut_tile_says_what_to_do(database: Database, log: Log, folder: Path) -> None:
    leaf = make_leaves(seeded(), 1)
    add_leaves(database, make_leaves(seeded(2), 9))
    add_leaves(database, leaf)
    log.sequence(NOON)
    tile = folder / tile_path(0, 0, 10)
    tile.write_bytes(tile.read_bytes()[:-1])
    with pytest.raises(DatabaseError, match=r"tile/0/000.p/10 was cut"):
        open_log(database, folder).proof(leaf[0].id)
    tile.unlink()
    with pytest.raises(DatabaseError, match="writes every file anew"):
        open_log(database, folder).proof(leaf[0].id)


def test_an_older_database_than_the_published_log_is_refused(
    database: Database, owner: Database, log: Log, folder: Path
) -> None:
    add_leaves(database, make_leaves(seeded(), 3))
    published = log.sequence(NOON)
    with owner.write() as connection:
        connection.execute(delete(ledger_head))
        connection.execute(update(ledger_leaf).values(place=None))
    with pytest.raises(DatabaseError, match="restored from an older backup"):
        open_log(database, folder).sequence(NOON)
    assert log.checkpoint() == published


def test_a_changed_entry_in_the_database_is_never_published(
    database: Database, owner: Database, log: Log, tmp_path: Path
) -> None:
    leaves = make_leaves(seeded(), 3)
    add_leaves(database, leaves)
    log.sequence(NOON)
    changed = update(ledger_leaf).where(ledger_leaf.c.id == leaves[1].id)
    with owner.write() as connection:
        connection.execute(changed.values(entry=b"another"))
    with pytest.raises(DatabaseError, match="not what the checkpoint"):
        log.proof(leaves[1].id)
    other = open_log(database, tmp_path / "other")
    with pytest.raises(DatabaseError, match="do not give the root"):
        other.sequence(NOON)
    assert other.checkpoint() is None
    with owner.write() as connection:
        connection.execute(delete(ledger_leaf).where(ledger_leaf.c.id == leaves[1].id))
    with pytest.raises(DatabaseError, match="lacks 1 of the log's entries 0 to 2"):
        other.sequence(NOON)


def test_another_key_cannot_go_on_with_the_log(
    database: Database, log: Log, folder: Path, tmp_path: Path
) -> None:
    log.sequence(NOON)
    other = Signer(SIGNER.public.name, bytes(32))
    for place in (folder, tmp_path / "other"):
        with pytest.raises(DatabaseError, match="Were the keys or log_name changed"):
            open_log(database, place, other).sequence(NOON)


def test_the_folder_of_another_log_of_the_same_key_is_refused(
    database: Database, owner: Database, log: Log, folder: Path
) -> None:
    add_leaves(database, make_leaves(seeded(), 2))
    log.sequence(NOON)
    with owner.write() as connection:
        connection.execute(delete(ledger_head))
        connection.execute(delete(ledger_leaf))
    add_leaves(database, make_leaves(seeded(9), 2))
    open_log(database, folder.with_name("own")).sequence(NOON)
    with pytest.raises(DatabaseError, match="another tree of the same size"):
        log.sequence(NOON)


def test_a_checkpoint_that_is_not_text_is_refused(log: Log, folder: Path) -> None:
    log.sequence(NOON)
    (folder / "checkpoint").write_bytes(b"\xff\xfe")
    with pytest.raises(DatabaseError, match="it is not text"):
        log.checkpoint()


def test_a_bundle_that_was_cut_is_refused() -> None:
    assert unbundle(b"\0\3abc\0\0") == [b"abc", b""]
    with pytest.raises(DatabaseError, match="was cut"):
        unbundle(b"\0\3ab")
