"""The demonstration of the whole service, as a newcomer starts it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from tests.services import HOUR, NOON

from fortnight.cli.demo_service import waking_zone
from fortnight.notify.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "fortnight.cli", "demo", "--serve", "--stop", "--quiet"]
    done = subprocess.run(
        [*command, "--people", "30", "--out", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder / "service"


def test_each_step_of_the_main_job_is_shown(shown: tuple[str, Path]) -> None:
    said, _ = shown
    steps = (
        "30 people enrolled",
        "each acknowledged once it was durable",
        "a laboratory gave a token",
        "the person was told at once, and sent a code",
        "they said yes",
        "the trace ran as a durable job",
        "contacts, each under a number of this case alone",
        "was told, by a decision of a named person",
    )
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places == sorted(places)


def test_texts_are_in_a_file_and_say_no_health_fact(shown: tuple[str, Path]) -> None:
    _, home = shown
    texts = [json.loads(line) for line in (home / "texts.jsonl").read_text().splitlines()]
    assert len(texts) == 3  # a case was opened, the code, one contact
    assert not any("covid" in one["words"].lower() for one in texts)


def test_everybody_who_was_looked_at_has_a_look(shown: tuple[str, Path]) -> None:
    _, home = shown
    with closing(sqlite3.connect(home / "fortnight.db")) as database:
        (exposed,) = database.execute("SELECT count(*) FROM exposure").fetchone()
        looked = database.execute(
            "SELECT fields, count(DISTINCT person) FROM look GROUP BY fields"
        ).fetchall()
    counts = dict(looked)
    assert counts["contact"] >= exposed > 0  # also those who turned out to be below the minimum
    assert counts["pseudonyms"] == 1  # of the case


@pytest.mark.parametrize("hour", range(24))
def test_the_demo_is_in_a_zone_in_which_people_are_told_now(hour: int) -> None:
    now = NOON + hour * HOUR
    zone = ZoneInfo(waking_zone(now))
    assert not Pace(zone).is_quiet(now)
    assert not Pace(zone).is_quiet(now + HOUR - 1)
