"""Texts through a real message centre: long and Cyrillic ones, receipts, refusals, lost links."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.message_centre import Manners, gateway_to, running_centre, until
from tests.services import seeded
from tests.text_world import PEOPLE_A_TEXT, Texts, check

from fortnight.db.engine import open_sqlite
from fortnight.db.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = int(os.environ.get("FORTNIGHT_TEST_MESSAGES", "300"))
"""How many go through a bad centre; the claim is for 10,000."""


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[Texts]:
    database = open_sqlite(tmp_path / "fortnight.db")
    with database.write() as connection:
        metadata.create_all(connection)
    yield Texts(database, seeded(7).randbytes, MESSAGES // PEOPLE_A_TEXT)
    database.close()


def test_through_throttling_dropped_links_and_late_receipts_none_goes_twice_and_none_is_lost(
    texts: Texts, tmp_path: Path
) -> None:
    manners = Manners(throttle=0.05, drop=0.005, late=2_000)
    texts.queue(MESSAGES)
    with running_centre(tmp_path, manners) as centre:
        gateway = gateway_to(centre.port, texts.post, texts.clock, seeded(3).randbytes)
        texts.drain(gateway)
        until(lambda: gateway.turn(texts.clock()) or texts.count("sent") == 0)
        states = check(texts.rows(), centre.taken(), MESSAGES)
        gateway.close()
    assert states["queued"] == 0
    assert states["unknown"] < MESSAGES / 10
    assert sum("bind" in line for line in centre.lines()) > 1  # links were dropped, and came back
