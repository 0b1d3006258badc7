"""Stores for tests of the service: real databases, a clock that tests move, seeded randomness."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from fortnight.db.engine import Database, open_sqlite
from fortnight.db.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = 1_772_366_400_000  # 2026-03-01 12:00 UTC
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> int:
        """Move on, and return the new time."""
        self.now += ms
        return self.now


def seeded(seed: int = 1) -> random.Random:
    """Return randomness that is the same in every run; use its ``randbytes``."""
    return random.Random(seed)  # noqa: S311 - tests have to be repeatable


@pytest.fixture
def clock() -> Clock:
    """Return a clock at a noon in March 2026."""
    return Clock()


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty main database of each kind."""
    assert request.param == "sqlite"
    opened = open_sqlite(tmp_path / "fortnight.db")
    with opened.write() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()
