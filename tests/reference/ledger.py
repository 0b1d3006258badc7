"""The tree as RFC 6962 defines it, word for word; and what tests of the log do again and again."""

from __future__ import annotations

import importlib.util
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from fortnight.db.tables import ledger_leaf
from fortnight.ledger.entries import Leaf, make_leaf
from fortnight.ledger.log import Log
from fortnight.ledger.note import Signer

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from types import ModuleType

    from fortnight.db.engine import Database

NOON = 1_772_366_400_000
SIGNER = Signer("fortnight.invalid/log", bytes(range(32)))
VERIFIER = Path(__file__).parents[2] / "verify" / "verify_ledger.py"


def split(n: int) -> int:
    """Return the largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]), section 2.1."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]), section 2.1.1."""
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Sequence[bytes]) -> list[bytes]:
    """Return PROOF(m, D[n]), section 2.1.2."""
    return subproof(m, d, known=True)


def subproof(m: int, d: Sequence[bytes], *, known: bool) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b), section 2.1.2."""
    if m == len(d):
        return [] if known else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], known=known), mth(d[k:])]
    return [*subproof(m - k, d[k:], known=False), mth(d[:k])]


def make_leaves(chance: random.Random, count: int) -> list[Leaf]:
    """Return so many entries of looks."""
    return [
        make_leaf("look", NOON, {"number": number}, {"actor": "office"}, chance.randbytes)
        for number in range(count)
    ]


def add_leaves(database: Database, leaves: Sequence[Leaf], now: int = NOON) -> None:
    """Let entries wait, as in transactions at one moment."""
    rows = [
        {"id": leaf.id, "kind": leaf.kind, "entry": leaf.entry, "made_at": now} for leaf in leaves
    ]
    with database.write() as connection:
        connection.execute(insert(ledger_leaf), rows)


def open_log(database: Database, folder: Path, signer: Signer = SIGNER) -> Log:
    """Open a log as a process that has just started does."""
    return Log(database, folder, signer, lambda: NOON)


def load_verifier() -> ModuleType:
    """Load the stand-alone verifier, which is no part of the package."""
    if "verify_ledger" not in sys.modules:
        spec = importlib.util.spec_from_file_location("verify_ledger", VERIFIER)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["verify_ledger"] = module
        spec.loader.exec_module(module)
    return sys.modules["verify_ledger"]


def verify(folder: Path, *words: str | Path, signer: Signer = SIGNER) -> int:
    """Run the verifier with the log's own key over a folder, and return its exit status."""
    key = folder.with_name(f"{folder.name}.key")
    key.write_text(str(signer.public), encoding="utf-8")
    options = ["--key", key, "--log", folder, *words]
    status: int = load_verifier().main([str(word) for word in options])
    return status
