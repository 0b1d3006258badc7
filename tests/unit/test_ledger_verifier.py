"""The stand-alone verifier accepts what the log publishes, and refuses every change to it."""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import new_main
from tests.reference.ledger import (
    NOON,
    SIGNER,
    VERIFIER,
    add_leaves,
    load_verifier,
    make_leaves,
    open_log,
    verify,
)

from fortnight.errors import RefusedError
from fortnight.ledger.checkpoint import sign_checkpoint
from fortnight.ledger.log import Inclusion, Log
from fortnight.ledger.note import Signer
from fortnight.ledger.receipt import Opening, receipt
from fortnight.ledger.tiles import bundle_path, grown_files, tile_path
from fortnight.ledger.tree import Frontier, complete_nodes, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fortnight.ledger.entries import Leaf

verifier = load_verifier()
SIZE = 520


@dataclass(frozen=True, slots=True)
class Published:
    """A log that was published, and what was kept of it."""

    folder: Path
    earlier: Path
    leaves: list[Leaf]
    log: Log


@pytest.fixture(scope="module")
def published(world_folders: pytest.TempPathFactory) -> Iterator[Published]:
    """Yield a log of two full bundles and a partial one, and its checkpoint of 300 entries."""
    home = world_folders.mktemp("home")
    with new_main(home / "fortnight.db") as database:
        leaves = make_leaves(random.Random(1), SIZE)  # noqa: S311 - tests have to be repeatable
        log = open_log(database, home / "log")
        add_leaves(database, leaves[:300])
        log.sequence(NOON)
        shutil.copy(home / "log" / "checkpoint", home / "earlier")
        add_leaves(database, leaves[300:])
        log.sequence(NOON)
        yield Published(home / "log", home / "earlier", leaves, log)


@pytest.fixture
def folder(published: Published, tmp_path: Path) -> Path:
    """Return a copy of the published log, to tamper with."""
    return shutil.copytree(published.folder, tmp_path / "log")


def write_receipt(published: Published, folder: Path, **changes: object) -> Path:
    """Write the receipt of an entry, with changes."""
    leaf = published.leaves[7]
    inclusion = published.log.proof(leaf.id)
    assert isinstance(inclusion, Inclusion)
    document = json.loads(receipt(inclusion, Opening(leaf.salt, {"number": 7})))
    path = folder.with_name("receipt.json")
    path.write_text(json.dumps(document | changes), encoding="utf-8")
    return path


def write_log(folder: Path, entries: Sequence[bytes], signer: Signer = SIGNER) -> Path:
    """Write a log of any entries, as somebody would who has the key."""
    for name, content in grown_files(0, entries, complete_nodes([])):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    edge = Frontier().grown(leaf_hash(entry) for entry in entries)
    note = sign_checkpoint(signer, edge.size, edge.root()).note
    folder.mkdir(exist_ok=True)
    (folder / "checkpoint").write_text(note, encoding="utf-8")
    return folder


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


# -- the program itself --------------------------------------------------------------------------


def test_it_imports_nothing_but_the_standard_library() -> None:
    named: set[str] = set()
    for node in ast.walk(ast.parse(VERIFIER.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add((node.module or "").partition(".")[0])
    assert named
    assert named <= sys.stdlib_module_names


def test_it_runs_alone_and_says_what_it_found(published: Published, folder: Path) -> None:
    key = folder.with_name("key")
    key.write_text(f"{SIGNER.public}\n", encoding="utf-8")
    path = write_receipt(published, folder)
    alone = [sys.executable, "-I", "-S", str(VERIFIER)]  # sees no installed package
    words = ["--key", key, "--log", folder, "--earlier", published.earlier, "--receipt", path]
    done = subprocess.run(
        [*alone, *map(str, words)], capture_output=True, check=False, timeout=120, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{SIZE} entries, every tile, and the signature agree" in done.stdout
    assert 'It says {"number":7}.' in done.stdout
    assert "still begins with these 300 entries" in done.stdout
    told = subprocess.run([*alone, "--help"], capture_output=True, check=True, timeout=60)
    assert b"Exit status: 0 everything verifies, 1 something does not, 2 the" in told.stdout


# -- tampering with the files --------------------------------------------------------------------


def test_a_changed_byte_in_any_published_file_is_refused(folder: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - tests have to be repeatable
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    counted = [path for path in files if "300" not in path.name and path.name != ".lock"]
    assert len(counted) >= 8
    for path in counted:
        if path.parent.name.endswith(".p") and path.name not in {str(SIZE % 256), "2"}:
            continue  # of the earlier checkpoint: this one needs it no more
        for place in {0, path.stat().st_size - 1, chance.randrange(path.stat().st_size)}:
            flip(path, place)
            assert verify(folder) != 0, f"{path}, byte {place}"
            flip(path, place)
    assert verify(folder) == 0


@pytest.mark.parametrize(
    "name",
    [tile_path(0, 1), tile_path(0, 2, 8), tile_path(1, 0, 2), bundle_path(0), bundle_path(2, 8)],
)
def test_a_missing_or_cut_file_is_named(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1])
    assert verify(folder) == 1
    assert name in capsys.readouterr().err
    (folder / name).write_bytes(content + b"\0\1x")
    assert verify(folder) == 1
    assert name in capsys.readouterr().err
    (folder / name).unlink()
    assert verify(folder) == 1
    assert f"{name}: missing" in capsys.readouterr().err


def test_a_full_tile_stands_in_for_the_partial_one_that_went(
    published: Published, folder: Path
) -> None:
    shutil.copy(published.earlier, folder / "checkpoint")
    (folder / tile_path(0, 1, 44)).unlink(missing_ok=True)
    assert verify(folder) == 0


def test_a_log_that_was_rewritten_is_refused_though_it_is_signed(
    published: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [leaf.entry for leaf in reversed(published.leaves)]
    forked = write_log(tmp_path / "forked", entries)
    assert verify(forked) == 0
    assert verify(forked, "--earlier", published.earlier) == 1
    assert "it was rewritten. Keep both checkpoints" in capsys.readouterr().err
    path = write_receipt(published, forked)
    assert verify(forked, "--receipt", path) == 1


def test_a_log_that_was_cut_is_refused(
    published: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = write_log(tmp_path / "cut", [leaf.entry for leaf in published.leaves[:10]])
    assert verify(cut) == 0
    assert verify(cut, "--earlier", published.earlier) == 1
    assert "had 300 entries and now has 10: it was cut" in capsys.readouterr().err


def test_an_empty_log_verifies_and_every_log_begins_with_it(
    published: Published, tmp_path: Path
) -> None:
    empty = write_log(tmp_path / "empty", [])
    assert verify(empty) == 0
    assert verify(published.folder, "--earlier", empty / "checkpoint") == 0


@pytest.mark.parametrize(
    "entry",
    [
        b"Maria was here",
        b"[]",
        b"",
        b'{"commitment":"%b","hour":1,"kind":"look","name":"x","office":"%b","v":1}',
        b'{"commitment":"%b","hour":1,"kind":"look at me","office":"%b","v":1}',
        b'{"commitment":"%b","hour":"1","kind":"look","office":"%b","v":1}',
        b'{"commitment":"%b","hour":1,"kind":"look","office":"0%b","v":1}',
        b'{"commitment":"%b","hour":1, "kind":"look","office":"%b","v":1}',
        b'{"commitment":"%b","hour":1,"kind":"look","office":"%b","v":2}',
        b'{"commitment":"%b","hour":1,"kind":"look","office":null,"v":1,"x":"%b"}',
    ],
)
def test_an_entry_that_says_more_than_it_may_is_refused_though_it_is_signed(
    entry: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = entry % (b"a" * 64, b"b" * 64) if b"%b" in entry else entry
    assert verify(write_log(tmp_path / "log", [filled])) == 1
    assert "two commitments, an hour and a kind" in capsys.readouterr().err


# -- receipts ------------------------------------------------------------------------------------


def test_a_receipt_verifies_with_the_key_alone(
    published: Published, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_receipt(published, folder)
    key = folder.with_name("key")
    key.write_text(str(SIGNER.public), encoding="utf-8")
    assert verifier.main(["--key", str(key), "--receipt", str(path)]) == 0
    assert (
        capsys.readouterr().out
        == f'{path}: entry {place(published)} is in the log.\nIt says {{"number":7}}.\n'
    )
    without = write_receipt(published, folder, opening=None)
    assert verify(folder, "--receipt", without) == 0
    assert "It says" not in capsys.readouterr().out


def place(published: Published) -> int:
    inclusion = published.log.proof(published.leaves[7].id)
    assert isinstance(inclusion, Inclusion)
    return inclusion.index


def test_every_change_to_a_receipt_is_refused(
    published: Published, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(write_receipt(published, folder).read_text(encoding="utf-8"))
    other = published.log.proof(published.leaves[8].id)
    assert isinstance(other, Inclusion)
    opening = document["opening"]
    steps = document["hashes"]
    changes: list[dict[str, object]] = [
        {"index": document["index"] + 1},
        {"index": -1},
        {"index": SIZE},
        {"entry": other.entry.decode()},
        {"entry": document["entry"].replace("look", "loot")},
        {"hashes": steps[1:]},
        {"hashes": [*steps, steps[0]]},
        {"hashes": []},
        {"hashes": [steps[0] + "00", *steps[1:]]},
        {"hashes": [steps[0][:-1] + ("0" if steps[0][-1] != "0" else "1"), *steps[1:]]},
        {"checkpoint": document["checkpoint"].replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n")},
        {"opening": opening | {"detail": {"number": 8}}},
        {"opening": opening | {"salt": "00" * 32}},
    ]
    for change in changes:
        path = write_receipt(published, folder, **change)
        assert verify(folder, "--receipt", path) == 1, change
        assert "DOES NOT VERIFY" in capsys.readouterr().err


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_receipt_with_a_changed_bit_in_its_proof_is_refused(
    published: Published, place: int, bit: int
) -> None:
    inclusion = published.log.proof(published.leaves[7].id)
    assert isinstance(inclusion, Inclusion)
    path = bytearray(b"".join(inclusion.hashes))
    path[place % len(path)] ^= 1 << bit
    steps = [bytes(path[at : at + 32]) for at in range(0, len(path), 32)]
    found = verifier.root_by_path(leaf_hash(inclusion.entry), inclusion.index, SIZE, steps)
    assert found != inclusion.checkpoint.root


def test_a_receipt_is_made_only_with_an_opening_that_opens(published: Published) -> None:
    leaf = published.leaves[7]
    inclusion = published.log.proof(leaf.id)
    assert isinstance(inclusion, Inclusion)
    with pytest.raises(RefusedError, match="does not open entry"):
        receipt(inclusion, Opening(leaf.salt, {"number": 8}))


# -- what cannot be used -------------------------------------------------------------------------


def test_another_key_does_not_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Signer(SIGNER.public.name, bytes(32))
    assert verify(folder, signer=other) == 1
    assert "not signed by the key" in capsys.readouterr().err
    assert verify(folder, signer=Signer("elsewhere.invalid", bytes(range(32)))) == 1


def test_another_log_of_the_same_key_is_not_this_log(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "log", [])
    text = SIGNER.sign(
        "elsewhere.invalid/log\n"
        + (folder / "checkpoint").read_text().split("\n", 1)[1].partition("\n\n")[0]
        + "\n"
    )
    (folder / "checkpoint").write_text(text, encoding="utf-8")
    assert verify(folder) == 1


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("log.key", b"", "no public key"),
        ("log.key", b"name+00000000+AQ==", "no public key"),
        ("log.key", str(SIGNER.public).replace("log+", "lag+").encode(), "mistyped"),
        ("log.key", b"\xff", "not text"),
        ("log.key", None, "No such file"),
        ("log/checkpoint", b"", "no signature lines"),
        ("log/checkpoint", None, "No such file"),
        ("receipt.json", b"", "no receipt"),
        ("receipt.json", b"[]", "no receipt"),
        ("receipt.json", b"[" * 100_000, "no receipt"),
        ("receipt.json", b'{"format":"fortnight-receipt-1"}', "missing or of no use: 'entry'"),
        ("receipt.json", None, "No such file"),
    ],
)
def test_what_cannot_be_used_is_told_from_what_does_not_verify(
    published: Published,
    folder: Path,
    file: str,
    content: bytes | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_receipt(published, folder)
    key = folder.with_name("log.key")
    key.write_text(str(SIGNER.public), encoding="utf-8")
    if content is None:
        (folder.parent / file).unlink()
    else:
        (folder.parent / file).write_bytes(content)
    words = ["--key", key, "--log", folder, "--receipt", path]
    assert verifier.main([str(word) for word in words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert file in told


@pytest.mark.parametrize(
    "change",
    [
        {"entry": 5},
        {"entry": "\ud800"},
        {"index": "7"},
        {"index": 1.5},
        {"hashes": ["zz"]},
        {"hashes": None},
        {"checkpoint": None},
        {"checkpoint": "\ud800\n\n"},
        {"opening": []},
        {"opening": {"salt": "zz", "detail": {}}},
    ],
)
def test_a_receipt_of_another_shape_cannot_be_used(
    published: Published, folder: Path, change: dict[str, object]
) -> None:
    assert verify(folder, "--receipt", write_receipt(published, folder, **change)) == 2


@pytest.mark.parametrize("words", [[], ["--key", "k"], ["--key", "k", "--earlier", "c"]])
def test_a_question_with_half_its_words_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verifier.main(words)
    assert ended.value.code == 2
