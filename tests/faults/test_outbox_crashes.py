"""A death on any line of sending: each text is sent once, still queued, or unknown. Never twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.case_world import FakeGateway, Office
from tests.services import Clock, seeded

from fortnight.db.engine import open_sqlite
from fortnight.db.tables import metadata
from fortnight.notify.outbox import Drained
from fortnight.notify.templates import Template

if TYPE_CHECKING:
    from fortnight.db.engine import Database

KILLS = 4
TEXTS = 120
ROOT = Path(__file__).parents[2]


class DiedError(BaseException):
    """As a kill: nothing of ours may catch it."""


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    made = Office(database, clock, seeded().randbytes)
    made.grant(made.contact, "notify")
    return made


def queue(office: Office, *keys: str) -> None:
    with office.database.write() as connection:
        for key in keys:
            office.outbox.queue(
                connection, office.contact, key, Template.PLEASE_CALL, {}, None, office.clock()
            )


def states(office: Office) -> list[str]:
    return [row.state for row in office.messages()]


def test_a_death_after_the_gateway_took_it_leaves_it_unknown_for_good(office: Office) -> None:
    queue(office, "k")
    gateway = FakeGateway([DiedError()])
    with pytest.raises(DiedError):
        office.outbox.drain(gateway, office.clock())
    assert states(office) == ["sending"]
    assert office.outbox.recover(office.clock()) == 1
    assert office.outbox.drain(gateway, office.clock()) == Drained()
    assert (states(office), len(gateway.taken)) == (["unknown"], 1)
    assert office.outbox.recover(office.clock()) == 0


def test_an_error_of_the_gateway_is_unknown_at_once_and_ends_the_turn(office: Office) -> None:
    queue(office, "1", "2")
    gateway = FakeGateway([ConnectionResetError()])
    assert office.outbox.drain(gateway, office.clock()) == Drained(unknown=1)
    assert sorted(states(office)) == ["queued", "unknown"]
    assert office.outbox.drain(gateway, office.clock()) == Drained(sent=1)
    assert len({text.id for text in gateway.taken}) == len(gateway.taken) == 2


def test_a_death_before_the_claim_loses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise DiedError

    queue(office, "k")
    gateway = FakeGateway()
    for name in ("open_access", "read", "unseal"):
        with monkeypatch.context() as patched:
            patched.setattr(office.fake, name, die)
            with pytest.raises(DiedError):
                office.outbox.drain(gateway, office.clock())
    assert office.outbox.recover(office.clock()) == 0
    assert states(office) == ["queued"]
    assert office.outbox.drain(gateway, office.clock()) == Drained(sent=1)


def test_a_death_before_the_end_is_written_leaves_it_unknown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise DiedError

    queue(office, "k")
    gateway = FakeGateway()
    with monkeypatch.context() as patched:
        patched.setattr("fortnight.notify.rows.make_leaf", die)
        with pytest.raises(DiedError):
            office.outbox.drain(gateway, office.clock())
    assert states(office) == ["sending"]
    office.outbox.recover(office.clock())
    office.outbox.drain(gateway, office.clock())
    assert (states(office), len(gateway.taken)) == (["unknown"], 1)


def test_a_text_that_another_process_claimed_is_left_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(office, "k")
    first, second = FakeGateway(), FakeGateway()
    read = office.fake.read

    def overtaken(access: object) -> object:
        monkeypatch.setattr(office.fake, "read", read)
        office.outbox.drain(second, office.clock())
        return read(access)  # type: ignore[arg-type] # the fake's own

    monkeypatch.setattr(office.fake, "read", overtaken)
    assert office.outbox.drain(first, office.clock()) == Drained()
    assert (len(first.taken), len(second.taken), states(office)) == (0, 1, ["sent"])


SENDER = """
    import secrets
    import sys
    from pathlib import Path
    from tests.case_world import Office
    from tests.services import Clock
    from fortnight.db.engine import open_sqlite
    from fortnight.notify.file_gateway import FileGateway

    class Telling(FileGateway):
        def send(self, texts):
            said = super().send(texts)
            print("sent", flush=True)
            return said

    folder = Path(sys.argv[1])
    office = Office(open_sqlite(folder / "fortnight.db"), Clock(), secrets.token_bytes, known=True)
    office.outbox.recover(office.clock())
    gateway = Telling(folder / "texts.jsonl")
    while office.outbox.drain(gateway, office.clock(), most=20).sent:
        pass
    print("done", flush=True)
"""


def test_kills_at_random_lose_no_text_and_send_none_twice(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "fortnight.db")
    with database.write() as connection:
        metadata.create_all(connection)
    office = Office(database, Clock(), seeded().randbytes)
    office.grant(office.contact, "notify")
    queue(office, *(str(number) for number in range(TEXTS)))
    chance = random.Random(5)  # noqa: S311 - repeatable
    for _ in range(KILLS):
        if not _send(tmp_path, chance):
            break
    _send(tmp_path, None)
    lines = (tmp_path / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    written: list[str] = []
    for line in lines:
        with suppress(json.JSONDecodeError):  # a line that a kill tore
            written.append(json.loads(line)["id"])
    ends = {row.id: row.state for row in office.messages()}
    database.close()
    assert max(Counter(written).values()) == 1
    assert len(ends) == TEXTS
    assert set(ends.values()) <= {"sent", "unknown"}
    assert {one for one, end in ends.items() if end == "sent"} <= set(written)
    assert sum(end == "unknown" for end in ends.values()) <= KILLS


def _send(folder: Path, chance: random.Random | None) -> bool:
    """Start a sender, and kill it after some texts; return whether there was more to send."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SENDER), str(folder)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )
    assert process.stdout is not None
    with process.stdout as said:
        if chance is None:
            assert said.read().endswith(b"done\n")
            return process.wait() != 0
        for _ in range(chance.randrange(1, 30)):
            said.readline()
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
